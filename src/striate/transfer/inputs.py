"""Ways to bring images of another size to a network: resized, dense, or pooled whatever the size; each one measured."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Literal

import torch
from torch import Tensor, nn

from striate.analyse import cost
from striate.data import batches
from striate.errors import StriateError
from striate.graph import Shape, times
from striate.nets import Network, dense
from striate.nets.cuts import cut_at, cut_points
from striate.numbers import plural
from striate.records.adapting import InputWay
from striate.trace import trace
from striate.transfer.estimating import Gains, difference, estimate
from striate.transfer.extracting import BATCH, extract_features
from striate.transfer.ground import Bench
from striate.transfer.probing import Probed, probe_rows

# Larger images are brought to at most so many times the network's own side.
_MOST_SIDES = 2.0
_LEAST_SIDE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A way, its features and its cost.

    Attributes:
        record: Without its estimate.
        rows: (n, features); None where it cannot be done.
    """

    record: InputWay
    rows: Tensor | None


def measure_inputs(bench: Bench, probed: Sequence[Probed]) -> tuple[InputWay, ...]:
    """Return what each way of bringing the images in costs, by a probe at the network's end; () if the sizes agree anyway.

    * "resize": the network's own way.
    * "global pooling": the images' own size; the last map is averaged, whatever its size.
    * "dense": the images' own size; the network, made fully convolutional, answers at every position, and the features are
      averaged over them. Where the network ends in global pooling, that is the mean over windows instead of the whole map.

    When it misleads:
        The images' own size is the commonest one of the data. A network has learned objects of one size in pixels: what is
        gained or lost is as much that as the detail.
    """
    own = own_size(bench)
    if own is None:
        return ()
    resized = bench.network.preprocessing.shape
    first = probed[-1]
    found = [
        InputWay(
            name="resize",
            title=f"Resized to {times(resized[1:])}, as the network was trained",
            shape=resized,
            estimate=first.probe.estimate,
            difference=None,
            macs=bench.end.macs,
        )
    ]
    ways = (_pooled(bench, own), _dense(bench, own))
    return (*found, *(_judged(way, bench, first.gains) for way in ways))


def own_size(bench: Bench) -> Shape | None:
    """Return the size the images have by themselves, within bounds; None if it is the network's or has other axes."""
    have, asked = bench.dataset.shape[1:], bench.network.preprocessing.shape
    if len(have) != len(asked) - 1:
        return None
    sides = tuple(
        max(min(side, round(_MOST_SIDES * native)), min(_LEAST_SIDE, native))
        for side, native in zip(have, asked[1:], strict=True)
    )
    return None if sides == asked[1:] else (asked[0], *sides)


def inputs_cost_s(bench: Bench) -> float:
    """Return about what measuring the ways will take."""
    own = own_size(bench)
    if own is None:
        return 0.0
    area = prod(own[1:]) / prod(bench.network.preprocessing.shape[1:])
    return 2.2 * area * bench.features.image_s * len(bench.samples)


def _judged(way: Way, bench: Bench, first: Gains) -> InputWay:
    if way.rows is None:
        return way.record
    own = probe_rows(way.rows, bench.end.name, bench.ground)
    return replace(way.record, estimate=estimate(bench.ground.kind, own.gains), difference=difference(own.gains, first))


def _pooled(bench: Bench, own: Shape) -> Way:
    record = _unmeasured("global pooling", own, "the last map averaged")
    network = _at(bench.network, own)
    try:
        cuts = cut_points(trace(network.module, (2, *own)))
        found = extract_features(network, bench.dataset, bench.samples, cuts[-1:], events=bench.events)
    except StriateError as error:
        return Way(record=replace(record, reason=error.rule), rows=None)
    return Way(record=replace(record, macs=cuts[-1].macs), rows=found.rows[cuts[-1].name])


def _dense(bench: Bench, own: Shape) -> Way:
    native = bench.network.preprocessing.shape[1:]
    record = _unmeasured("dense", own, "the network answers at every position")
    if any(side < least for side, least in zip(own[1:], native, strict=True)):
        return Way(record=replace(record, reason="The images are smaller than the network's input."), rows=None)
    made = cut_at(bench.network.module, bench.recording, bench.end, bench.end.features)
    made.head = nn.Sequential(OrderedDict(same=_same(bench.end.features)))
    try:
        wide = dense(made, bench.network.preprocessing.shape)
        positions = wide.positions(own[1:])
        rows = _averaged(wide, bench, own)
    except StriateError as error:
        return Way(record=replace(record, reason=error.rule), rows=None)
    macs = cost(wide.trunk.recorded(wide.network, own).graph).total.macs // 2
    title = f"{record.title}, {plural(prod(positions), 'position')}"
    return Way(record=replace(record, macs=macs, title=title), rows=rows)


def _unmeasured(name: Literal["global pooling", "dense"], own: Shape, words: str) -> InputWay:
    title = f"At {times(own[1:])}, the images' own size; {words}"
    return InputWay(name=name, title=title, shape=own, estimate=None, difference=None, macs=0)


def _averaged(wide: nn.Module, bench: Bench, own: Shape) -> Tensor:
    how = _at(bench.network, own).preprocessing
    rows = []
    with torch.no_grad():
        for batch in batches(bench.dataset, bench.samples, how, batch_size=BATCH):
            bench.events.check("dense features")
            rows.append(wide(batch.images).flatten(2).mean(2))
    return torch.cat(rows)


def _same(width: int) -> nn.Linear:
    """Return a fully connected layer that changes nothing."""
    layer = nn.Linear(width, width)
    with torch.no_grad():
        layer.weight.copy_(torch.eye(width))
        layer.bias.zero_()
    return layer


def _at(network: Network, shape: Shape) -> Network:
    return replace(network, preprocessing=replace(network.preprocessing, shape=shape, scaled_px=()))
