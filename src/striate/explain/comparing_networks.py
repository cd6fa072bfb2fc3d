"""A network before and after it was trained on, layer by layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from striate.analyse import layers
from striate.data import Dataset
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events
from striate.explain.cka import LEAST_IMAGES, best_matches, cka_interval
from striate.nets import Network
from striate.nets.cuts import CutNetwork
from striate.observe import PooledCollector, observe
from striate.records import LayerComparison, LayerReading, NetworkComparison
from striate.trace import Recording, trace
from striate.trace.shell import unwrapped
from striate.train.cka import Rows

MOST_IMAGES = 256
# What stands before every path of the first part of a cut network.
_BODY = "body."


def compare_networks(
    before: Network, after: Network, dataset: Dataset, indices: Sequence[int], *, seed: int = 0, events: Events = SILENT
) -> NetworkComparison:
    """Return where along its depth a network still answers as it did before it was adapted.

    Layers are matched by the path of their module; a network that was cut has those of the whole one. Of each learned layer
    both have: the similarity of its features (linear CKA), how well each of its units is matched by one of the network
    before, and by how much its weights changed.

    Args:
        before: The network before.
        after: The network after; the same design, perhaps cut and with a new end.
        dataset: Where the images are.
        indices: Which of them, 5 to 256, none twice.
        seed: Of the order in which images are shuffled to know what chance matches.
        events: Hears "looking at the data", once for each network; may cancel.

    Raises:
        InputError: Too few or too many images, or no learned layer that both have.
        Cancelled: The watcher asked to stop.

    When it misleads:
        Channels are averaged over space: a filter that fires at another place counts as the same. Similarity is over these
        images; on others the networks may differ more. With few images and many units the best match is high by chance,
        which stands beside it. Weights before a normalisation can change in size without any effect.

    Source:
        Similarity: `striate.explain.cka.cka_interval`. Matches: Li et al., "Convergent Learning", ICLR 2016, sec. 3 (maximum
        correlation). Differs: means over space instead of all places, and matches with replacement. Layers that are
        general and layers that are specific: Yosinski et al., NeurIPS 2014.

    Cost:
        One forward pass an image and network.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.data import load_data
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x28x28; conv 5x5 4, relu; classes 10"))
        >>> found = compare_networks(network, network, load_data("digits"), range(20))
        >>> [(layer.name, round(layer.similarity, 6), layer.change) for layer in found.layers]
        [('conv1', 1.0, 0.0), ('classes', 1.0, 0.0)]
    """
    chosen = tuple(int(index) for index in indices)
    if not LEAST_IMAGES <= len(chosen) <= MOST_IMAGES:
        raise InputError(
            f"networks must be compared on {LEAST_IMAGES} to {MOST_IMAGES} images", got=len(chosen), where="indices"
        )
    first, second = _Side.of(before), _Side.of(after)
    shared = [key for key in first.layers if key in second.layers]
    if not shared:
        raise InputError(
            "networks must have a learned layer in common", got=Quoted("none"), hint="Is it the same design?"
        )
    seen = first.features(shared, dataset, chosen, events), second.features(shared, dataset, chosen, events)
    mixed = np.random.default_rng(seed).permutation(len(chosen))
    return NetworkComparison(
        before=before.origin.text,
        after=after.origin.text,
        images=len(chosen),
        data=dataset.name,
        layers=tuple(_layer(first, second, key, seen[0][key], seen[1][key], mixed) for key in shared),
        alone=tuple(side.layers[key].name for side in (first, second) for key in side.layers if key not in shared),
    )


# Path of the module without what a cut puts before it, and which of its calls.
_Key = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One network with its learned layers, in the order they are run."""

    network: Network
    recording: Recording
    layers: dict[_Key, LayerReading]
    shares: dict[_Key, float]

    @classmethod
    def of(cls, network: Network) -> _Side:
        recording = trace(network.module, (1, *network.input_shape))
        readings = layers(recording.graph)
        is_cut = isinstance(unwrapped(network.module), CutNetwork)
        calls: Counter[str] = Counter()
        found: dict[_Key, LayerReading] = {}
        shares: dict[_Key, float] = {}
        total, done = max(1, sum(reading.cost.macs for reading in readings)), 0
        for reading in readings:
            done += reading.cost.macs
            if reading.is_learned:
                path = recording.graph[reading.name].path
                path = path.removeprefix(_BODY) if is_cut else path
                key = (path, calls[path])
                calls[path] += 1
                found[key], shares[key] = reading, done / total
        return cls(network=network, recording=recording, layers=found, shares=shares)

    def features(
        self, keys: Sequence[_Key], dataset: Dataset, indices: tuple[int, ...], events: Events
    ) -> dict[_Key, Rows]:
        """Return (n, units) of each layer, means over space."""
        names = {key: self.layers[key].name for key in keys}
        collector = PooledCollector(list(names.values()))
        observe(self.network, dataset, indices, [collector], events=events, recording=self.recording)
        rows = collector.result()
        return {key: rows[name] for key, name in names.items()}

    def weights(self, key: _Key) -> list[Tensor]:
        """Return the weights of the op that does the layer's work: its parameters of two axes and more."""
        known = dict(unwrapped(self.network.module).named_parameters(remove_duplicate=False))
        params = self.recording.graph[self.layers[key].name].params
        found: list[nn.Parameter] = [known[param.key] for param in params if param.key in known]
        return [weight.detach() for weight in found if weight.ndim > 1]


def _layer(
    first: _Side, second: _Side, key: _Key, one: Rows, other: Rows, mixed: NDArray[np.integer]
) -> LayerComparison:
    alike = cka_interval(one, other)
    matches = best_matches(other, one)
    chance = best_matches(other, one[mixed])
    quartiles = np.quantile(matches, (0.25, 0.5, 0.75)).tolist() if len(matches) else None
    return LayerComparison(
        name=first.layers[key].name,
        macs_share=first.shares[key],
        units=other.shape[1],
        similarity=None if alike is None else alike[0],
        interval=None if alike is None else alike[1],
        matched=float(matches.mean()) if len(matches) else None,
        matched_quartiles=None if quartiles is None else (quartiles[0], quartiles[1], quartiles[2]),
        matched_by_chance=float(chance.mean()) if len(chance) else None,
        change=_change(first.weights(key), second.weights(key)),
    )


def _change(before: Sequence[Tensor], after: Sequence[Tensor]) -> float | None:
    """Return |after − before| / |before| over all weights; None where there are none, or other ones."""
    if not before or [weight.shape for weight in before] != [weight.shape for weight in after]:
        return None
    pairs = [(one.double().cpu(), other.double().cpu()) for one, other in zip(before, after, strict=True)]
    size = torch.stack([one.square().sum() for one, _ in pairs]).sum().sqrt()
    moved = torch.stack([(other - one).square().sum() for one, other in pairs]).sum().sqrt()
    return float(moved / size) if size > 0 else None
