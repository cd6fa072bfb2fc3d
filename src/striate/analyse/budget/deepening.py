"""More or fewer of the layers that keep their shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from math import floor, inf

from striate.analyse.budget.sites import every_item, number, roles, width_arguments
from striate.blueprint import Blueprint, Branches, Expression, Head, Item, Layer, Repeat, written
from striate.blueprint.blocks import BLOCK_WORDS
from striate.blueprint.vocabulary import word_of
from striate.blueprint.walking import check_length
from striate.blueprint.writing import items_text
from striate.errors import InputError
from striate.graph import Op, Shape

Stage = tuple[Item, ...]


def deepened(plan: Blueprint, factor: float) -> tuple[Blueprint, tuple[str, ...]]:
    """Return a blueprint with its repeats times a factor, rounded, never below 1; and what was repeated.

    Repeats whose copies keep the size of the map are repeated more or less often. Layers written out become repeats, equal
    ones in a row together, where they keep their shape: what halves the map or changes the width can stand once only.

    Raises:
        InputError: A factor that is not above 0; nothing that can be repeated.

    Example:
        >>> plan = Blueprint.from_text("input 3x8x8; conv 3 8, relu; conv 3 8, relu; maxpool 2; conv 3 16, relu; classes 2")
        >>> deepened(plan, 2)
        (..., ('conv 3 8, relu, 2 → 4 times', 'left alone: conv 3 16, relu'))
    """
    if not 0 < factor < inf:
        raise InputError("a factor for the depth must be above 0, and finite", got=factor, where="depth")
    deepener = _Deepener(plan, factor)
    items: list[Item] = []
    settings = dict(plan.settings)
    for run in _runs(plan.items):
        items += deepener.run(*run)
    settings |= deepener.settings
    if not deepener.done:
        raise InputError(
            "a blueprint must have layers that keep their shape to be made deeper",
            got="; ".join(deepener.left) or "none",
            where="depth",
            hint="Stride 1 and as many channels as are read.",
        )
    made = replace(plan, items=tuple(items), settings=settings, allow=())
    check_length(made, where="depth")
    alone = (f"left alone: {'; '.join(dict.fromkeys(deepener.left))}",) if deepener.left else ()
    gone = ("allowances are left out, since ops have other names",) if plan.allow else ()
    return made, (*deepener.done, *alone, *gone)


class _Deepener:
    def __init__(self, plan: Blueprint, factor: float) -> None:
        self.plan, self.factor = plan, factor
        self.graph = plan.graph()
        # Ops by the item they come from, then by their number in the order in which items run.
        self.ops: dict[int, dict[int, list[Op]]] = {}
        origins = written(plan).origins
        for op in self.graph:
            origin = origins[op.name]
            self.ops.setdefault(origin.path[0], {}).setdefault(origin.number, []).append(op)
        self.readers = roles(plan)
        self.settings: dict[str, int] = {}
        self.done: list[str] = []
        self.left: list[str] = []

    def run(self, first: int, stage: Stage, copies: int) -> list[Item]:
        """Return what becomes of so many equal stages in a row, the first of which begins at that item."""
        if len(stage) == 1 and isinstance(stage[0], Repeat):
            return [self.repeat(first + place, stage[0]) for place in range(copies)]
        whole: list[Item] = [item for _ in range(copies) for item in stage]
        if not _is_learned(stage[0]):
            return whole
        last = first + (copies - 1) * len(stage)
        text = items_text(stage)
        if not self.keeps(range(last, last + len(stage)), is_width=True):
            self.left.append(text)
            return whole
        count = _times(copies, self.factor)
        self.done.append(f"{text}, {copies} → {count} times")
        return [Repeat(items=stage, count=count)] if count > 1 else list(stage)

    def repeat(self, place: int, item: Repeat) -> Repeat:
        """Return a repeat with another count."""
        count, text = number(item.count, self.plan), items_text(item.items)
        # What grows with every copy, as dense blocks do, may grow on.
        if not self.keeps([place], copies=count, is_width=False):
            self.left.append(text)
            return item
        new = _times(count, self.factor)
        self.done.append(f"{text}, {count} → {new} times")
        name = item.count.text if isinstance(item.count, Expression) else ""
        if self.readers.get(name) == {"count"} and isinstance(self.plan.settings[name], int):
            self.settings[name] = new
            return item
        return replace(item, count=new)

    def keeps(self, places: Iterable[int], *, copies: int = 1, is_width: bool) -> bool:
        """Return whether the last of so many copies keeps the size of its map, and where asked its channels."""
        by_number = {number_: ops for place in places for number_, ops in self.ops.get(place, {}).items()}
        numbers = sorted(by_number)
        last = set(numbers[len(numbers) - len(numbers) // copies :])
        names = {op.name for number_ in last for op in by_number[number_]}
        ops = [op for op in self.graph if op.name in names]
        if not any(op.params for op in ops):
            return False
        before: Shape = self.graph.input_shapes(ops[0])[0]
        after = ops[-1].shape
        if len(before) < 3 or before[2:] != after[2:]:
            return False
        return before[1] == after[1] if is_width else True


def _runs(items: Sequence[Item]) -> list[tuple[int, Stage, int]]:
    """Return the stages of items: where each begins, a layer with what follows it, how many equal ones stand in a row."""
    stages: list[tuple[int, list[Item]]] = []
    for place, item in enumerate(items):
        if stages and isinstance(item, Layer) and word_of(item.word).follows:
            stages[-1][1].append(item)
        else:
            stages.append((place, [item]))
    runs: list[tuple[int, Stage, int]] = []
    for place, stage in stages:
        if runs and runs[-1][1] == tuple(stage) and not isinstance(stage[0], Repeat):
            runs[-1] = (runs[-1][0], runs[-1][1], runs[-1][2] + 1)
        else:
            runs.append((place, tuple(stage), 1))
    return runs


def _is_learned(item: Item) -> bool:
    """Return whether an item is, or holds, a layer with widths that reads maps."""
    if isinstance(item, Layer):
        return bool(width_arguments(item)) and (item.word in BLOCK_WORDS or "kernel" in item.arguments)
    if isinstance(item, Head):
        return False
    return isinstance(item, Branches) and any(_is_learned(inner) for _, inner in every_item((item,)) if inner != item)


def _times(count: int, factor: float) -> int:
    return max(1, floor(count * factor + 0.5))
