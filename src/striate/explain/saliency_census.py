"""Saliency over many images, and whether it depends on what was learned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from striate.data import Dataset, batches
from striate.events import SILENT, Events, Task
from striate.explain.answers import fitting, scores, taken, undisturbed
from striate.explain.method import method
from striate.explain.objects import object_mask, share_on
from striate.explain.ranks import rank_correlation
from striate.explain.saliency.anew import random_last_layers
from striate.explain.saliency.simonyan import gradient
from striate.nets import Network
from striate.records import SaliencyCensus
from striate.trace.shell import unwrapped


@method("Does the gradient lie on the object, and on what was learned?", section="methods/saliency")
def saliency_census(
    network: Network,
    dataset: Dataset,
    indices: Sequence[int],
    *,
    depth: int | None = 1,
    seed: int = 0,
    events: Events = SILENT,
) -> SaliencyCensus:
    """Return how much of the gradient lies on the object, and how it fares with random last layers.

    The score is that of the answer: the highest. Magnitudes are summed over channels. The second
    network has its last layers drawn anew (He, biases zero) and the same target.

    Args:
        network: Any with at least one layer with weights.
        dataset: Where the images are.
        indices: Which images to try.
        depth: How many layers with weights are drawn anew, from the last; None for all. Normalisation stays.
        seed: Of the random layers.
        events: Hears of each image.

    Returns:
        `shares` for the images whose object is known and whose gradient is not zero throughout;
        `chance` is 0 if there is none. `random_correlation` is the mean over images of the rank
        correlation (Spearman, ties by their mean rank) of |gradient|; 1 would mean that those
        layers do not matter.

    Raises:
        InputError: A network without weights; a depth below 1.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Maps share what the image and the layers left alone force on them. With one layer drawn anew
        a good network of digits keeps 0.75, with all of them 0.11: a high figure for depth 1 says little.

    Source:
        Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018, sec. 3. Differs: as many
        layers as asked, drawn once; they go down layer by layer. The share on the object is ours.

    Cost:
        Three forward and two backward passes for each image, and one trace.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.data import load_data
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x28x28; conv 5x5 4, relu; classes 10"))
        >>> census = saliency_census(network, load_data("digits"), (0, 600))
        >>> census.images, census.shares.shape
        (2, (2,))
    """
    anew = random_last_layers(network, depth=depth, seed=seed)
    task = Task("saliency census", total=len(indices), unit="image", events=events)
    shares, covers, alike = [], [], []
    at_once = max(1, fitting(torch.zeros(network.input_shape)) // 4)
    for batch in batches(dataset, tuple(int(i) for i in indices), network.preprocessing, batch_size=at_once):
        learned, other = _pairs(network, taken(network, batch.images), anew)
        for index, slope, random in zip(batch.indices.tolist(), learned, other, strict=True):
            known = object_mask(dataset, index, network.preprocessing)
            share = None if known is None else share_on(known, slope)
            if known is not None and share is not None:
                shares.append(share)
                covers.append(float(known.mean()))
            magnitudes = (np.abs(each).sum(axis=0) for each in (slope, random))
            alike.append(rank_correlation(*magnitudes))
            task.advance()
    return SaliencyCensus(
        images=len(alike),
        shares=np.array(shares, dtype=np.float32),
        chance=float(np.mean(covers)) if covers else 0.0,
        random_correlation=float(np.mean(alike)) if alike else 0.0,
    )


def _pairs(
    network: Network, inputs: Tensor, anew: Mapping[str, Tensor]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the gradients of the answers' scores, as learned and with other parameters."""
    with undisturbed(network.module):
        with torch.no_grad():
            units = scores(network, inputs).argmax(1)
        learned = gradient(network, inputs, units)
        changed = replace(network, module=_Lent(unwrapped(network.module), anew))
        other = gradient(changed, inputs, units)
    return learned.float().cpu().numpy(), other.float().cpu().numpy()


class _Lent(nn.Module):
    """Runs a module with other values for some parameters, which `functional_call` puts back."""

    def __init__(self, module: nn.Module, values: Mapping[str, Tensor]) -> None:
        super().__init__()
        self._module = [module]  # in a list: not a submodule
        self._values = dict(values)

    def forward(self, inputs: Tensor) -> object:
        """Return what the module answers."""
        return torch.func.functional_call(self._module[0], self._values, (inputs,))
