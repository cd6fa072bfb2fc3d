"""The rung of a ladder whose cost is nearest to a budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

# Ladders of so few rungs are tried whole.
_FEW = 48
# How far beside a rung that does not fit another is looked for: groups and quotients leave gaps.
_GAP = 64
# Rungs on both sides of the best that are tried too: where a setting meets a width, a projection goes, and the cost dips.
_BESIDE = 4
# Neighbours of another cost are looked for so far.
_FAR = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """What was found.

    Attributes:
        rung: Nearest to the budget; None if it lies outside what can be reached.
        smaller: The next smaller cost, as far as there is one.
        larger: The next larger.
        least: The rung of least cost that was tried.
        most: The rung of greatest cost.
        costs: Of every rung that was tried and fits.
    """

    rung: int | None
    smaller: int | None
    larger: int | None
    least: int
    most: int
    costs: dict[int, int]


def nearest(
    cost: Callable[[int], int | None],
    *,
    count: int,
    start: int,
    wanted: int,
    rises: bool = True,
    at_most: bool = False,
) -> Nearest | None:
    """Return the rung whose cost is nearest to what is wanted; of two as near the cheaper; None if no rung fits.

    Args:
        cost: Of a rung; None if it does not fit.
        count: How many rungs there are.
        start: Where to begin.
        wanted: The budget.
        rises: Whether cost rises from rung to rung; if not, all are tried.
        at_most: Whether the budget must not be passed.

    Example:
        >>> found = nearest(lambda rung: rung * rung, count=1000, start=100, wanted=2000)
        >>> found.rung, found.smaller, found.larger   # 44² = 1936 is nearer than 45² = 2025? No: 64 and 25
        (45, 1936, 2116)
    """
    search = _Search(cost, count, start, wanted)
    if rises and count > _FEW:
        search.close_in()
    else:
        for rung in range(count):
            search.ask(rung)
    return search.result(at_most=at_most, is_whole=not rises or count <= _FEW)


@dataclass(slots=True)
class _Search:
    cost: Callable[[int], int | None]
    count: int
    start: int
    wanted: int
    known: dict[int, int | None] = field(default_factory=dict)

    def ask(self, rung: int) -> int | None:
        """Return the cost of a rung, each worked out once."""
        if rung not in self.known:
            self.known[rung] = self.cost(rung)
        return self.known[rung]

    def fitting(self, rung: int, low: int, high: int) -> int | None:
        """Return the rung that fits and is nearest to one, within bounds; None if there is none about."""
        for distance in range(_GAP):
            for place in (rung + distance, rung - distance):
                if low <= place <= high and self.ask(place) is not None:
                    return place
        return None

    def close_in(self) -> None:
        """Ask the rungs around the budget."""
        low, high = self.bracket()
        while high - low > 1:
            middle = (low + high) // 2
            rung = self.fitting(middle, low + 1, high - 1)
            if rung is None:
                # Nothing fits about there: what is far too small or far too large.
                low, high = (low, middle) if middle > self.start else (middle, high)
            elif (self.ask(rung) or 0) <= self.wanted:
                low = rung
            else:
                high = rung
        for rung in range(max(low - _BESIDE, 0), min(high + _BESIDE, self.count - 1) + 1):
            self.ask(rung)

    def bracket(self) -> tuple[int, int]:
        """Return rungs between which the budget lies, by steps that double."""
        rung, step = self.start, 1
        is_low = self.is_low(rung)
        low = high = rung
        while True:
            rung = max(0, min(self.count - 1, self.start + step if is_low else self.start - step))
            low, high = (low, rung) if is_low else (rung, high)
            if self.is_low(rung) != is_low or rung in {0, self.count - 1}:
                return low, high
            low, high = (rung, high) if is_low else (low, rung)
            step *= 2

    def is_low(self, rung: int) -> bool:
        """Return whether a rung costs no more than the budget; what fits nowhere about lies beyond its end."""
        found = self.fitting(rung, 0, self.count - 1)
        if found is None:
            return rung <= self.start
        return (self.ask(found) or 0) <= self.wanted

    def result(self, *, at_most: bool, is_whole: bool) -> Nearest | None:
        costs = {rung: cost for rung, cost in sorted(self.known.items()) if cost is not None}
        if not costs:
            return None
        least, most = min(costs, key=costs.__getitem__), max(costs, key=costs.__getitem__)
        if not costs[least] <= self.wanted <= costs[most]:
            return Nearest(rung=None, smaller=None, larger=None, least=least, most=most, costs=costs)
        allowed = [rung for rung in costs if not at_most or costs[rung] <= self.wanted]
        best = min(allowed, key=lambda rung: (abs(costs[rung] - self.wanted), costs[rung], abs(rung - self.start)))
        if not is_whole:
            self.beside(best, 1)
            self.beside(best, -1)
            costs = {rung: cost for rung, cost in sorted(self.known.items()) if cost is not None}
        return Nearest(
            rung=best,
            smaller=max((cost for cost in costs.values() if cost < costs[best]), default=None),
            larger=min((cost for cost in costs.values() if cost > costs[best]), default=None),
            least=least,
            most=most,
            costs=costs,
        )

    def beside(self, best: int, step: int) -> None:
        """Ask on from the best rung to the next of another cost."""
        for distance in range(1, _FAR):
            rung = best + step * distance
            if not 0 <= rung < self.count or self.ask(rung) not in {None, self.ask(best)}:
                return
