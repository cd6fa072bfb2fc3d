"""Whether a network answers better when its images enter otherwise: the usual mistakes of preprocessing, tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from striate.data import Dataset, batches
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events, Task
from striate.explain.answers import fitting, on_scale, taken, undisturbed
from striate.explain.entering.paired import right, rival, share
from striate.explain.method import method
from striate.nets import Network
from striate.nets.zoo.published import IMAGENET
from striate.records import PreprocessingTrial

# From images on the scale 0 … 1 to what enters.
Way = Callable[[Tensor], Tensor]
# Ways nearer than this to the one in use, in units of the input, are the same.
_SAME = 1e-3
# The mean of so many images is known to a sixteenth of what images differ by.
_MEASURED = 256


@method("Would the network answer better if its images entered otherwise?", section="methods/preprocessing-trial")
def preprocessing_trial(
    network: Network, dataset: Dataset, indices: Sequence[int], *, events: Events = SILENT
) -> PreprocessingTrial:
    """Return the accuracy with the preprocessing in use, and with that of the usual mistakes, on the same images.

    Tried are: 0 … 1 and 0 … 255 without normalisation, the mean and standard deviation of ImageNet, one half for both, those of
    these images (of 256 of them at most, always the same draw), brightness inverted, and the channels in reverse order (BGR).
    Whoever trained the network with one of them and uses it with another finds the right one here. Size and crop stay.

    Args:
        network: A classifier of images, sounds or volumes; left as it came.
        dataset: Data with the network's classes.
        indices: Held-out samples; hundreds, for the test to find anything.
        events: Hears of each image; may cancel.

    Returns:
        The accuracies, and McNemar's exact test of each way against the one in use. Ways that are the one in use are left out.

    Raises:
        InputError: A network that does not answer with one class.
        Cancelled: The watcher asked to stop.

    When it misleads:
        It knows these mistakes only. Another way may be better by right: data from another camera that are brighter are mended by
        their own mean, though nobody made a mistake. Images with a border of the mean's colour keep that border's value.

    Source:
        McNemar, Psychometrika 1947, for the test. Differs: exact, and asked of the usual mistakes of preprocessing.

    Cost:
        Six to eight forward passes for each image.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.data import load_data
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x28x28; conv 5x5 4, relu; classes 10"))
        >>> found = preprocessing_trial(network, load_data("digits"), range(0, 5000, 500))
        >>> found.images, found.rivals[0].name
        (10, 'pixels 0 … 255')
    """
    if network.output.kind != "classes":
        raise InputError("a network must answer with one class", got=Quoted(network.output.kind))
    chosen = tuple(int(index) for index in indices)
    task = Task("trying other preprocessing", total=len(chosen), unit="image", events=events)
    at_once = fitting(torch.zeros(network.input_shape))
    own = _own_statistics(network, dataset, _some(chosen), at_once)
    found: dict[str, list[Tensor]] = {}
    used: list[Tensor] = []
    differs: set[str] = set()
    with undisturbed(network.module), torch.no_grad():
        for batch in batches(dataset, chosen, network.preprocessing, batch_size=at_once):
            images = taken(network, batch.images, axes=(1, 2, 3))
            truth = batch.targets.to(images.device)
            used.append(right(network, images, truth))
            for name, way in _ways(network, *own).items():
                entering = way(on_scale(network, images))
                if float((entering - images).abs().max()) > _SAME:
                    differs.add(name)
                found.setdefault(name, []).append(right(network, entering, truth))
            task.advance(len(images))
    as_used = torch.cat([torch.zeros(0, dtype=torch.bool), *used])
    return PreprocessingTrial(
        images=len(as_used),
        accuracy=share(as_used),
        rivals=tuple(rival(name, torch.cat(rows), as_used) for name, rows in found.items() if name in differs),
    )


def _ways(network: Network, mean: Tensor, std: Tensor) -> Mapping[str, Way]:
    """Return the ways that are tried, by name; `mean` and `std` are those of the images."""
    how, channels = network.preprocessing, network.input_shape[0]
    ways: dict[str, Way] = {}
    if not how.scale:
        # Bytes: floats of another scale have no 255.
        ways["pixels 0 … 255"] = lambda unit: unit * 255
    ways["pixels 0 … 1"] = lambda unit: unit
    ways["mean and std 0.5"] = lambda unit: (unit - 0.5) / 0.5
    if channels in {1, 3} and len(how.shape) == 3:
        known = (
            torch.tensor(part).mean(0, keepdim=True) if channels == 1 else torch.tensor(part) for part in IMAGENET_OF
        )
        ways["mean and std of ImageNet"] = _normalised(*known)
    ways["mean and std of these images"] = _normalised(mean, std)
    as_used = _normalised(torch.tensor(how.mean), torch.tensor(how.std))
    ways["inverted"] = lambda unit: as_used(1 - unit)
    if channels == 3 and len(how.shape) == 3:
        ways["channels in reverse order (BGR)"] = lambda unit: as_used(unit.flip(1))
    return ways


IMAGENET_OF = (IMAGENET.mean, IMAGENET.std)


def _normalised(mean: Tensor, std: Tensor) -> Way:
    def way(unit: Tensor) -> Tensor:
        shape = (1, -1) + (1,) * (unit.ndim - 2)
        return (unit - mean.to(unit).view(shape)) / std.to(unit).view(shape)

    return way


def _some(chosen: tuple[int, ...]) -> tuple[int, ...]:
    """Return the samples whose statistics are measured: drawn, as an even step could meet one class alone."""
    if len(chosen) <= _MEASURED:
        return chosen
    places = torch.randperm(len(chosen), generator=torch.Generator().manual_seed(0))[:_MEASURED]
    return tuple(chosen[place] for place in sorted(places.tolist()))


def _own_statistics(
    network: Network, dataset: Dataset, indices: tuple[int, ...], at_once: int
) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of the images, channel by channel, on the scale 0 … 1."""
    count, total, squares = 0, torch.zeros(()), torch.zeros(())
    for batch in batches(dataset, indices, network.preprocessing, batch_size=at_once):
        rows = on_scale(network, batch.images).double().transpose(0, 1).flatten(1)
        count += rows.shape[1]
        total, squares = total + rows.sum(1), squares + rows.square().sum(1)
    if not count:
        return torch.zeros(1), torch.ones(1)
    mean = total / count
    std = (squares / count - mean.square()).clamp(min=0).sqrt()
    return mean, torch.where(std > 0, std, 1.0)
