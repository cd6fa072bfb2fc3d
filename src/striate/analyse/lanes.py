"""Where the lines of a drawn graph run: one row after the other, values that pass by in lanes beside them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from striate.records.folding import LaneRow, Lanes

MOST_LANES = 8


def lanes(reads: Sequence[Sequence[int]], leaves: Sequence[int] = ()) -> Lanes:
    """Return the lanes of rows that stand beneath each other.

    A value keeps its lane from the row that makes it to the last row that reads it; that row takes the lane over. A row
    that reads a value which others still need opens a lane to the right of it. So the body of a residual stands beside
    its shortcut, a U-shaped network is drawn as a U on its side, and branches run beside each other without crossing.
    Values that the same later rows read share one lane from where they become indistinguishable: a dense block has a
    trunk and a twig, however many layers it has.

    Args:
        reads: For each row what it reads: the number of an earlier row, or −1, −2, … for what comes in from outside.
        leaves: Rows (or −1, −2, …) whose values are read outside as well.

    Returns:
        Lanes 0 … 7. Where more values pass, the last lane carries several and `is_crowded` is set.

    Example:
        >>> found = lanes([(-1,), (0,), (1, -1)], leaves=[2])   # conv, conv, add: a residual
        >>> [row.at for row in found.rows], found.rows[1].passes
        ([1, 1, 0], (0,))
    """
    return _lanes(tuple(tuple(sources) for sources in reads), tuple(leaves))


# A network holds the same few patterns over and over.
@lru_cache(maxsize=512)
def _lanes(reads: tuple[tuple[int, ...], ...], leaves: tuple[int, ...]) -> Lanes:
    return _Writer(reads, leaves).lanes()


class _Writer:
    """Walks down the rows with the lines that are alive."""

    def __init__(self, reads: Sequence[Sequence[int]], leaves: Sequence[int]) -> None:
        self.reads = [tuple(dict.fromkeys(sources)) for sources in reads]
        self.end = len(self.reads)
        self.readers: dict[int, list[int]] = {}
        for row, sources in enumerate(self.reads):
            for source in sources:
                self.readers.setdefault(source, []).append(row)
        for source in dict.fromkeys(leaves):
            self.readers.setdefault(source, []).append(self.end)
        self.lane_of: dict[int, int] = {}
        # Rows that still read what runs in a lane, in order.
        self.ahead: dict[int, tuple[int, ...]] = {}
        self.width = 1
        self.is_crowded = False

    def lanes(self) -> Lanes:
        """Return the finished lanes."""
        enters = self._enter()
        rows = tuple(self._row(row) for row in range(self.end))
        return Lanes(
            width=self.width,
            rows=rows,
            enters=enters,
            leaves=tuple(sorted(self.ahead)),
            is_crowded=self.is_crowded,
        )

    def _enter(self) -> tuple[int, ...]:
        """Give what comes in its lanes: one for all that the same rows read, in the order they are first read."""
        outside = sorted(
            (source for source in self.readers if source < 0),
            key=lambda s: (self.readers[s], -s),
        )
        known: dict[tuple[int, ...], int] = {}
        for source in outside:
            ahead = tuple(self.readers[source])
            if ahead not in known:
                known[ahead] = self._free(0)
                self._run(known[ahead], ahead)
            self.lane_of[source] = known[ahead]
        return tuple(sorted(self.ahead))

    def _row(self, row: int) -> LaneRow:
        before = sorted({self.lane_of[source] for source in self.reads[row]})
        for lane in list(self.ahead):
            self.ahead[lane] = tuple(reader for reader in self.ahead[lane] if reader > row)
        ended = [lane for lane in before if not self.ahead[lane]]
        taken = ended[0] if ended else self._free(self._beside(row, before))
        self.ahead = {lane: ahead for lane, ahead in self.ahead.items() if ahead}
        passes = tuple(sorted(self.ahead))
        self.width = max(self.width, taken + 1)
        return LaneRow(at=taken, reads=tuple(before), passes=passes, to=self._leave(row, taken))

    def _leave(self, row: int, taken: int) -> int | None:
        """Return the lane a row's value goes down in: that of a line with the same readers ahead, or its own."""
        ahead = tuple(self.readers.get(row, ()))
        if not ahead:
            return None
        same = [lane for lane, others in sorted(self.ahead.items()) if others == ahead and len(ahead) > 1]
        self.lane_of[row] = same[0] if same else taken
        if not same:
            self._run(taken, ahead)
        return self.lane_of[row]

    def _beside(self, row: int, before: Sequence[int]) -> int:
        """Return the lane a new branch would like: right of what it reads, with room for the branches still to come.

        Of the branches that begin at the same value the first stands furthest out, so that none crosses another.
        """
        if not before:
            return 0
        trunk = before[0]
        later = self.ahead[trunk]
        meets = self._meets(row, later)
        between = [reader for reader in later if reader < meets]
        # The last reader of all takes the trunk's own lane.
        room = len(between) - (1 if between and between[-1] == later[-1] else 0)
        return min(trunk + 1 + room, MOST_LANES - 1)

    def _meets(self, row: int, later: Sequence[int]) -> int:
        """Return the first row where the branch that begins at a row meets anything else."""
        branch = {row}
        last = later[-1] if later else self.end
        for after in range(row + 1, min(last + 1, self.end)):
            sources = self.reads[after]
            inside = [source in branch for source in sources]
            if any(inside):
                if not all(inside):
                    return after
                branch.add(after)
        # Still apart when the trunk has ended: further than every branch from it.
        return self.end + 1

    def _free(self, wished: int) -> int:
        """Return the free lane nearest to the right of the wished one, then to the left; the last one if none is."""
        free = [lane for lane in range(MOST_LANES) if lane not in self.ahead]
        if not free:
            self.is_crowded = True
            return MOST_LANES - 1
        return min(free, key=lambda lane: (lane < wished, abs(lane - wished)))

    def _run(self, lane: int, ahead: tuple[int, ...]) -> None:
        self.width = max(self.width, lane + 1)
        self.ahead[lane] = tuple(sorted({*self.ahead.get(lane, ()), *ahead}))
