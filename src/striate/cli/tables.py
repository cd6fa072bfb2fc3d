"""What the commands show in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from striate.analyse import borders, last_field
from striate.checking import Check
from striate.checking.document import number
from striate.cli.advice import COLOURS, MARKS, show_advice
from striate.cli.border_rows import border_rows
from striate.cli.layers import layer_table
from striate.cli.terminal import console
from striate.findings import Finding
from striate.graph import times
from striate.numbers import amount, count, listed, plural, storage

if TYPE_CHECKING:
    from rich.table import Table


def show_check(found: Check) -> None:
    """Show the table, the sums, the memory, the field and the findings."""
    screen = console()
    # What qualifies every figure stands before them.
    for note in found.notes:
        screen.print(note)
    unread = sum(elements for _, elements in found.graph.idle)
    screen.print(layer_table(found.layers, not_counted=found.cost.not_counted, unread=unread))
    for heading, rows in (
        (conditions_text(found), cost_rows(found)),
        (step_text(found), memory_rows(found)),
        ("Receptive field of the last map", field_rows(found)),
    ):
        screen.print(heading, style="bold")
        screen.print(facts(rows))
    show_advice(found)


def facts(rows: Sequence[tuple[str, str]]) -> Table:
    """Return labels and what they say, aligned."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows:
        table.add_row(f"  {label}", text)
    return table


def conditions_text(found: Check) -> str:
    """Return what the figures hold for: "Cost for 8 images of 3×224×224"."""
    held = found.graph.conditions
    shapes = " and ".join(times(shape[1:]) for shape in held.inputs.values())
    return f"Cost for {plural(held.batch, 'image')} of {shapes}"


def step_text(found: Check) -> str:
    """Return what the memory holds for: "Training step: batch 8, adam (fused), mixed precision, 8 blocks recomputed"."""
    held = found.memory
    how = "" if held.implementation == "for-loop" else f" ({held.implementation})"
    words = [f"batch {count(held.batch)}", f"{held.optimizer}{how}"]
    if held.precision == "mixed":
        words.append("mixed precision")
    if held.checkpoint:
        words.append(f"{plural(len(held.checkpoint), 'module')} computed again: {listed(held.checkpoint)}")
    return f"Training step: {', '.join(words)}"


def cost_rows(found: Check) -> list[tuple[str, str]]:
    """Return what one pass costs."""
    total = found.cost.total
    idle = sum(elements for _, elements in found.graph.idle)
    products = total.macs - total.layer_macs
    rows = [
        ("Parameters", count(total.params) + (f", {count(idle)} of them read by no op in eval mode" if idle else "")),
        (
            "Forward",
            f"{amount(total.macs)} MACs"
            + (f" ({amount(total.layer_macs)} in layers, {amount(products)} in products)" if products else "")
            + f", {amount(total.other_flops)} FLOPs of everything else",
        ),
        ("Backward", f"{amount(total.backward_flops)} FLOPs in convolutions, layers and products"),
        ("Bytes moved", f"{storage(total.read_bytes)} read, {storage(total.written_bytes)} written"),
    ]
    if found.cost.not_counted:
        rows.append(("Not counted", f"no kind knows {', '.join(found.cost.not_counted)}"))
    return rows


def memory_rows(found: Check) -> list[tuple[str, str]]:
    """Return what a step holds, what would fit, and what would save most."""
    ledger = found.memory
    parts = ", ".join(f"{name} {storage(size)}" for name, size in ledger.at_peak.items() if size)
    when = {
        "forward": "in the forward pass",
        "backward": "in the backward pass",
        "optimizer": "in the optimiser's step",
    }
    where = f", at {ledger.at}" if ledger.at else ""
    most = count(found.largest_batch) if found.largest_batch else "not even one"
    rows = [
        ("Peak", f"{storage(ledger.peak_bytes)} {when[ledger.when]}{where}"),
        ("of which", parts),
        ("Without training", storage(found.inference.peak_bytes)),
        ("Largest batch", f"{most} in {storage(found.memory_limit_bytes)}"),
    ]
    for number_, way in enumerate(found.savings[:3]):
        label = "Would save most" if number_ == 0 else ""
        rows.append((label, f"{storage(way.saved_bytes)}: {way.what} Price: {way.costs}."))
    return rows


def field_rows(found: Check) -> list[tuple[str, str]]:
    """Return what the last map sees."""
    last = last_field(found.graph, found.fields)
    if not last.axes:
        return [("Size", "unknown: a kind on the way has no rule for it")]
    holes = max(axis.holes_px for axis in last.axes)
    size = f"{times(tuple(axis.size_px for axis in last.axes))} px"
    notes = [
        f"{count(holes)} px of it never read" if holes else "",
        "beside paths that see the whole input" if last.is_global else "",
        "branches with different centres meet" if not last.is_aligned else "",
    ]
    strides = "×".join(str(stride) for stride in dict.fromkeys(number(axis.stride) for axis in last.axes))
    paddings = times(tuple(dict.fromkeys(axis.padding_px for axis in last.axes)))
    rows = [
        ("Size", "; ".join([size, *(note for note in notes if note)])),
        ("Stride, padding", f"{strides} px, {paddings} px"),
    ]
    reached = borders(found.graph, found.fields)
    if reached.sees_all:
        rows.append(("Sees all from", reached.sees_all))
    if reached.gains_nothing:
        rows.append(("Widen nothing", f"{listed(reached.gains_nothing)}: every path to them sees all already"))
    return rows + border_rows(found.graph, reached)


def show_findings(findings: Sequence[Finding], *, checked: int, skipped: int = 0) -> None:
    """Show findings, gravest first, each with what to do."""
    from rich.text import Text

    screen = console()
    screen.print("")
    for finding in findings:
        line = Text(f"{MARKS[finding.severity]}  ", style=COLOURS[finding.severity])
        line.append(finding.told, style="default")
        line.append(f"  [{finding.code} {finding.name}]", style="dim")
        screen.print(line)
        screen.print(Text(f"  {finding.todo}", style="dim"))
    rest = f"; {skipped} could not look" if skipped else ""
    screen.print(f"{plural(len(findings), 'finding')}; {plural(checked, 'rule')} looked and found nothing{rest}.")
