"""Where the places of the input are found in a tensor: which part of which axis each dimension holds."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import NamedTuple

from striate.graph import Shape

FEATURES = -1


class Atom(NamedTuple):
    """A part of a dimension: one digit of the index along an axis of space, or features (and images) of any kind.

    An axis that was cut into windows of 7 is two digits: index = outer·7 + inner, with weights 7 and 1. As long as all
    digits are somewhere in the tensor, no place is lost.
    """

    axis: int
    weight: int
    size: int


Layout = tuple[tuple[Atom, ...], ...]


class PlacesLostError(Exception):
    """Places do not stay apart, or no rule says where they go."""


def features(size: int) -> tuple[Atom, ...]:
    """Return a dimension that holds no place."""
    return (Atom(FEATURES, 0, size),) if size != 1 else ()


@lru_cache(maxsize=4096)
def plain(shape: Shape, rank: int) -> Layout:
    """Return the layout (n, c, axes…) of a shape; without places if it has no axes.

    Example:
        >>> plain((1, 3, 8), 1)
        ((), (Atom(axis=-1, weight=0, size=3),), (Atom(axis=0, weight=1, size=8),))
    """
    if len(shape) != rank + 2:
        return tuple(features(size) for size in shape)
    return (
        *(features(size) for size in shape[:2]),
        *((Atom(axis, 1, size),) for axis, size in enumerate(shape[2:])),
    )


def places(dim: Sequence[Atom]) -> list[Atom]:
    """Return the atoms of a dimension that hold places."""
    return [atom for atom in dim if atom.axis != FEATURES]


def digits(layout: Layout, axis: int) -> list[Atom]:
    """Return the digits of an axis, the most significant first."""
    return sorted((atom for dim in layout for atom in dim if atom.axis == axis), key=lambda atom: -atom.weight)


def length(layout: Layout, axis: int) -> int:
    """Return how many places an axis has."""
    return prod(atom.size for atom in digits(layout, axis))


def replaced(layout: Layout, old: Atom, size: int | None) -> Layout:
    """Return the layout with one digit of another size, or without it; heavier digits change their weight."""

    def new(atom: Atom) -> tuple[Atom, ...]:
        if atom == old:
            return () if size is None else (Atom(atom.axis, atom.weight, size),)
        if atom.axis != old.axis or atom.weight < old.weight or (atom.weight == old.weight and atom.size == 1):
            return (atom,)
        return (Atom(atom.axis, atom.weight // old.size * (size or 1), atom.size),)

    return tuple(tuple(part for atom in dim for part in new(atom)) for dim in layout)


def regrouped(layout: Layout, shape: Shape) -> Layout:
    """Return the layout of the same values in the same order under another shape.

    Raises:
        PlacesLostError: A new dimension cuts a digit at a number that does not divide it.

    Example:
        >>> regrouped(plain((1, 3, 8), 1), (1, 3, 2, 4))[2:]
        ((Atom(axis=0, weight=4, size=2),), (Atom(axis=0, weight=1, size=4),))
    """
    rest = [atom for dim in layout for atom in dim][::-1]
    dims: list[list[Atom]] = []
    for size in shape:
        dim: list[Atom] = []
        missing = size
        if missing == 1 and rest and rest[-1].size == 1:
            dim.append(rest.pop())
        while missing > 1:
            if not rest:
                raise PlacesLostError
            atom = rest.pop()
            if missing % atom.size == 0:
                dim.append(atom)
                missing //= atom.size
            elif atom.size % missing == 0:
                inner = atom.size // missing
                dim.append(Atom(atom.axis, atom.weight * inner, missing))
                rest.append(Atom(atom.axis, atom.weight, inner))
                missing = 1
            else:
                raise PlacesLostError
        dims.append(dim)
    if any(atom.size != 1 for atom in rest) or (rest and not dims):
        raise PlacesLostError
    if rest:
        dims[-1].extend(reversed(rest))
    return tuple(joined(dim) for dim in dims)


def joined(dim: Sequence[Atom]) -> tuple[Atom, ...]:
    """Return a dimension in which neighbouring digits that belong together are one."""
    found: list[Atom] = []
    for atom in dim:
        last = found[-1] if found else None
        if last is not None and last.axis == atom.axis and last.weight == atom.weight * atom.size:
            found[-1] = Atom(atom.axis, atom.weight, last.size * atom.size)
        elif atom.axis != FEATURES or atom.size != 1:
            found.append(atom)
    return tuple(found)
