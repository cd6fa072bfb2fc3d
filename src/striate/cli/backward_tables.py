"""A backward pass in the terminal: the norms on one ruler, the laws, and a unit's gradient as a sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

from striate import schema
from striate.cli.layers import short
from striate.cli.terminal import console
from striate.findings import Finding
from striate.graph import times
from striate.numbers import measure, percent, plural
from striate.records import Backward, GradientDetail, GradientRow, Output, Source

if TYPE_CHECKING:
    from rich.table import Table

SCHEMA_VERSION = 1
RULER = 31


def show_backward(record: Backward, output: Output) -> None:
    """Show the rows last to first, then the one unit that was taken apart; more of them are for a page."""
    screen = console()
    for note in record.notes:
        screen.print(note)
    screen.print(f"Gradient of {target_text(record, output)}, score {measure(record.score)}, {record.mode} mode.")
    screen.print(_rows(record, screen.width))
    if record.difference is not None:
        checked = sum(row.difference is not None for row in record.rows)
        screen.print(
            f"{plural(checked, 'law')} computed by their own arithmetic; the largest difference to autograd is "
            f"{small(record.difference)} of the gradient."
        )
    if len(record.details) == 1:
        _show_detail(record.details[0])


def target_text(record: Backward, output: Output) -> str:
    """Return the target in words."""
    target = record.target
    if target.unit is not None and target.layer == record.rows[0].name and target.at is None:
        names = output.names
        if len(names) == record.rows[0].shape[-1] and len(record.rows[0].shape) == 2:
            return f"{names[target.unit]} ({target.layer}, unit {target.unit})"
    place = f" at {', '.join(map(str, target.at))}" if target.at else ""
    return f"{target.layer}, unit {target.unit}{place}"


def ruler(norm: float, low: int, high: int, width: int = RULER) -> str:
    """Return a dot on a ruler of powers of ten from `low` to `high`, with a tick at each.

    Example:
        >>> ruler(10.0, 0, 2, 9), ruler(0.0, 0, 2, 9)
        ('┼───●───┼', '┼───┼───┼ zero')
    """
    span = max(high - low, 1)
    line = ["─"] * width
    for power in range(low, high + 1):
        line[round((power - low) / span * (width - 1))] = "┼"
    if norm <= 0:
        return "".join(line) + " zero"
    line[round((log10(norm) - low) / span * (width - 1))] = "●"
    return "".join(line)


def small(value: float) -> str:
    """Return a very small number.

    Example:
        >>> small(1.26e-15), small(0.0)
        ('1.3e−15', '0')
    """
    return f"{value:.1e}".replace("-", "−") if value else "0"


def document(record: Backward, findings: Sequence[Finding], *, network: str, image: str) -> dict[str, Any]:
    """Return a backward pass as plain values; arrays of what was taken apart become lists."""
    plain = {key: value for key, value in asdict(record).items() if key not in {"rows", "details"}}
    rows = [{key: value for key, value in asdict(row).items() if key != "gradient"} for row in record.rows]
    return {
        "schema": schema.stamp("backward", SCHEMA_VERSION),
        "network": network,
        "image": image,
        **plain,
        "rows": rows,
        "details": [_plain(asdict(detail)) for detail in record.details],
        "findings": [finding.row() for finding in findings],
    }


def _plain(value: Any) -> Any:  # noqa: ANN401 - nested plain values and arrays
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _rows(record: Backward, width: int) -> Table:
    from rich import box
    from rich.table import Table

    norms = [row.norm for row in record.rows if row.norm > 0]
    low, high = floor(log10(min(norms))), ceil(log10(max(norms)))
    high = max(high, low + 1)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Layer", no_wrap=True)
    table.add_column(f"Norm, 1e{low} … 1e{high}".replace("-", "−"), no_wrap=True)
    for heading in ("Norm", "Zeros", "Weights'"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Law", no_wrap=True)
    table.add_column("Differs by", justify="right", no_wrap=True)
    for row in record.rows:
        table.add_row(*_cells(row, low, high, width))
    return table


def _cells(row: GradientRow, low: int, high: int, width: int) -> list[str]:
    name = short(row.name, 18 if width < 110 else 30)
    if not row.reached:
        return [name, "no gradient arrives", "", "", "", "", ""]
    weights = [parameter.norm for parameter in row.parameters if parameter.name == "weight"]
    return [
        name,
        ruler(row.norm, low, high),
        measure(row.norm),
        percent(row.zeros, 0),
        measure(weights[0]) if weights else "",
        row.law or "none stated",
        "" if row.difference is None else small(row.difference),
    ]


def _show_detail(detail: GradientDetail) -> None:
    screen = console()
    place = f" at {', '.join(map(str, detail.at))}" if detail.at else ""
    screen.print(f"\n{detail.layer}, unit {detail.unit}{place}: gradient {measure(detail.gradient, signed=True)}")
    for source in detail.sources:
        screen.print(f"  from {source.op} ({source.law or source.kind}), {measure(source.total, signed=True)} in all:")
        screen.print(_waterfall(source))
    if detail.sources:
        screen.print(f"  The sum differs from autograd's by {small(detail.difference)}.")
    if detail.statement:
        screen.print(f"  How it is handed on: {detail.statement}")
    for name, value in detail.facts:
        screen.print(f"    {name}: {measure(value)}")
    _show_pictures(detail)


def _waterfall(source: Source) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("    unit", "place", "gradient ×", "factor =", "product", "sum so far"):
        table.add_column(heading, justify="right", no_wrap=True)
    total = 0.0
    for term in source.terms:
        total += term.product
        table.add_row(
            str(term.unit),
            ",".join(map(str, term.at)),
            measure(term.gradient, signed=True),
            measure(term.factor, signed=True),
            measure(term.product, signed=True),
            measure(total, signed=True),
        )
    if source.rest_count:
        rest = f"{source.rest_count} more"
        table.add_row(rest, "", "", "", measure(source.rest, signed=True), measure(source.total, signed=True))
    return table


def _show_pictures(detail: GradientDetail) -> None:
    screen = console()
    if detail.weight is not None:
        shared = detail.weight
        screen.print(
            f"  Weight {', '.join(map(str, shared.index))} is used at {plural(shared.by_position.size, 'place')}; its "
            f"gradient is their sum, {measure(shared.total, signed=True)} (autograd {measure(shared.autograd, signed=True)})."
        )
    if detail.flipped is not None:
        flip = detail.flipped
        screen.print(
            f"  Filter {flip.unit} on channel {flip.channel}, {times(flip.filter.shape)}, flipped; zeros between: "
            f"{', '.join(map(str, flip.zeros_between))}. Largest difference at the input: {small(flip.difference)}."
        )
    if detail.winners is not None:
        won = detail.winners
        screen.print(
            f"  {plural(won.windows, 'window')}, each with one winner; {won.losers_zero} of the "
            f"{plural(won.losers, 'other value')} have gradient exactly zero."
        )
