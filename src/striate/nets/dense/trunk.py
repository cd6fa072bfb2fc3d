"""The user's own network up to its last map, at any size."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from torch import Tensor, nn

from striate.errors import InputError, Quoted
from striate.graph import Shape, times
from striate.trace import Edit, Recording, trace_until

# Sizes whose calls are remembered; a tiled image has some nine.
_REMEMBERED = 32


class Trunk:
    """Runs a network's own calls up to one op; recorded once for each input size.

    Args:
        op: The op to stop at.
        order: What brings its dimensions to (batch, channels, axes…).
        edits: Other windows for some calls, as in `trace_until`.
    """

    def __init__(self, op: str, order: tuple[int, ...], edits: Mapping[int, Edit] | None = None) -> None:
        self.op, self.order, self._edits = op, order, edits
        self._recorded: OrderedDict[tuple[object, ...], Recording] = OrderedDict()

    def __call__(self, network: nn.Module, images: Tensor) -> Tensor:
        """Return the last map (n, c, axes…) of images (n, c, axes…)."""
        recording = self.recorded(network, tuple(images.shape[1:]))
        value: Tensor = recording.program.run(network, images).outputs
        return value.permute(self.order) if self.order != tuple(range(value.ndim)) else value

    def shape(self, network: nn.Module, shape: Shape) -> Shape:
        """Return (channels, axes…) of the map for an input (channels, axes…), without running it."""
        found = self.recorded(network, shape).graph[self.op].shape
        return tuple(found[axis] for axis in self.order[1:])

    def recorded(self, network: nn.Module, shape: Shape) -> Recording:
        """Return the trace up to the op for an input (channels, axes…)."""
        first = next((p for p in network.parameters() if p.is_floating_point()), None)
        key = (shape, None if first is None else (first.dtype, first.device))
        if key not in self._recorded:
            recording = trace_until(network, (2, *shape), self.op, edits=self._edits)
            if recording.program.batch is not None:
                raise InputError("a trunk must make the same calls for any number of images", got=Quoted(times(shape)))
            self._recorded[key] = recording
            while len(self._recorded) > _REMEMBERED:
                self._recorded.popitem(last=False)
        self._recorded.move_to_end(key)
        return self._recorded[key]
