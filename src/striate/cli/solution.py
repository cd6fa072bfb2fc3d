"""What a solved blueprint looks like in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from striate.analyse.budget import Solved, WidthChange, amount_text
from striate.cli.terminal import console, print_line
from striate.graph import times
from striate.numbers import THIN, count, measure, storage

if TYPE_CHECKING:
    from rich.table import Table


def show_solved(found: Solved, out: Path | None) -> None:
    """Show what was reached, what was changed, and the blueprint or the file it is in."""
    screen = console()
    screen.print(figure_table(found))
    for line in told(found):
        screen.print(line)
    if out is None:
        print_line(found.plan.to_text())
    else:
        print_line(f"Wrote {out}. Next: striate check {out}")


def figure_table(found: Solved) -> Table:
    """Return the figures before and after, for one image."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Figure, one image")
    for name in ("Before", "After", "Ratio"):
        table.add_column(name, justify="right")
    before, after = found.before, found.after
    for title, text, one, other in (
        ("Parameters", count, before.params, after.params),
        ("MACs, forward", count, before.macs, after.macs),
        ("Kept for backward", storage, before.kept_bytes, after.kept_bytes),
    ):
        table.add_row(title, text(one), text(other), measure(other / one) if one else "–")
    table.add_row("Field of the last map, px", times(before.field_px) or "all", times(after.field_px) or "all", "")
    return table


def told(found: Solved) -> list[str]:
    """Return what the table does not say, in sentences."""
    what = {
        "width": f"All widths times {found.amount:g}",
        "input": f"The input's sides times {found.amount:g}, {times(found.plan.input)}",
    }.get(found.over, f"{found.over} is {found.amount:g}")
    off = found.residual_percent
    how = f"off by {measure(off, signed=True)}{THIN}%" if off else "exactly"
    step = f" (a training step of batch {count(found.budget.batch)} with {found.budget.optimizer})"
    lines = [f"· {note}" for note in found.notes]
    lines.append(
        f"{what}: {amount_text(found.budget, found.reached)} for a budget of "
        f"{amount_text(found.budget, found.budget.amount)}{step if found.budget.figure == 'peak_bytes' else ''}, {how}."
    )
    sides = [
        f"the next {name} is {amount_text(found.budget, cost)}"
        for name, cost in (("smaller", found.smaller), ("larger", found.larger))
        if cost is not None
    ]
    if sides:
        lines.append(f"By whole steps {', '.join(sides)}.")
    moved = [change for change in found.widths if change.before != change.after]
    if moved:
        lines.append(f"Widths: {', '.join(map(_moved, moved))}.")
    held = [change for change in found.widths if change.is_fixed]
    if held:
        lines.append(f"Held by the input or the outputs: {', '.join(count(change.before) for change in held)}.")
    return lines


def _moved(change: WidthChange) -> str:
    return f"{count(change.before)} → {count(change.after)}"
