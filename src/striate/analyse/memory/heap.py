"""A heap on paper: blocks that are taken, shared and given back, and the most that was held at once."""

from __future__ import annotations

from striate.records.ledger import Phase

PURPOSES = ("parameters", "buffers", "optimizer", "input", "gradients", "activations", "transient")
GRADIENTS, ACTIVATIONS, TRANSIENT = 4, 5, 6


class Heap:
    """Blocks of memory with the number of references to each.

    Attributes:
        live: Bytes held now, by purpose in the order of `PURPOSES`.
        peak_bytes: Most held at once so far.
        at_peak: What was held then, by purpose.
        when: Part of the step, and `where` the op at which that was.
    """

    def __init__(self) -> None:
        self.live = [0] * len(PURPOSES)
        self.peak_bytes = 0
        self.at_peak: list[int] = list(self.live)
        self.phase: Phase = "forward"
        self.when: Phase = "forward"
        self.where = ""
        self._blocks: list[list[int]] = []
        self._sum = 0

    def hold(self, purpose: int, size_bytes: int) -> None:
        """Take memory that stays to the end, or give back what was held so with a negative size."""
        self.live[purpose] += size_bytes
        self._sum += size_bytes

    def take(self, purpose: int, size_bytes: int) -> int:
        """Take a block with one reference; return its number."""
        self.hold(purpose, size_bytes)
        self._blocks.append([purpose, size_bytes, 1])
        return len(self._blocks) - 1

    def share(self, block: int) -> None:
        """Add a reference to a block."""
        self._blocks[block][2] += 1

    def release(self, block: int) -> None:
        """Drop a reference to a block; without any it is given back."""
        entry = self._blocks[block]
        entry[2] -= 1
        if entry[2] == 0:
            self.hold(entry[0], -entry[1])

    def is_sole(self, block: int) -> bool:
        """Return whether there is one reference to a block."""
        return self._blocks[block][2] == 1

    def mark(self, where: str, extra_bytes: int = 0) -> None:
        """Note what is held now, with temporaries of a moment on top."""
        total = self._sum + extra_bytes
        if total > self.peak_bytes:
            self.peak_bytes, self.when, self.where = total, self.phase, where
            self.at_peak = list(self.live)
            self.at_peak[TRANSIENT] += extra_bytes
