"""From a network and data to the bench: what is held out, folds, cut points, one pass."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import torch

from striate.data import Dataset, Folds, Split, batches, measure_preprocessing
from striate.data.folds import fold_at_most
from striate.errors import DataError
from striate.events import Events
from striate.nets import Network
from striate.nets.cuts import cut_points
from striate.records.adapting import CutPoint
from striate.trace import Recording, trace
from striate.trace.shell import twin, unwrapped
from striate.trace.state import kept_randomness
from striate.train.device import Device
from striate.train.start import completed
from striate.train.training import SPLIT
from striate.transfer.costs import BACKWARD
from striate.transfer.extracting import BATCH, Features, extract_features
from striate.transfer.ground import Bench, Clock
from striate.transfer.probing import Ground

FOLDS = 5
_SMALL, _LARGE = 16, 32
_MANY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """How samples are used.

    Attributes:
        split: Training, validation and test; without a test part where the classes are too small for one.
        folds: Over training and validation together.
        told: What a reader should know.
    """

    split: Split
    folds: Folds
    told: tuple[str, ...]

    @property
    def samples(self) -> tuple[int, ...]:
        """Indices that are cross-validated on, ascending."""
        return tuple(sorted((*self.split.train, *self.split.validation)))

    @property
    def can_train(self) -> bool:
        """Whether there is a validation part to train against."""
        return bool(self.split.validation)


def divide(dataset: Dataset, *, folds: int = FOLDS) -> Parts:
    """Return the test part nobody looks at, and the folds of the rest; groups are never divided.

    Raises:
        DataError: Fewer than two classes, or a class with a single sample or group.
    """
    told: list[str] = []
    try:
        split = dataset.split(seed=0, validation=SPLIT["validation"], test=SPLIT["test"])
    except DataError as cause:
        told.append(f"Nothing is held out for a test: {cause.rule}; got {cause.got}.")
        split = Split(train=tuple(range(len(dataset))), validation=(), test=(), seed=0)
    kept = tuple(sorted((*split.train, *split.validation)))
    samples = tuple(dataset.samples[index] for index in kept)
    made = fold_at_most(samples, dataset.output, most=folds, seed=0, where=dataset.name)
    return Parts(split=split, folds=made, told=(*told, *made.told))


def prepare(  # noqa: PLR0913 - what is adapted to what, and what is known already
    network: Network,
    dataset: Dataset,
    parts: Parts,
    device: Device,
    clock: Clock,
    *,
    tried: Tried,
    features: Features,
    events: Events,
) -> Bench:
    """Return the bench.

    Args:
        network: The pretrained network.
        dataset: The data, with all that must not be divided grouped.
        parts: Of that data set.
        device: Where trainings run.
        clock: The budget.
        tried: The network's trace and cut points.
        features: Of all samples, in their order.
        events: Hears and may cancel.
    """
    network = ready(network, dataset, parts)
    samples = parts.samples
    ground = Ground(
        kind=dataset.output.kind,
        outputs=dataset.output.count,
        targets=on_scale(network, features.targets, dataset)[list(samples)],
        folds=torch.tensor(parts.folds.numbers),
        samples=samples,
    )
    return Bench(
        network=network, dataset=dataset, samples=samples, test=parts.split.test, ground=ground,
        recording=tried.recording, cuts=tried.cuts, features=features, device=device, clock=clock, batch=batch_for(len(samples)),
        train_count=len(parts.split.train), events=events,
    )  # fmt: skip


def heard(network: Network, dataset: Dataset, parts: Parts, events: Events) -> Network:
    """Return the network with what it leaves open of samples that are no pictures: their scale, how sounds become an image."""
    stated = network.preprocessing
    how = completed(stated, dataset, parts.samples, events)
    return replace(network, preprocessing=replace(how, value_mean=stated.value_mean, value_std=stated.value_std))


def ready(network: Network, dataset: Dataset, parts: Parts) -> Network:
    """Return the network with its own preprocessing; mean and std of the values are measured if it answers with values."""
    if dataset.output.kind != "values":
        return network
    how = network.preprocessing
    found = measure_preprocessing(dataset, parts.samples, how.shape)
    return replace(network, preprocessing=replace(how, value_mean=found.value_mean, value_std=found.value_std))


def on_scale(network: Network, targets: torch.Tensor, dataset: Dataset) -> torch.Tensor:
    """Return targets as a network is to answer with them: values standardised, everything else as it is."""
    if dataset.output.kind != "values":
        return targets
    how = network.preprocessing
    return (targets - torch.tensor(how.value_mean)) / torch.tensor(how.value_std)


def batch_for(count: int) -> int:
    """Return the images of a step for so many samples."""
    return _SMALL if count < _MANY else _LARGE


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A handful of images' pass.

    Attributes:
        image_s: Seconds an image.
        backward: The rest of a training step beside that, for each image, where gradients flow through all of it.
        recording: The network's trace.
        cuts: Its cut points.
    """

    image_s: float
    backward: float
    recording: Recording
    cuts: tuple[CutPoint, ...]


def try_pass(network: Network, dataset: Dataset) -> Tried:
    """Return about how long an image takes, in a pass and in a training step."""
    recording = trace(network.module, (2, *network.input_shape))
    cuts = cut_points(recording)
    found = extract_features(network, dataset, range(min(len(dataset), 8 * BATCH)), cuts[-1:])
    backward = _backward(network, dataset, found)
    return Tried(image_s=found.image_s, backward=backward, recording=recording, cuts=cuts)


def _backward(network: Network, dataset: Dataset, found: Features) -> float:
    """Return what a step takes beyond one image's pass in eval mode, in such passes; of a copy, the second step counts."""
    module = twin(unwrapped(network.module)).train()
    some = tuple(range(min(len(dataset), _SMALL)))
    images = next(batches(dataset, some, network.preprocessing, batch_size=len(some))).images
    if found.memory_format == "channels-last" and images.ndim == 4:
        module.to(memory_format=torch.channels_last)
        images = images.contiguous(memory_format=torch.channels_last)
    seconds = 0.0
    try:
        with kept_randomness():
            for _ in range(2):
                began = time.perf_counter()
                module(images).float().square().mean().backward()
                seconds = time.perf_counter() - began
    except Exception:  # noqa: BLE001 - whatever it says, it says it again where it is trained; here it is a time only
        return BACKWARD
    return min(max(seconds / (len(some) * found.image_s) - 1, 1.0), 10.0)
