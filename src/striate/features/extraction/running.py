"""A network's pass over prepared images, from which vectors and scores are taken; one thread, always the same batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

from striate.analyse import layers as readings_of
from striate.errors import InputError
from striate.features.extraction.pooling import pooled
from striate.nets import Network
from striate.observe.units import unit_axes
from striate.records.vectors import MemoryFormat, VectorSpec
from striate.trace import Recording, Site, hearing, tap, trace
from striate.trace.copying import copied
from striate.trace.shell import twin, unwrapped
from striate.trace.state import one_thread

FORMATS: Mapping[MemoryFormat, torch.memory_format] = {
    "plain": torch.contiguous_format,
    "channels-last": torch.channels_last,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ran:
    """What one pass gave.

    Attributes:
        vectors: (n, size) float32 by the layer's name.
        scores: (n, outputs), or None where the network answers with something else.
    """

    vectors: Mapping[str, Tensor]
    scores: Tensor | None


class Runner:
    """Runs a copy of a network; the original is never entered.

    One intra-operation thread, since the number of threads changes the last bits; several runners in as many threads or
    processes fill a machine better than one runner with several threads does.

    Args:
        network: The network.
        spec: What is taken.
        recording: Its trace.
    """

    def __init__(self, network: Network, spec: VectorSpec, recording: Recording | None = None) -> None:
        self._spec = spec
        self._recording = recording or trace(network.module, (1, *network.input_shape))
        self._module = twin(unwrapped(network.module)).eval()
        self._device = next((part.device for part in self._module.parameters()), torch.device("cpu"))
        if len(spec.preprocessing.shape) == 3:
            self._module.to(memory_format=FORMATS[spec.memory_format])
        taps = {reading.name: reading.tap for reading in readings_of(self._recording.graph)}
        self._ops = {layer.name: taps.get(layer.name, layer.name) for layer in spec.layers}
        self._axes = unit_axes(self._recording.graph)

    def again(self) -> Runner:
        """Return another runner with the same weights in the same memory, for another thread."""
        other = Runner.__new__(Runner)
        other.__dict__.update(self.__dict__)
        held = {id(tensor): tensor for tensor in (*self._module.parameters(), *self._module.buffers())}
        other._module = copied(self._module, held)  # noqa: SLF001 - its own class
        return other

    def run(self, images: Tensor) -> Ran:
        """Return the vectors of at most `batch_size` prepared images; a smaller batch is filled up.

        Raises:
            InputError: More images than the batch has.
        """
        count, size = len(images), self._spec.batch_size
        if not 1 <= count <= size:
            raise InputError(f"a batch must have 1 … {size} images", got=count)
        whole = torch.cat([images, images[-1:].expand(size - count, *images.shape[1:])]) if count < size else images
        whole = whole.to(self._device)
        if whole.ndim == 4:
            whole = whole.contiguous(memory_format=FORMATS[self._spec.memory_format])
        with one_thread(), torch.inference_mode():
            values, outputs = self._values(whole)
        leaves = [leaf for leaf in tree_leaves(outputs) if isinstance(leaf, Tensor)]
        scores = leaves[0] if leaves and leaves[0].ndim == 2 else None
        return Ran(
            vectors={name: value[:count].cpu() for name, value in values.items()},
            scores=None if scores is None else scores[:count].float().cpu(),
        )

    def _values(self, images: Tensor) -> tuple[dict[str, Tensor], object]:
        found: dict[str, Tensor] = {}
        sites = self._sites()

        def hear(name: str, value: Tensor) -> None:
            found[name] = self._pooled(name, value)

        if sites is None:
            ran = tap(self._module, images, self._ops.values(), self._recording)
            return {name: self._pooled(name, ran.taps[op]) for name, op in self._ops.items()}, ran.outputs
        with hearing(self._module, sites, hear) as begin:
            begin()
            outputs = self._module(images)
        return {name: found[name] for name in self._ops}, outputs

    def _sites(self) -> list[Site] | None:
        """Return where modules give the values; None if one is no module's output, or two are the same value."""
        places = [self._recording.sites.get(op) for op in self._ops.values()]
        if any(place is None for place in places) or len(set(self._ops.values())) < len(self._ops):
            return None
        return [
            Site(name=name, path=place[0], turn=place[1])
            for name, place in zip(self._ops, places, strict=True)
            if place
        ]

    def _pooled(self, name: str, value: Tensor) -> Tensor:
        layer = self._spec.layer(name)
        if layer is None:
            raise InputError("a layer must be of the specification", got=name)
        # A copy: the layer behind may write into the value.
        return pooled(value, layer.pooling, self._axes[self._ops[name]]).clone()
