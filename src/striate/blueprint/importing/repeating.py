"""Equal neighbours as repeats, wherever that makes the text shorter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from striate.blueprint.model import Item, Repeat
from striate.blueprint.writing import follows, item_text

# The most items that are repeated together, and what brackets, count and separator take.
_LONGEST = 48
_BRACKETS = len("() x2")
_SEPARATOR = len("; ")


@dataclass(frozen=True, slots=True)
class _Best:
    """The shortest way to write some items, and how long it is."""

    length: int
    items: tuple[Item, ...]


def repeated(items: Sequence[Item]) -> tuple[Item, ...]:
    """Return items with runs of equal ones folded, repeats within repeats too, so that the text is shortest.

    Example:
        >>> from striate.blueprint.text import parse_items
        >>> from striate.blueprint.writing import items_text
        >>> row = parse_items("conv 3 8, relu; conv 3 8, relu; maxpool 2; conv 3 8, relu", where="text")
        >>> items_text(repeated(row))
        '(conv 3 8, relu) x2; maxpool 2; conv 3 8, relu'
    """
    texts = [item_text(item) for item in items]
    return _Folding(items, texts).best(0, len(items)).items


class _Folding:
    """Finds the shortest text of parts of a row, each part once."""

    def __init__(self, items: Sequence[Item], texts: Sequence[str]) -> None:
        self._items, self._texts = items, texts
        self._known: dict[tuple[str, ...], _Best] = {}

    def best(self, start: int, end: int) -> _Best:
        key = tuple(self._texts[start:end])
        if key not in self._known:
            self._known[key] = self._found(start, end)
        return self._known[key]

    def _found(self, start: int, end: int) -> _Best:
        rows = [_Best(0, ())]
        # How far back, for each period, the items have been equal to those a period before.
        runs = [0] * (min(_LONGEST, (end - start) // 2) + 1)
        for at in range(start, end):
            before = rows[-1]
            best = _Best(
                before.length + len(self._texts[at]) + _SEPARATOR * bool(before.items), (*before.items, self._items[at])
            )
            for period in range(1, len(runs)):
                is_equal = at - period >= start and self._texts[at] == self._texts[at - period]
                runs[period] = runs[period] + 1 if is_equal else 0
                if follows(self._items[at + 1 - period]):
                    continue  # what belongs to a layer is not torn from it
                for times in range(2, runs[period] // period + 2):
                    best = min(best, self._repeat(rows, at + 1 - start, period, times, at + 1), key=lambda b: b.length)
            rows.append(best)
        return rows[-1]

    def _repeat(self, rows: list[_Best], done: int, period: int, times: int, end: int) -> _Best:
        """Return the row whose last items are one repeat."""
        before = rows[done - period * times]
        inner = self.best(end - period, end)
        length = before.length + inner.length + _BRACKETS + len(str(times)) + _SEPARATOR * bool(before.items)
        return _Best(length, (*before.items, Repeat(items=inner.items, count=times)))
