"""What a time ledger looks like in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from striate.cli.terminal import console
from striate.numbers import count, measure, percent, plural
from striate.records.timing import PHASES, OpTimes, TimeLedger, WorkTimes

if TYPE_CHECKING:
    from rich.table import Table

_BAR = 12


def show_times(ledger: TimeLedger, *, most: int = 20) -> None:
    """Show where the time goes: the costliest ops, the whole beside them, and time per multiplication.

    Args:
        ledger: What was measured.
        most: Ops to list; the others are summed in one row.
    """
    screen = console()
    threads = plural(ledger.threads, "thread")
    screen.print(
        f"Measured in {ledger.mode} mode, batch {ledger.batch}, with {ledger.optimizer}: {plural(ledger.repeats, 'round')}, "
        f"{threads} on {ledger.device}; {ledger.machine}."
    )
    if ledger.ops:
        screen.print(op_table(ledger, most))
        screen.print(work_table(ledger.by_work()))
    for line in told(ledger):
        screen.print(line)


def told(ledger: TimeLedger) -> list[str]:
    """Return what the tables do not say, in sentences."""
    whole = ledger.whole
    kept = f"{_ms(ledger.training_forward_ms)} when it keeps what backward needs"
    training = f"backward {_ms(whole.backward_ms)} ms, {ledger.optimizer} {_ms(whole.optimizer_ms)} ms"
    spread = f"{percent(ledger.spread, 0)} spread between rounds"
    lines = [f"The whole: forward {_ms(whole.forward_ms)} ms ({kept}), {training}; {spread}."]
    ratios = [f"{PHASES[phase]} {ratio:.2f}" for phase, ratio in ledger.agreement().items()]
    if ratios:
        lines.append(f"Sum of the parts ÷ whole: {', '.join(ratios)}.")
    if ledger.ops:
        lines.append(f"Ops that multiply nothing take {percent(ledger.share_without_macs, 0)} of the forward pass.")
    ratio = ledger.convolution_per_fc
    if ratio is not None:
        word = "slower" if ratio > 1 else "quicker"
        by = ratio if ratio > 1 else 1 / ratio
        lines.append(
            f"Per multiplication, convolution is {by:.1f} times {word} than fully connected here (forward, batch {ledger.batch})."
        )
    return [*lines, *ledger.notes, *ledger.disagreements()]


def op_table(ledger: TimeLedger, most: int) -> Table:
    """Return the costliest ops as a table, the rest in one row, sums at the foot."""
    from rich import box
    from rich.table import Table

    parts = ledger.parts
    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Op", footer="Sum of the parts")
    table.add_column("Kind", overflow="fold")
    for title, number in (
        ("Forward, ms", parts.forward_ms),
        ("Backward, ms", parts.backward_ms),
        ("Optimiser, ms", parts.optimizer_ms),
    ):
        table.add_column(title, justify="right", footer=_ms(number))
    table.add_column("Share", justify="left", no_wrap=True)
    table.add_column("GMAC/s", justify="right")
    shown = ledger.costliest(most)
    for row in shown:
        _add(table, row, parts.total_ms)
    left = len(ledger.ops) - len(shown)
    if left:
        rest = [
            sum(getattr(row.times, name) for row in shown) for name in ("forward_ms", "backward_ms", "optimizer_ms")
        ]
        sums = (parts.forward_ms - rest[0], parts.backward_ms - rest[1], parts.optimizer_ms - rest[2])
        table.add_row(plural(left, "other op"), "", *map(_ms, sums), _bar(sum(sums), parts.total_ms), "")
    return table


def work_table(rows: tuple[WorkTimes, ...]) -> Table:
    """Return time per multiply-accumulate by how an op multiplies."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Multiplying")
    for title in ("Ops", "MACs", "Forward, ms/GMAC", "Backward, ms/GMAC"):
        table.add_column(title, justify="right")
    for row in rows:
        table.add_row(
            row.work,
            count(row.ops),
            count(row.macs),
            _ms(row.forward_ms_per_gmac or 0.0),
            _ms(row.backward_ms_per_gmac or 0.0),
        )
    return table


def _add(table: Table, row: OpTimes, total_ms: float) -> None:
    times, speed = row.times, row.gmacs_per_s
    table.add_row(
        row.name,
        row.work or row.kind,
        _ms(times.forward_ms),
        _ms(times.backward_ms),
        _ms(times.optimizer_ms),
        _bar(times.total_ms, total_ms),
        measure(speed) if speed is not None else "",
    )


def _bar(part: float, total: float) -> str:
    share = part / total if total else 0.0
    return f"{'█' * round(share * _BAR):<{_BAR}} {percent(share)}"


def _ms(milliseconds: float) -> str:
    return measure(milliseconds) if milliseconds >= 0.0005 else "0"
