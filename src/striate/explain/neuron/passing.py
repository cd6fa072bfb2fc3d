"""One input on its way through a network: every value, the layer it belongs to, and gradients at the layers."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import torch
from torch import Tensor, nn

from striate.analyse import Boxes, layers
from striate.errors import InputError, unknown_name
from striate.graph import times
from striate.observe.units import layer_axis, unit_axes
from striate.trace.backprop import Call, Forward, Recorded, forward, gradients

# Passes back that are kept: of a few outputs, or of the unit that is looked at.
_KEPT = 4
# Calls that only move values, so that each output is one input, or a zero.
MOVES = frozenset({
    "identity", "clone", "contiguous", "alias", "to", "_to_copy", "detach", "flatten", "view", "reshape", "_unsafe_view",
    "permute", "transpose", "t", "unsqueeze", "squeeze", "slice", "select", "expand", "roll", "flip", "pixel_shuffle",
    "pixel_unshuffle", "channel_shuffle", "constant_pad_nd", "pad", "unflatten", "movedim", "narrow", "repeat", "swapaxes",
    "split", "split_with_sizes", "chunk", "unbind", "reflection_pad1d", "reflection_pad2d", "replication_pad1d",
    "replication_pad2d",
})  # fmt: skip
_DROPS = frozenset({"dropout", "feature_dropout", "alpha_dropout"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A layer, or the input, and how its value is laid out.

    Attributes:
        name: Of the layer.
        ops: Names of its ops: the one that does the work, then those folded into it; empty for the input.
        tap: The op whose value is the layer's.
        number: Of that value in the pass.
        shape: Of the value, batch first.
        axis: Which of its axes counts channels.
    """

    name: str
    ops: tuple[str, ...]
    tap: str
    number: int
    shape: tuple[int, ...]
    axis: int

    @property
    def channels(self) -> int:
        """How many."""
        return self.shape[self.axis]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Of its map; empty for a vector."""
        return self.shape[1 : self.axis] + self.shape[self.axis + 1 :]

    def flat(self, channel: int, at: tuple[int, ...]) -> int:
        """Return where a unit stands in the flattened value.

        Raises:
            InputError: No such channel, or a place that is not on the map.
        """
        if not 0 <= channel < self.channels:
            raise InputError(f"a channel must be 0 … {self.channels - 1}", got=channel, where=self.name)
        if len(at) != len(self.sizes) or any(not 0 <= one < size for one, size in zip(at, self.sizes, strict=True)):
            rule = (
                f"a place must be on the layer's map of {times(self.sizes)}" if self.sizes else "a vector has no place"
            )
            raise InputError(rule, got=at, where=self.name)
        place = (0, *at[: self.axis - 1], channel, *at[self.axis - 1 :])
        return ravelled(place, self.shape)

    def on_map(self, flats: Tensor) -> Tensor:
        """Return where places of the flattened value stand on their channel's map, counted row by row; −1 stays."""
        rest = prod(self.shape[self.axis + 1 :])
        return torch.where(flats < 0, -1, flats // (rest * self.channels) * rest + flats % rest)

    def unit(self, flat: int) -> tuple[int, tuple[int, ...]]:
        """Return channel and place of what stands there."""
        place = unravelled(flat, self.shape)
        return place[self.axis], place[1 : self.axis] + place[self.axis + 1 :]


class Common:
    """What is true of a network for every input: its layers and what its units read, worked out once.

    Args:
        recorded: The network's calls.
    """

    def __init__(self, recorded: Recorded) -> None:
        self.recorded = recorded
        graph = recorded.made.graph
        name = next(iter(graph.conditions.inputs))
        number = next(n for n, value in recorded.record.found.items() if value.origin == "input" and value.key == name)
        shape = tuple(graph.conditions.inputs[name])
        self.input = Row(name=name, ops=(), tap=name, number=number, shape=shape, axis=1)
        self.rows: tuple[Row, ...] = tuple(_rows(recorded))

    @cached_property
    def boxes(self) -> Boxes:
        """What units read of earlier values."""
        return Boxes(self.recorded.made.graph)


def _rows(recorded: Recorded) -> Iterator[Row]:
    graph = recorded.made.graph
    axes = unit_axes(graph)
    for reading in layers(graph):
        if reading.shape:
            yield Row(
                name=reading.name,
                ops=reading.ops,
                tap=reading.tap,
                number=recorded.made.values[reading.tap],
                shape=tuple(graph[reading.tap].shape),
                axis=layer_axis(axes, reading),
            )


class Pass:
    """A pass of one input through a network's recorded calls; the network is neither entered nor written to.

    Args:
        module: The network's.
        inputs: (1, c, axes…), on its device and in its type.
        factors: What the values of some ops are multiplied with on the way, by the op's name: 0 silences.
        common: Of another pass through the same network: what is true of every input, not worked out again.

    Raises:
        InputError: A network whose calls cannot be recorded.
    """

    def __init__(
        self,
        module: nn.Module,
        inputs: Tensor,
        factors: Mapping[str, Tensor] | None = None,
        common: Common | None = None,
    ) -> None:
        self._factors = dict(factors or {})
        with torch.inference_mode(mode=False):
            known = None if common is None else common.recorded
            self.run: Forward = forward(module, inputs, "eval", self._factors, known)
        self.common = Common(self.run.recorded) if common is None else common
        self.input, self.rows = self.common.input, self.common.rows
        self._by_number = {row.number: row for row in reversed(self.rows)} | {self.input.number: self.input}
        self._maker = {n: call for call in self.run.calls for n, _ in call.made}
        self._gradients: OrderedDict[tuple[int, int], Mapping[int, Tensor]] = OrderedDict()
        self._moved: dict[int, tuple[Row, Tensor | None] | None] = {}

    def row(self, name: str) -> Row:
        """Return a layer by its name.

        Raises:
            UnknownNameError: There is none.
        """
        for row in self.rows:
            if row.name == name:
                return row
        raise unknown_name("layer", name, [row.name for row in self.rows])

    @property
    def boxes(self) -> Boxes:
        """What units read of earlier values."""
        return self.common.boxes

    @cached_property
    def dependent(self) -> frozenset[int]:
        """Numbers of the values that depend on the input."""
        found = {self.input.number}
        for call in self.run.calls:
            if any(n in found for n in (*call.numbers.values(), *(n for n, _ in call.reads))):
                found.update(n for n, _ in call.made)
        return frozenset(found)

    @property
    def size_bytes(self) -> int:
        """What its values take, and the gradients that are kept."""
        kept = [self.run.tensors, *self._gradients.values()]
        return sum(value.numel() * value.element_size() for values in kept for value in values.values())

    @property
    def scores(self) -> Tensor:
        """(outputs,): what the network answers."""
        return self.run.tensors[self._answer].reshape(-1)

    def value(self, row: Row) -> Tensor:
        """Return a row's value (1, …)."""
        return self.run.tensors[row.number]

    def own(self, number: int) -> Tensor:
        """Return a value as its op made it, before it was multiplied by anybody's wish."""
        return self.run.plain.get(number, self.run.tensors[number])

    def factor(self, row: Row, flat: int) -> float:
        """Return what a unit of a row was multiplied with on the way; 1 if it was left alone."""
        given = self._factors.get(row.tap)
        return 1.0 if given is None else float(given.expand(row.shape).reshape(-1)[flat])

    def slopes(self, row: Row | None, flat: int) -> Mapping[int, Tensor]:
        """Return the gradient of one unit of a row, or of an output for None, at every row before, by the row's number.

        Raises:
            InputError: There is no such output.
        """
        number = self._answer if row is None else row.number
        value = self.run.tensors[number]
        if not 0 <= flat < value.numel():
            raise InputError(f"an output's number must be 0 … {value.numel() - 1}", got=flat)
        key = (number, flat)
        if key not in self._gradients:
            with torch.inference_mode(mode=False):
                seed = torch.zeros_like(value)
                seed.view(-1)[flat] = 1
                at = gradients(self.run, {number: seed}).at
            self._gradients[key] = {n: at[n].detach() for n in self._by_number if n in at}
        self._gradients.move_to_end(key)
        while len(self._gradients) > _KEPT:
            self._gradients.popitem(last=False)
        return self._gradients[key]

    def followed(self, number: int, places: Tensor) -> tuple[Row, Tensor] | None:
        """Return the row that a value's places come from, and where they stand in it; None if they are not moved alone.

        Args:
            number: Of the value.
            places: Of the flattened value; −1 for none.
        """
        if number not in self._moved:
            self._moved[number] = self._chain(number)
        found = self._moved[number]
        if found is None:
            return None
        row, table = found
        return row, places if table is None else torch.where(places < 0, -1, table[places.clamp(min=0)])

    def moved(self, call: Call, number: int, flat: int) -> int:
        """Return where what a moving call put at a place stood before; −1 for a zero it put in."""
        return int(_table(call, number, source_of(call)[1].shape)[flat])

    def _chain(self, number: int) -> tuple[Row, Tensor | None] | None:
        calls: list[tuple[Call, int]] = []
        while number not in self._by_number:
            call = self._maker.get(number)
            if call is None or not is_move(call) or number not in [n for n, _ in call.made]:
                return None
            calls.append((call, number))
            number = source_of(call)[0]
        row, table = self._by_number[number], None
        for call, made in reversed(calls):
            step = _table(call, made, source_of(call)[1].shape)
            table = step if table is None else torch.where(step < 0, -1, table[step.clamp(min=0)])
        return row, table

    @property
    def _answer(self) -> int:
        return self.run.values[self.run.graph.outputs[0]]


def is_move(call: Call) -> bool:
    """Return whether each output of a call is one of its inputs, or a zero."""
    name = call.operator.removesuffix("_")
    if name in _DROPS:
        return not call.arguments.get("train")
    filled = call.arguments.get("value") or 0
    return name in MOVES and filled == 0 and len(call.numbers) == 1


def source_of(call: Call) -> tuple[int, Tensor]:
    """Return the number and the value of what a moving call reads."""
    name = next(name for name in call.numbers if isinstance(call.arguments.get(name), Tensor))
    number = call.numbers[name]
    if number in [n for n, _ in call.made]:
        # Written in place: the argument has the number of what it became.
        number = call.reads[0][0]
    return number, call.arguments[name]


def ravelled(place: tuple[int, ...], shape: tuple[int, ...]) -> int:
    """Return the place in the flattened value.

    Example:
        >>> ravelled((1, 2), (3, 4)), unravelled(6, (3, 4))
        (6, (1, 2))
    """
    flat = 0
    for one, size in zip(place, shape, strict=True):
        flat = flat * size + one
    return flat


def unravelled(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the place that `ravelled` makes a number of."""
    return tuple(flat // prod(shape[axis + 1 :]) % size for axis, size in enumerate(shape))


def _table(call: Call, number: int, shape: torch.Size) -> Tensor:
    """Return for each output of a moving call where it stood in the flattened input; −1 for a zero."""
    if call.operator.removesuffix("_") in _DROPS:
        return torch.arange(prod(shape))
    name = next(name for name in call.numbers if isinstance(call.arguments.get(name), Tensor))
    # From 1: what padding puts in is 0. In double precision every place is exact.
    places = torch.arange(1, prod(shape) + 1, dtype=torch.float64).reshape(shape)
    out = call.func(**{**call.arguments, name: places})
    if isinstance(out, list | tuple):
        out = out[[n for n, _ in call.made].index(number)]
    table: Tensor = out.flatten().long() - 1
    return table
