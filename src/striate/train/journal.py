"""What a training writes down as it goes: rows of numbers, and lines about what happened."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from striate.events import Events
from striate.records.care import Gap, GuardRow
from striate.records.training import EpochRow
from striate.runs import Run

METRICS = "metrics.jsonl"
LOG = "log.jsonl"


class Journal:
    """Rows in metrics.jsonl (the same after a kill), and lines in log.jsonl (as it happened).

    Args:
        run: The folder.
        events: Hears every line too.

    Attributes:
        rows: Lines of metrics.jsonl.
    """

    def __init__(self, run: Run, events: Events) -> None:
        self.run = run
        self.events = events
        self.rows = 0

    def rewind(self, rows: int) -> None:
        """Drop the rows after a checkpoint, and a line that a kill cut short."""
        self.run.keep_rows(METRICS, self.run.rows(METRICS)[:rows])
        self.run.keep_rows(LOG, self.run.rows(LOG))
        self.rows = rows

    def step(self, *, step: int, epoch: int, loss: float, rate: float) -> None:
        """Write what one step gave."""
        self._row({"kind": "step", "step": step, "epoch": epoch, "loss": loss, "rate": rate})

    def epoch(self, row: EpochRow, *, step: int) -> None:
        """Write what one epoch gave."""
        self._row({"kind": "epoch", "step": step} | asdict(row))

    def guard(self, row: GuardRow, *, step: int) -> None:
        """Write what the guard saw after one epoch."""
        self._row({"kind": "guard", "step": step} | asdict(row))

    def end(self, *, step: int, kept_epoch: int | None, gap: Gap) -> None:
        """Write which weights were kept, and training beside validation."""
        self._row({"kind": "end", "step": step, "kept_epoch": kept_epoch, "gap": asdict(gap)})

    def note(self, message: str, *, at: float, event: str = "") -> None:
        """Write and say one line.

        Args:
            message: A sentence.
            at: When, in epochs.
            event: The word the curve shows ("resumed", "stopped", "diverged", "damaged", "rolled back", "stopped early",
                "kept"); "" for a line of the log only.
        """
        self.run.append(
            LOG,
            {
                "time": datetime.now(UTC).isoformat(timespec="seconds"),
                "epoch": at,
                "event": event,
                "message": message,
            },
        )
        self.events.log(message)

    def _row(self, row: dict[str, object]) -> None:
        self.run.append(METRICS, row)
        self.rows += 1
