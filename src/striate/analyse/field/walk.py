"""A layout on its way through one op, and what it met: the flow from an output's places back to an input's."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import NamedTuple

from striate.analyse.field import index_maps
from striate.analyse.field.axes import Atom, Layout, PlacesLostError, digits, features, length, places, replaced
from striate.analyse.field.index_maps import IndexMap
from striate.graph import Shape

# A window of one place: also several digits in one dimension stay where they are.
STAY = index_maps.shifted(0)


class AxisFlow(NamedTuple):
    """How one axis of an output reads one axis of an input.

    Attributes:
        steps: Maps to go through, the one next to the input first, each with the length it reads; None if
            places do not matter, because all are read or there are none.
        is_all: Whether every place is read beside what the steps say.
        is_part: Whether the steps hold for a part of the places only (where maps stand side by side).
        is_causal: Whether of all places only those up to the own are read; it then stands on this axis alone.
    """

    steps: tuple[tuple[IndexMap, int], ...] | None = ()
    is_all: bool = False
    is_part: bool = False
    is_causal: bool = False


class Flow(NamedTuple):
    """Layout of an output, and for each input a flow per axis; None: each place reads the same place."""

    layout: Layout
    inputs: tuple[tuple[AxisFlow, ...] | None, ...]


class Source(NamedTuple):
    """What an op reads: its shape, and its layout if the input's places are in it."""

    shape: Shape
    layout: Layout | None


SAME_PLACE = AxisFlow()
EVERYWHERE = AxisFlow(None, is_all=True)


class Walk:
    """A layout on its way through an op, and the maps met so far."""

    def __init__(self, source: Source, rank: int) -> None:
        if source.layout is None:
            raise PlacesLostError
        self.layout, self.rank = source.layout, rank
        self.steps: list[list[tuple[IndexMap, int]] | None] = [[] for _ in range(rank)]
        self.is_all = [False] * rank
        self.is_causal = [False] * rank

    def act(self, atom: Atom, digit: IndexMap, size: int) -> None:
        """Map one digit."""
        found = digits(self.layout, atom.axis)
        whole = index_maps.lifted(digit, atom.weight, atom.size, size, is_first=found[0] == atom)
        self._add(atom.axis, whole)
        self.layout = replaced(self.layout, atom, size)

    def mix(self, atoms: Sequence[Atom], *, stays: bool) -> None:
        """Read all values of some digits, which stay in the layout or leave it."""
        for axis in sorted({atom.axis for atom in atoms}):
            mine = sorted((atom for atom in atoms if atom.axis == axis), key=lambda atom: -atom.weight)
            if len(mine) == len(digits(self.layout, axis)):
                self.is_all[axis] = True
                if not stays:
                    self.steps[axis] = None
                    self.layout = tuple(tuple(a for a in dim if a.axis != axis) for dim in self.layout)
                continue
            # The heaviest first: dropping it leaves the weights of the others as they are.
            for atom in mine:
                how = index_maps.mixed if stays else index_maps.dropped
                self._add(axis, how(atom.weight, atom.size))
                if not stays:
                    self.layout = replaced(self.layout, atom, None)

    def run(self, number: int) -> None:
        """Read all values up to the own in one dimension, as a running sum does."""
        atoms = places(self.layout[number])
        if len(atoms) == 1 and digits(self.layout, atoms[0].axis) == atoms:
            self.is_all[atoms[0].axis] = self.is_causal[atoms[0].axis] = True
        elif len(atoms) == 1:
            self.act(atoms[0], index_maps.causal(atoms[0].size), atoms[0].size)
        elif atoms:
            # Row by row: what is read of a row depends on the column, so that boxes would not tell it.
            raise PlacesLostError

    def set(self, number: int, dim: tuple[Atom, ...]) -> None:
        """Put another dimension in place of one."""
        self.layout = (*self.layout[:number], dim, *self.layout[number + 1 :])

    def end(self, count: int) -> Flow:
        """Return the flow; other inputs than the first are read everywhere."""
        axes = tuple(
            AxisFlow(None if steps is None else tuple(steps), is_all=is_all, is_causal=is_causal)
            for steps, is_all, is_causal in zip(self.steps, self.is_all, self.is_causal, strict=True)
        )
        rest = ((EVERYWHERE,) * self.rank,) * (count - 1)
        return Flow(self.layout, (None if all(axis == SAME_PLACE for axis in axes) else axes, *rest))

    def _add(self, axis: int, step: IndexMap) -> None:
        steps = self.steps[axis]
        if steps is not None:
            steps.append((step, length(self.layout, axis)))


def mix_channels(walk: Walk, number: int, shape: Shape, *, mixes: bool) -> None:
    """Read the dimension of channels whole, where filters do so or it holds no places."""
    if number < 0:
        raise PlacesLostError
    if mixes or not places(walk.layout[number]):
        walk.mix(places(walk.layout[number]), stays=False)
        walk.set(number, features(shape[number]))


def act_on_last(walk: Walk, maps: Sequence[IndexMap], shape: Shape) -> None:
    """Map the last dimensions."""
    for number, digit in enumerate(maps, start=len(shape) - len(maps)):
        act_on(walk, number, digit, shape[number])


def act_on(walk: Walk, number: int, digit: IndexMap, size: int) -> None:
    """Map one dimension, which must hold one digit at most."""
    dim = walk.layout[number]
    if not places(dim):
        walk.set(number, features(size))
    elif digit == STAY and prod(atom.size for atom in dim) == size:
        return
    elif len(dim) == 1:
        walk.act(dim[0], digit, size)
    else:
        raise PlacesLostError
