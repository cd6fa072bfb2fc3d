"""Long work about one unit: an image grown for it, and what covering each part of a sample does to its value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from striate.data import prepare
from striate.errors import InputError, Quoted
from striate.events import Events
from striate.explain import class_images
from striate.explain.growing.target import UnitTarget
from striate.explain.growing.unit_images import unit_images
from striate.explain.unit_occlusion import unit_occlusion
from striate.nets import Network
from striate.records import ClassImages, UnitImage
from striate.report.arrays import ArrayStore
from striate.report.pictures.grown import class_lines, unit_lines
from striate.report.pictures.inputs import to_picture
from striate.report.pictures.shrinking import shrunk, strongest
from striate.studio.subject import Subject
from striate.studio.unit_wire import GrownImage, UnitImageWanted, UnitOcclusionWanted
from striate.trace.copying import copied

# Real images beside which a grown one is judged; longest side of a picture; share of the input that a square covers.
_REAL, _SIDE, _SHARE = 64, 224, 7
_NAMES = ("with prior", "without prior", "weights drawn anew")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """A grown image: what is told of it, and its pictures as a file."""

    told: GrownImage
    pictures: bytes


def is_output(subject: Subject, row: int) -> bool:
    """Return whether a row's units are the network's outputs."""
    layer = subject.layer(row)
    return layer.reading.tap == subject.recording.graph.outputs[0] and layer.channels == subject.network.output.count


def check_unit(subject: Subject, row: int, channel: int) -> None:
    """Refuse a unit that is not there.

    Raises:
        InputError: There is no such row or channel.
    """
    layer = subject.layer(row)
    if not 0 <= channel < layer.channels:
        raise InputError(f"a channel's number must be 0 … {layer.channels - 1}", got=channel, where=layer.reading.name)


def check_image(subject: Subject, wanted: UnitImageWanted) -> None:
    """Refuse what no image can be grown for.

    Raises:
        InputError: A network that does not read images; no such unit.
    """
    check_unit(subject, wanted.row, wanted.channel)
    if len(subject.network.input_shape) != 3:
        raise InputError("an image must be grown for a network of images", got=Quoted("one that reads other things"))


def grown(subject: Subject, wanted: UnitImageWanted, *, events: Events) -> Grown:
    """Return an image grown for a unit, or for an output.

    Pictures are `pictures` uint8 (n, h, w[, 3]): with the prior, without, and for the network with all weights drawn anew,
    the yardstick.

    Raises:
        InputError: A layer that does not depend on the image in a differentiable way.
        Cancelled: The watcher asked to stop.
    """
    network = _copy(subject)
    real = _real(subject)
    if is_output(subject, wanted.row):
        found = class_images(
            network, targets=[wanted.channel], real=real, twins=1, steps=wanted.steps, seed=wanted.seed, events=events
        )
        return _of_output(found, wanted, network.output.count)
    target = UnitTarget(layer=subject.layers[wanted.row].reading.tap, channel=wanted.channel)
    (one,) = unit_images(network, [target], real=real, steps=wanted.steps, seed=wanted.seed, events=events)
    return _of_unit(one, wanted)


def covered(subject: Subject, wanted: UnitOcclusionWanted, *, events: Events) -> bytes:
    """Return how a unit's value changes while a square covers each part of a sample, as safetensors.

    `map` int8 (1, h, w): mean over the squares on a pixel of covered − clean; `grid` float32 (rows, columns): its value with the
    square at each position; `clean` float32 (1); `at` int32: the place that was watched, where it is largest;
    `window_px`, `stride_px` int32.

    Raises:
        InputError: A square larger than the input; a step above it.
        Cancelled: The watcher asked to stop.
    """
    window = wanted.window_px or max(1, min(subject.network.input_shape[1:]) // _SHARE)
    found = unit_occlusion(
        _copy(subject),
        sample_of(subject, wanted.sample),
        subject.layers[wanted.row].reading.tap,
        wanted.channel,
        window_px=window,
        stride_px=wanted.stride_px or max(1, window // 2),
        recording=subject.recording,
        events=events,
    )
    store = ArrayStore()
    store.maps("map", strongest(np.asarray(found.map)[None], _SIDE))
    store.numbers("grid", np.asarray(found.grid))
    store.numbers("clean", np.asarray([found.clean], np.float32))
    store.numbers("at", np.asarray(found.at, np.int32))
    store.numbers("window_px", np.asarray(found.window_px, np.int32))
    store.numbers("stride_px", np.asarray(found.stride_px, np.int32))
    return store.to_safetensors()


def check_occlusion(subject: Subject, wanted: UnitOcclusionWanted) -> None:
    """Refuse what cannot be covered.

    Raises:
        InputError: No such unit or sample; a network of volumes.
    """
    check_unit(subject, wanted.row, wanted.channel)
    if len(subject.network.input_shape) > 3:
        raise InputError("occlusion here must be of images or signals", got=Quoted("a network of volumes"))
    if subject.dataset is None:
        raise InputError("a sample must be of data that the studio was opened with", got=Quoted("no data"))
    subject.dataset.check_indices((wanted.sample,))


def sample_of(subject: Subject, number: int) -> Tensor:
    """Return a sample as the network receives it, (c, axes…)."""
    dataset = subject.dataset
    assert dataset is not None  # noqa: S101 - was checked
    rate = dataset.samples[number].sample_rate_hz
    return prepare(dataset.read(number), subject.network.preprocessing, sample_rate_hz=rate)


def _copy(subject: Subject) -> Network:
    """Return the network with a module of its own: other looks are taken meanwhile."""
    return replace(subject.network, module=copied(subject.network.module, {}))


def _real(subject: Subject) -> Tensor | None:
    """Return some samples, evenly spread over the data; None without data."""
    if subject.dataset is None:
        return None
    of = len(subject.dataset)
    count = min(_REAL, of)
    return torch.stack([sample_of(subject, number * of // count) for number in range(count)])


def _of_output(found: ClassImages, wanted: UnitImageWanted, outputs: int) -> Grown:
    assert found.score is not None  # noqa: S101 - what `class_images` returns has scores
    twin = None if found.twin is None else found.twin[0]
    reached = [float(found.score[0]), None, None if found.twin_score is None else float(found.twin_score[0])]
    return _told(
        wanted,
        (found.images[0], found.plain[0], twin),
        reached,
        is_output=True,
        natural=found.natural_score[0] if found.natural_score else None,
        rank=found.rank[0] if found.rank else None,
        steps=found.steps * (1 + (found.rounds[0] if found.rounds else 0)),
        words=class_lines(found, 0),
        notes=(),
        of=outputs,
    )


def _of_unit(found: UnitImage, wanted: UnitImageWanted) -> Grown:
    return _told(
        wanted,
        (found.image, found.plain, found.twin),
        [found.score, found.plain_score, found.twin_score],
        is_output=False,
        natural=found.natural_most,
        rank=found.rank,
        steps=found.steps,
        words=unit_lines(found),
        notes=found.notes,
        of=found.channels,
    )


def _told(  # noqa: PLR0913 - each is a field of what is told
    wanted: UnitImageWanted,
    images: Sequence[np.ndarray | None],
    reached: Sequence[float | None],
    *,
    is_output: bool,
    natural: float | None,
    rank: int | None,
    of: int,
    steps: int,
    words: Sequence[str],
    notes: Sequence[str],
) -> Grown:
    there = [n for n, image in enumerate(images) if image is not None]
    store = ArrayStore()
    pictures = [shrunk(to_picture(np.asarray(images[n])), _SIDE) for n in there]
    store.images("pictures", np.stack(pictures))
    told = GrownImage(
        row=wanted.row,
        channel=wanted.channel,
        is_output=is_output,
        names=[_NAMES[n] for n in there],
        reached=[reached[n] for n in there],
        natural=natural,
        rank=rank,
        of=of,
        steps=steps,
        words=list(words),
        notes=list(notes),
    )
    return Grown(told=told, pictures=store.to_safetensors())
