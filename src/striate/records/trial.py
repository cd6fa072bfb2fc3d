"""A short trial of the machine: which of several ways to work out the same training is fastest here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

MemoryFormat = Literal["plain", "channels-last"]
Precision = Literal["float32", "bf16"]

# A way must be faster by more than this share, and by more than the spread of the rounds, to be taken.
MARGIN = 0.03
# Largest difference between gradients in bf16 and in float32, as a share of the latter's norm, with which bf16 is taken unasked.
GRADIENT_TOLERANCE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How a training is to be worked out: stated, or found by a trial.

    Attributes:
        memory_format: "plain" (as torch makes tensors), "channels-last", or "auto": tried.
        precision: "float32", "bf16" (autocast), "auto": tried, or "launched": as Accelerate was launched.
        is_fused: Use the optimiser's fused kernel; where something is tried, that is tried too.
    """

    memory_format: Literal["plain", "channels-last", "auto"] = "plain"
    precision: Literal["float32", "bf16", "auto", "launched"] = "launched"
    is_fused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to work out a training; the numbers differ between ways in their last bits, by bf16 in more.

    Attributes:
        memory_format: Order of the values of images, maps and filters in memory.
        precision: Of the forward pass; weights and optimiser are float32 always.
        is_fused: Whether the optimiser's own single kernel is used.
        evaluation_batch: Images at once where nothing is learned; 0: as many as a step has.
    """

    memory_format: MemoryFormat = "plain"
    precision: Precision = "float32"
    is_fused: bool = False
    evaluation_batch: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One way beside another, timed in turns.

    Attributes:
        change: What was different ("channels-last").
        beside: What it was compared with ("plain").
        work: "training" (forward, backward, optimiser), "optimiser" (its part of the step) or "evaluating".
        ratio: Time of the other way divided by its own, median of the rounds: above 1 is faster. None: not timed.
        spread: Half the distance between the quartiles of the rounds' ratios.
        rounds: Pairs that were timed.
        is_taken: Whether it was taken.
        note: Why it was not timed or not taken, if there is more to say.
    """

    change: str
    beside: str
    work: str
    ratio: float | None
    spread: float = 0.0
    rounds: int = 0
    is_taken: bool = False
    note: str = ""

    @property
    def is_faster(self) -> bool:
        """Whether it is faster by more than the margin and the spread."""
        return self.ratio is not None and self.ratio - 1 > max(MARGIN, self.spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a trial found.

    Attributes:
        way: What to use.
        tried: Every comparison, in order.
        batch: Images a step.
        seconds: Time the trial took.
        ratio: Training step in torch's defaults divided by the chosen way's; 1 if neither format nor precision was changed.
        gradient_difference: Norm of the difference between gradients in bf16 and float32, by the latter's norm; None: not asked.
        note: Why nothing was tried, if so.
    """

    way: Way
    tried: tuple[Tried, ...] = ()
    batch: int = 0
    seconds: float = 0.0
    ratio: float = 1.0
    gradient_difference: float | None = None
    note: str = ""

    @property
    def sentence(self) -> str:
        """The trial in one or two sentences.

        Example:
            >>> Trial(way=Way(memory_format="channels-last"), ratio=1.8, seconds=2.4, tried=(
            ...     Tried(change="channels-last", beside="plain", work="training", ratio=1.8, is_taken=True),)).sentence
            'Trial of the machine (2.4 s): channels-last, 1.80 times as fast as the defaults (channels-last beside plain 1.80×).'
        """
        if self.note:
            return f"No trial of the machine: {self.note}"
        rows = "; ".join(_row(row) for row in self.tried)
        words = ", ".join(_words(self.way))
        found = f"{words}, {self.ratio:.2f} times as fast as the defaults" if words else "the defaults stay"
        return f"Trial of the machine ({self.seconds:.1f} s): {found} ({rows})."

    def document(self) -> dict[str, Any]:
        """Return the trial as plain values."""
        return asdict(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Trial:
        """Return a trial from its plain values."""
        rows = tuple(Tried(**row) for row in document["tried"])
        return cls(**(dict(document) | {"way": Way(**document["way"]), "tried": rows}))


def _words(way: Way) -> list[str]:
    words: list[str] = [way.memory_format] if way.memory_format != "plain" else []
    words += [way.precision] if way.precision != "float32" else []
    words += ["fused optimiser"] if way.is_fused else []
    return words


def _row(row: Tried) -> str:
    figure = "" if row.ratio is None else f" {row.ratio:.2f}×"
    figure += " of its own time" if row.work == "optimiser" else ""
    note = f", {row.note}" if row.note else ""
    return f"{row.change} beside {row.beside}{figure}{note}"
