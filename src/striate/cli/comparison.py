"""What two networks side by side look like in a terminal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from striate.analyse.comparing import compare
from striate.checking import Check
from striate.cli.terminal import console
from striate.graph import times
from striate.numbers import count, figure, measure, plural, storage
from striate.records.comparison import Comparison, Pair

if TYPE_CHECKING:
    from rich.table import Table

_WORDS = {
    "params": "Parameters",
    "macs": "MACs, forward",
    "layer_macs": "Of these, layers",
    "other_flops": "FLOPs of everything else",
    "backward_flops": "FLOPs, backward",
    "kept_bytes": "Kept for backward",
    "ops": "Ops",
    "not_counted": "Ops not counted",
    "field_size_px": "Field of the last map, px",
    "field_stride_px": "Its units' distance, px",
    "field_padding_px": "Its padding, px",
    "peak_bytes": "Peak of a training step",
}
_MARKS = {"changed": "~", "first only": "−", "second only": "+"}


def comparison_of(a: Check, b: Check) -> Comparison:
    """Return the comparison of two checked networks, with what a training step holds beside the totals."""
    figures = {"peak_bytes": (float(a.memory.peak_bytes), float(b.memory.peak_bytes))}
    return compare(a.graph, b.graph, names=(a.name, b.name), figures=figures)


def show_comparison(a: Check, b: Check) -> None:
    """Show two checked networks side by side: totals, stages, kinds, and where their tables part."""
    found = comparison_of(a, b)
    screen = console()
    if not found.same_conditions:
        screen.print("The tables hold for other inputs, types or modes: figures differ for that alone.")
    screen.print(
        pairs_table(
            "Figure",
            [replace(pair, name=title(pair.name)) for pair in sorted(found.totals, key=_rank)],
            found,
            _kinds_of(found),
        )
    )
    rows = [replace(stage.macs, name=f"{place(stage.size)}, MACs") for stage in found.stages]
    rows += [replace(stage.params, name=f"{place(stage.size)}, parameters") for stage in found.stages]
    screen.print(pairs_table("Maps", [row for row in rows if row.first or row.second], found, {}))
    screen.print(pairs_table("Ops of a kind", list(found.kinds), found, {}))
    for line in (*told(found), *findings_told(a, b)):
        screen.print(line)


def told(found: Comparison) -> list[str]:
    """Return whether the tables are equal, and where they are not."""
    if found.is_equal:
        return ["The tables are equal, names aside."]
    lines = ["The tables differ:"]
    for row in found.differences:
        names = row.first or row.second if row.first == row.second or not (row.first and row.second) else ""
        lines.append(f"  {_MARKS[row.side]} {names or f'{row.first} → {row.second}'}: {row.what}")
    if found.more:
        lines.append(f"  and {plural(found.more, 'more place')}.")
    return lines


def findings_told(a: Check, b: Check) -> list[str]:
    """Return the findings that only one of the two has, by name."""
    names = [{finding.name for finding in found.findings} for found in (a, b)]
    alone = ((a.name, names[0] - names[1]), (b.name, names[1] - names[0]))
    lines = [f"Findings of {name} alone: {', '.join(sorted(only))}." for name, only in alone if only]
    both = sorted(names[0] & names[1])
    return [*lines, *([f"Findings of both: {', '.join(both)}."] if both else [])]


def pairs_table(heading: str, pairs: list[Pair], found: Comparison, is_bytes: dict[str, bool]) -> Table:
    """Return figures of both networks with their ratio."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(heading)
    for name in (found.first, found.second, "Ratio"):
        table.add_column(name, justify="right", overflow="fold")
    for pair in pairs:
        text = storage if is_bytes.get(pair.name) else _number
        table.add_row(
            pair.name,
            *("–" if value is None else text(value) for value in (pair.first, pair.second)),
            "–" if pair.ratio is None else measure(pair.ratio),
        )
    return table


def title(name: str) -> str:
    """Return what a figure is called; a column nobody has named is shown under its own name.

    Example:
        >>> title("macs"), title("read_bytes")
        ('MACs, forward', 'Read bytes')
    """
    return _WORDS.get(name) or name.replace("_", " ").capitalize()


def place(size: tuple[int, ...]) -> str:
    """Return a map's size in words."""
    return times(size) or "no map"


def _rank(pair: Pair) -> int:
    names = list(_WORDS)
    return names.index(pair.name) if pair.name in names else len(names)


def _kinds_of(found: Comparison) -> dict[str, bool]:
    return {title(pair.name): pair.name.endswith("_bytes") for pair in found.totals}


def _number(value: float) -> str:
    return count(int(value)) if float(value).is_integer() else figure(value)
