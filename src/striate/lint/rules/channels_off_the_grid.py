"""WID001: widths that do not fill the processor's blocks."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, set_argument
from striate.graph import Op
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed, percentage

_GRID = 8
_SMALLEST = 16
_LIMIT = 10.0


@register
class ChannelsOffTheGrid(TableRule):
    """Widths that are no multiple of 8.

    ## What it looks for
    Dense convolutions on maps that make a number of channels above 16 that 8 does not divide, or
    read one. The figure is their share of all multiply-accumulates. Limit: 10 %.

    ## Why it matters
    Matrix units of graphics processors multiply blocks of 8 channels in half precision: a width of
    65 takes the time of 72. The next multiple costs nothing and learns more.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 30, relu; maxpool 2; (conv 3x3 50, relu) x4; globalavgpool;"
        "classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 32, relu; maxpool 2; (conv 3x3 48, relu) x4; globalavgpool;"
        "classes 10"
    )
    ```

    ## When to ignore it
    On processors without such units, and in single precision without TF32.

    ## Sources
    - NVIDIA, "Convolutional Layers User's Guide", 2023 (channels in and out).
    - Radosavovic et al., "Designing Network Design Spaces", CVPR 2020 (widths in steps of 8).
    """

    code = "WID001"
    name = "channels-off-the-grid"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding for all such convolutions."""
        found = [op for op in seen.convolutions if op.attributes["groups"] == 1 and _off(seen, op) and seen.counts(op)]
        total = seen.cost.total.macs
        macs = {op.name: seen.cost.ops[op.name].macs for op in found}
        share = 100 * sum(macs.values()) / total if total else 0.0
        asked = [op for op in found if seen.asks(op)]
        if share <= _LIMIT or not asked:
            return
        op = max(asked, key=lambda conv: macs[conv.name])
        width = op.attributes["width"]
        odd = width if width % _GRID else seen.read_by(op)[1]
        edits = [set_argument(conv.name, "width", _rounded(made)) for conv, made in _made_off(found)]
        others = [other.name for other in found if other is not op]
        more = f" {listed(others)} {'are' if len(others) > 1 else 'is'} off it too." if others else ""
        yield self.finding(
            f"Widths that 8 does not divide have {percentage(share)} of the work, most of it {op.name} with "
            f"{count(odd)}.{more}",
            f"Use a width of {count(_rounded(odd))} instead of {count(odd)}.",
            measure=Measure(value=share, limit=_LIMIT, wrong="above", high=100.0, unit="%"),
            op=op.name,
            cure=Cure(edits=tuple(edits)) if edits else None,
        )


def _made_off(found: list[Op]) -> list[tuple[Op, int]]:
    """Return the convolutions that make a width off the grid, with it; the others only read one."""
    made = [(op, int(op.attributes["width"])) for op in found]
    return [(op, width) for op, width in made if width > _SMALLEST and width % _GRID]


def _rounded(width: int) -> int:
    return -(-width // _GRID) * _GRID


def _off(paper: Paper, op: Op) -> bool:
    widths = (op.attributes["width"], paper.read_by(op)[1])
    return paper.is_map(op.inputs[0]) and any(width > _SMALLEST and width % _GRID for width in widths)
