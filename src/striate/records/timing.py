"""What was measured with a clock: milliseconds of every op on one machine, beside those of the whole network."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from striate import schema

SCHEMA_VERSION = 1
# Parts and whole that differ by more than this share are said to disagree.
TOLERANCE = 0.25
# What the phases are called in sentences.
PHASES = {"forward": "forward pass", "backward": "backward pass", "optimizer": "optimiser step"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Milliseconds of one batch, by what they went into.

    Attributes:
        forward_ms: From the inputs to the outputs, nothing kept for a backward pass.
        backward_ms: From the outputs' gradients to those of the parameters.
        optimizer_ms: From gradients to new parameters.
    """

    forward_ms: float = 0.0
    backward_ms: float = 0.0
    optimizer_ms: float = 0.0

    @property
    def total_ms(self) -> float:
        """All three."""
        return self.forward_ms + self.backward_ms + self.optimizer_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class OpTimes:
    """Measured times of one op.

    Attributes:
        name: Of the op.
        kind: Of the op.
        work: The multiplying it does in words ("convolution 3×3"); empty where it does none.
        macs: Multiply-accumulates of the forward pass, for the batch.
        times: Medians.
    """

    name: str
    kind: str
    work: str
    macs: int
    times: Times

    @property
    def gmacs_per_s(self) -> float | None:
        """10⁹ multiply-accumulates a second in the forward pass; None without any, or where no time was seen."""
        return self.macs / self.times.forward_ms / 1e6 if self.macs and self.times.forward_ms > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkTimes:
    """All ops that multiply in one way.

    Attributes:
        work: The way ("depthwise convolution").
        ops: How many.
        macs: Their multiply-accumulates, forward.
        times: Their times, summed.
    """

    work: str
    ops: int
    macs: int
    times: Times

    @property
    def forward_ms_per_gmac(self) -> float | None:
        """Milliseconds for 10⁹ multiply-accumulates, forward; None without any."""
        return self.times.forward_ms / self.macs * 1e9 if self.macs else None

    @property
    def backward_ms_per_gmac(self) -> float | None:
        """The same of the backward pass, still for 10⁹ of the forward pass."""
        return self.times.backward_ms / self.macs * 1e9 if self.macs else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLedger:
    """Where the time of a step goes on one machine.

    Attributes:
        batch: Images at once.
        mode: "eval" or "train".
        optimizer: "sgd", "momentum", "adam" or "adamw".
        machine: Processor and system in words.
        device: "cpu", "cuda:0".
        threads: Threads torch had.
        repeats: Rounds whose medians these are.
        spread: Middle half of the whole forward passes over the rounds, as a share of their median: the machine's unrest.
        whole: The network itself, run in the same rounds.
        training_forward_ms: Its forward pass when it keeps what the backward pass needs.
        ops: One row an op, in the order they run; empty where only the whole could be measured.
        between: Steps that lead to no op's value (constants made anew).
        notes: What a reader must know, in sentences.
    """

    batch: int
    mode: str
    optimizer: str
    machine: str
    device: str
    threads: int
    repeats: int
    spread: float
    whole: Times
    training_forward_ms: float
    ops: tuple[OpTimes, ...] = ()
    between: Times = Times()
    notes: tuple[str, ...] = ()

    @property
    def parts(self) -> Times:
        """The sum of all ops and what lies between."""
        return summed([*(row.times for row in self.ops), self.between])

    def agreement(self) -> dict[str, float]:
        """Return parts ÷ whole of each phase that took time in both."""
        parts, whole = asdict(self.parts), asdict(self.whole)
        names = {"forward_ms": "forward", "backward_ms": "backward", "optimizer_ms": "optimizer"}
        return {name: parts[key] / whole[key] for key, name in names.items() if self.ops and parts[key] and whole[key]}

    def disagreements(self) -> tuple[str, ...]:
        """Return a sentence for each phase in which parts and whole differ by more than a quarter."""
        return tuple(
            f"The parts' {PHASES[phase]} adds up to {ratio:.2f} × that of the whole: {_reason(ratio)}."
            for phase, ratio in self.agreement().items()
            if abs(ratio - 1) > TOLERANCE
        )

    def costliest(self, most: int = 10) -> tuple[OpTimes, ...]:
        """Return the ops that take most of a step, the costliest first."""
        return tuple(sorted(self.ops, key=lambda row: row.times.total_ms, reverse=True)[:most])

    def by_work(self) -> tuple[WorkTimes, ...]:
        """Return the ops that multiply, summed by how they do; most multiply-accumulates first."""
        found: dict[str, list[OpTimes]] = {}
        for row in self.ops:
            if row.work:
                found.setdefault(row.work, []).append(row)
        rows = [_work(name, rows) for name, rows in found.items()]
        return tuple(sorted(rows, key=lambda row: row.macs, reverse=True))

    @property
    def share_without_macs(self) -> float:
        """Share of the parts' forward time in ops that multiply nothing: normalisation, activation, pooling, sums."""
        total = self.parts.forward_ms
        return sum(row.times.forward_ms for row in self.ops if not row.macs) / total if total else 0.0

    @property
    def convolution_per_fc(self) -> float | None:
        """Time of a multiplication in a convolution ÷ in a fully connected layer, forward; None unless both are there.

        Above 1, a convolution is slower per multiplication here.
        """
        rows = self.by_work()
        convolutions = _work("", [row for row in self.ops if "convolution" in row.work]).forward_ms_per_gmac
        fc = next((row.forward_ms_per_gmac for row in rows if row.work == "fully connected"), None)
        return convolutions / fc if convolutions and fc else None

    def document(self) -> dict[str, Any]:
        """Return everything as plain values, for `--json`."""
        own = asdict(self)
        for key in ("ops", "between", "whole"):
            own.pop(key)
        return {
            "schema": schema.stamp("time-ledger", SCHEMA_VERSION),
            **own,
            "notes": [*self.notes, *self.disagreements()],
            "whole": asdict(self.whole),
            "parts": asdict(self.parts),
            "parts_per_whole": self.agreement(),
            "share_without_macs": self.share_without_macs,
            "convolution_per_fc": self.convolution_per_fc,
            "by_work": [
                {"work": row.work, "ops": row.ops, "macs": row.macs}
                | asdict(row.times)
                | {
                    "forward_ms_per_gmac": row.forward_ms_per_gmac,
                    "backward_ms_per_gmac": row.backward_ms_per_gmac,
                }
                for row in self.by_work()
            ],
            "ops": [
                {"name": row.name, "kind": row.kind, "work": row.work, "macs": row.macs}
                | asdict(row.times)
                | {"gmacs_per_s": row.gmacs_per_s}
                for row in self.ops
            ],
        }


def summed(rows: list[Times]) -> Times:
    """Return the sum of times.

    Example:
        >>> summed([Times(forward_ms=1.0, backward_ms=2.0), Times(forward_ms=0.5)]).total_ms
        3.5
    """
    return Times(
        forward_ms=sum(row.forward_ms for row in rows),
        backward_ms=sum(row.backward_ms for row in rows),
        optimizer_ms=sum(row.optimizer_ms for row in rows),
    )


def _work(name: str, rows: list[OpTimes]) -> WorkTimes:
    return WorkTimes(
        work=name,
        ops=len(rows),
        macs=sum(row.macs for row in rows),
        times=summed([row.times for row in rows]),
    )


def _reason(ratio: float) -> str:
    if ratio < 1:
        return (
            "the rest is spent between the ops, in Python and memory, or by other work that interrupts long runs more"
        )
    return "an op run by itself costs more than within the whole"
