"""Whether several methods tell the same story of a network, over many images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError
from striate.events import SILENT, Events, Task
from striate.explain.method import method
from striate.explain.saliency.agreement import centred_ranks, chance_of, shifted_correlations
from striate.explain.saliency.answered import answers_of
from striate.explain.saliency.attributing import SALIENCY
from striate.explain.saliency.enlarging import enlarged
from striate.nets import Network
from striate.records import Accord, MethodPair
from striate.train.paired import mean_interval

Ranks = list[NDArray[np.float64]]


@method("Do several methods tell the same story of this network?", section="methods/accord")
def accord(  # noqa: PLR0913 - each says one thing about the comparison
    network: Network,
    images: Tensor,
    targets: Tensor | None = None,
    *,
    by: Sequence[str] = ("gradient", "integrated_gradients", "grad_cam"),
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    noise: float = 0.05,
    seed: int = 0,
    events: Events = SILENT,
) -> Accord:
    """Return how far the maps of several methods agree, beside chance and beside each method with itself.

    Args:
        network: As for the methods.
        images: Preprocessed, (n, c, axes…).
        targets: Output units, int64 (n,); None for the answer.
        by: Names of two or more saliency methods; maps of layers are enlarged to the image.
        settings: Of the methods, by the method's name and the setting's.
        noise: Standard deviation of the noise under which a method is held against itself, as a share of each image's own.
        seed: Of the noise.
        events: Hears of each method.

    Returns:
        The mean rank correlation of magnitudes of every two methods, with its interval over images and what shifted maps reach,
        and each method's with itself under noise. Two that agree no more than by chance, while each agrees with itself,
        contradict each other.

    Raises:
        UnknownNameError: No such method.
        InputError: Fewer than two methods, noise that is not above 0; whatever a method refuses.
        ShapeError: Not one target for each image.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Methods ask different questions: a gradient says what would move the score, a layer's map where it comes from. Agreement
        may be about the image's edges. Disagreement says that one picture is not enough, not which is wrong.

    Source:
        Krishna et al., "The Disagreement Problem in Explainable Machine Learning", TMLR 2024, for the question; Adebayo et al.,
        NeurIPS 2018, for rank correlation of magnitudes. Differs: chance by shifts, and noise as a yardstick.

    Cost:
        Every method twice.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> found = accord(network, torch.rand(3, 1, 8, 8), by=["gradient", "input_x_gradient"])
        >>> found.pairs[0].methods, len(found.with_itself)
        (('gradient', 'input_x_gradient'), 2)
    """
    names = tuple(dict.fromkeys(by))
    if len(names) < 2:
        raise InputError("agreement must be asked of at least two methods", got=len(names))
    if not noise > 0:
        raise InputError("noise must be above 0", got=noise)
    empty = Accord(images=0, methods=names, pairs=(), with_itself=(0.0,) * len(names), noise=noise, seed=seed)
    if not len(images):
        return empty
    units = answers_of(network, images) if targets is None else targets
    noisy = _noisy(images, noise, seed)
    task = Task("holding methods against each other", total=len(names), unit="method", events=events)
    rows: dict[str, Ranks] = {}
    alike = []
    for name in names:
        said = dict((settings or {}).get(name, {}))
        rows[name] = _ranked(network, name, images, units, said)
        again = _ranked(network, name, noisy, units, said)
        alike.append(float(np.mean([float((a * b).sum()) for a, b in zip(rows[name], again, strict=True)])))
        task.advance()
    pairs = [
        _pair((one, other), rows[one], rows[other]) for place, one in enumerate(names) for other in names[place + 1 :]
    ]
    return Accord(
        images=len(images), methods=names, pairs=tuple(pairs), with_itself=tuple(alike), noise=noise, seed=seed
    )


def _noisy(images: Tensor, noise: float, seed: int) -> Tensor:
    drawn = torch.randn(images.shape, generator=torch.Generator().manual_seed(seed))
    size = images.float().flatten(1).std(1, correction=0).view(-1, *[1] * (images.ndim - 1))
    return images + (noise * size * drawn.to(images)).to(images)


def _ranked(network: Network, name: str, images: Tensor, units: Tensor, settings: dict[str, Any]) -> Ranks:
    sides = tuple(images.shape[2:])
    records = SALIENCY[name](network, images, units, **settings)
    return [centred_ranks(name, enlarged(record.maps[0], sides)) for record in records]


def _pair(names: tuple[str, str], first: Ranks, second: Ranks) -> MethodPair:
    shifted = [shifted_correlations(one, other) for one, other in zip(first, second, strict=True)]
    mean, interval = mean_interval([float(found.flat[0]) for found in shifted])
    return MethodPair(
        methods=names,
        correlation=mean,
        interval=(max(interval[0], -1.0), min(interval[1], 1.0)),
        chance=float(np.mean([chance_of(found) for found in shifted])),
    )
