"""What the commands show in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from striate.checking import Check, last_field
from striate.cli.advice import COLOURS, MARKS, show_advice
from striate.cli.terminal import console
from striate.findings import Finding
from striate.graph import times
from striate.numbers import count, plural, storage
from striate.records import LayerReading, MemoryLedger

if TYPE_CHECKING:
    from rich.table import Table


def show_check(found: Check) -> None:
    """Show the table, the sums, the memory and the findings."""
    screen = console()
    screen.print(layer_table(found.layers))
    total = found.cost.total
    screen.print(
        f"{count(total.params)} parameters, {count(total.macs)} MACs forward, "
        f"{storage(total.kept_bytes)} of activations kept for the backward pass (batch {found.graph.conditions.batch})."
    )
    screen.print(memory_text(found.memory))
    if found.largest_batch is not None:
        screen.print(f"Largest batch that fits: {count(found.largest_batch)}.")
    last = last_field(found.graph, found.fields)
    if last.axes:
        field = times(tuple(axis.size_px for axis in last.axes))
        screen.print(f"The last map's units see {field} pixels, {last.axes[0].stride} apart.")
    if found.cost.not_counted:
        screen.print(f"Not counted, because no kind knows them: {', '.join(found.cost.not_counted)}.")
    show_advice(found)


def memory_text(ledger: MemoryLedger) -> str:
    """Return the peak of a step in a sentence."""
    parts = ", ".join(f"{name} {storage(size)}" for name, size in ledger.at_peak.items() if size)
    when = {
        "forward": "in the forward pass",
        "backward": "in the backward pass",
        "optimizer": "in the optimiser's step",
    }
    return (
        f"One training step with {ledger.optimizer} peaks at {storage(ledger.peak_bytes)} {when[ledger.when]}, "
        f"at {ledger.at}: {parts}."
    )


def layer_table(rows: Sequence[LayerReading]) -> Table:
    """Return the layers as a table with sums at the foot."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_footer=True, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Layer", footer="Sum")
    table.add_column("Kind", overflow="fold")
    table.add_column("Output", justify="right")
    table.add_column("Field, px", justify="right")
    for title, number in (
        ("Params", sum(row.cost.params for row in rows)),
        ("MACs", sum(row.cost.macs for row in rows)),
    ):
        table.add_column(title, justify="right", footer=count(number))
    table.add_column("Kept", justify="right", footer=storage(sum(row.cost.kept_bytes for row in rows)))
    for row in rows:
        table.add_row(
            row.name,
            row.summary,
            times(row.shape),
            field_text(row),
            count(row.cost.params),
            count(row.cost.macs),
            storage(row.cost.kept_bytes),
        )
    return table


def field_text(row: LayerReading) -> str:
    """Return a layer's receptive field in words."""
    if not row.receptive.axes:
        return "all" if row.receptive.is_global and row.receptive.is_known else "unknown"
    sizes = {axis.size_px for axis in row.receptive.axes}
    return count(sizes.pop()) if len(sizes) == 1 else times(tuple(axis.size_px for axis in row.receptive.axes))


def show_findings(findings: Sequence[Finding], *, checked: int, skipped: int = 0) -> None:
    """Show findings, gravest first, each with what to do."""
    from rich.text import Text

    screen = console()
    screen.print("")
    for finding in findings:
        line = Text(f"{MARKS[finding.severity]}  ", style=COLOURS[finding.severity])
        line.append(f"{finding.message}", style="default")
        line.append(f"  [{finding.code} {finding.name}]", style="dim")
        screen.print(line)
        screen.print(Text(f"  {finding.todo}", style="dim"))
    rest = f"; {skipped} could not look" if skipped else ""
    screen.print(f"{plural(len(findings), 'finding')}; {plural(checked, 'rule')} looked and found nothing{rest}.")
