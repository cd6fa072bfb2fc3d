"""How much of each layer is active: sparsity followed through training."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from striate.analyse import layers
from striate.data import Dataset, batches, shuffled
from striate.data.halving import Halving
from striate.errors import StriateError
from striate.records.output import Preprocessing
from striate.trace import tap, trace

IMAGES = 256


class Activity:
    """Measures the share of values above zero after each layer that ends in a rectifier.

    The network is traced once. One that cannot be traced, or whose inner values cannot be read,
    gets no shares; `trouble` says why.

    Args:
        module: The network; neither changed nor kept.
        dataset: Where the samples are.
        indices: Validation images, of which up to 256 are used, the same ones each time.
        preprocessing: How they become inputs.
        batch_size: Images at once.
    """

    def __init__(
        self,
        module: nn.Module,
        dataset: Dataset,
        indices: tuple[int, ...],
        preprocessing: Preprocessing,
        *,
        batch_size: int,
    ) -> None:
        self.trouble = ""
        self._dataset = dataset
        # Samples are often sorted by class.
        self._indices = shuffled(indices, seed=0, epoch=0)[:IMAGES]
        self._preprocessing = preprocessing
        self._batch_size = min(batch_size, len(self._indices))
        self._names: dict[str, str] = {}
        try:
            self._recording = trace(module, (self._batch_size, *preprocessing.shape))
            self._names = {row.name: row.tap for row in layers(self._recording.graph) if row.is_rectified}
        except StriateError as error:
            self.trouble = str(error)

    def measure(self, module: nn.Module, device: torch.device, *, check: Callable[[], None]) -> dict[str, float]:
        """Return the shares by layer, 0 … 1; empty if they cannot be measured.

        Args:
            module: The network that was traced, with other weights perhaps.
            device: Where it is.
            check: Called before each batch; raises to stop.
        """
        above = dict.fromkeys(self._names, 0)
        values = dict.fromkeys(self._names, 0)
        if not self._names:
            return {}
        halving = Halving("measuring activity", at_once=self._batch_size)

        def look(images: Tensor, part: slice) -> dict[str, tuple[int, int]]:
            taps = tap(module, images[part].to(device), self._names.values(), self._recording, with_outputs=False).taps
            return {layer: (int((taps[name] > 0).sum()), taps[name].numel()) for layer, name in self._names.items()}

        with torch.no_grad():
            for batch in batches(self._dataset, self._indices, self._preprocessing, batch_size=self._batch_size):
                check()
                try:
                    for counts in halving.run(partial(look, batch.images), len(batch)):
                        for layer, (active, count) in counts.items():
                            above[layer] += active
                            values[layer] += count
                except StriateError as error:
                    self.trouble = str(error)
                    self._names = {}
                    return {}
        return {layer: above[layer] / values[layer] for layer in self._names}
