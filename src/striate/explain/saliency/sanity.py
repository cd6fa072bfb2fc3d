"""Whether a method's maps depend on what the network has learned: layers drawn anew from the last to the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from striate.errors import InputError, Quoted, ShapeError
from striate.events import SILENT, Events, Task
from striate.explain.method import method
from striate.explain.saliency.agreement import centred_ranks, chance_of, shifted_correlations
from striate.explain.saliency.anew import layers_anew
from striate.explain.saliency.attributing import SALIENCY
from striate.graph import times
from striate.nets import Network
from striate.records import RandomisedLayers
from striate.trace.shell import twin, unwrapped

_MOST_DEPTHS = 6


@method("Do a method's maps survive that the weights are drawn anew?", section="methods/randomised-layers")
def randomised_layers(  # noqa: PLR0913 - each says one thing about the test
    network: Network,
    images: Tensor,
    targets: Tensor | None = None,
    *,
    by: str = "gradient",
    depths: Sequence[int] | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    events: Events = SILENT,
) -> RandomisedLayers:
    """Return how alike a method's maps stay when layers are drawn anew, one after the other from the last.

    Weights are drawn as He et al. do, biases become zero, normalisation stays. The unit asked about stays the same.

    Args:
        network: Any with at least one layer with weights.
        images: Preprocessed, (n, c, axes…).
        targets: Output units, int64 (n,); None for the answer of the network as learned.
        by: Name of the saliency method, as in `SALIENCY`.
        depths: How many layers are drawn anew, each from the last, −1 for all; six from one to all if left out.
        settings: Of the method, by name.
        seed: Of the random layers.
        events: Hears of each depth; can cancel between a method's passes.

    Returns:
        Rank correlations (Spearman) of |map|, summed over channels, with that of the network as learned. A method whose
        correlation stays far above chance with all layers drawn anew shows the image, not what was learned.

    Raises:
        UnknownNameError: No such method.
        InputError: A network without weights; a depth that does not exist; whatever the method refuses.
        ShapeError: Not one target for each image.
        Cancelled: The watcher asked to stop.

    When it misleads:
        What the image itself forces on a map stays: a black border has no gradient through ReLUs whatever the weights. One
        layer drawn anew may leave much by right, since all others are as they were. Networks without normalisation may become
        so loud or silent that maps are zero; their correlation is 0.

    Source:
        Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018, sec. 3.1 (cascading randomisation). Differs: drawn from
        He's distribution; chance is measured by shifting the map.

    Cost:
        The method once for each depth and once more, and a copy of the network.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> found = randomised_layers(network, torch.rand(2, 1, 8, 8), by="guided_backprop")
        >>> found.depths, found.layers, found.correlations.shape
        ((1, 2), ('classes', 'conv1'), (2, 2))
    """
    explain = SALIENCY[by]
    if targets is not None and targets.ndim != 1:
        raise ShapeError("targets must be one output unit for each image", got=Quoted(times(tuple(targets.shape))))
    with torch.inference_mode(mode=False):
        layers = layers_anew(network, seed=seed)
        chosen = _depths(depths, len(layers))
        first = explain(network, images, targets, **dict(settings or {}), events=_Stopping(events))
        units = torch.tensor([record.targets[0] for record in first], dtype=torch.int64)
        learned = [centred_ranks(by, record.maps[0]) for record in first]
        task = Task("randomised layers", total=len(chosen), unit="depth", events=events)
        changed = replace(network, module=twin(unwrapped(network.module)))
        done, rows, last = 0, [], learned
        for depth in chosen:
            for _, values in layers[done:depth]:
                _put(changed.module, values)
            done = depth
            found = explain(changed, images, units, **dict(settings or {}), events=_Stopping(events))
            last = [centred_ranks(by, record.maps[0]) for record in found]
            rows.append([_product(one, other) for one, other in zip(learned, last, strict=True)])
            task.advance()
    chance = [chance_of(shifted_correlations(one, other)) for one, other in zip(learned, last, strict=True)]
    return RandomisedLayers(
        method=by,
        depths=chosen,
        layers=tuple(layers[depth - 1][0] for depth in chosen),
        correlations=np.array(rows, dtype=np.float32).reshape(len(chosen), len(first)),
        chance=np.array(chance, dtype=np.float32),
        seed=seed,
    )


class _Stopping(Events):
    """Hears nothing of a method's own passes, and stops them where the given watcher would."""

    def __init__(self, events: Events) -> None:
        self._events = events

    def is_cancelled(self) -> bool:
        return self._events.is_cancelled()


def _depths(asked: Sequence[int] | None, layers: int) -> tuple[int, ...]:
    if asked is None:
        count = min(layers, _MOST_DEPTHS)
        return tuple(sorted({round(1 + n * (layers - 1) / max(1, count - 1)) for n in range(count)}))
    asked = [layers if depth == -1 else depth for depth in asked]
    outside = [depth for depth in asked if not 1 <= depth <= layers]
    if outside or not asked:
        raise InputError(f"depths must be 1 … {layers}", got=outside[0] if outside else None)
    return tuple(sorted(set(asked)))


def _put(module: nn.Module, values: Mapping[str, Tensor]) -> None:
    own = dict(module.named_parameters(remove_duplicate=False))
    with torch.no_grad():
        for key, value in values.items():
            own[key].copy_(value)


def _product(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    return float((one * other).sum())
