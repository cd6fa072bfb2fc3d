"""SHP008: a map that has run out of places."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure
from striate.graph import Op, times
from striate.lint.paper import POOLINGS, Paper
from striate.lint.remedies import without_steps
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed

_LIMIT = 3


@register
class MapCollapses(TableRule):
    """A map that shrinks to nothing before the last layers that look around.

    ## What it looks for
    Convolutions with a padded kernel of 3 or more, and poolings, that read a map with a side of
    one pixel (a warning) or of two (a note, for convolutions). The figure is the smallest side.
    Limit: below 3 px.

    ## Why it matters
    On one pixel a 3×3 kernel meets one value and eight zeros: it is a 1×1 convolution at nine
    times the price, and a pooling does nothing. The network was reduced more often than its input
    allows.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16 stride 2, relu) x5; conv 3x3 32, relu; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16 stride 2, relu) x3; (conv 3x3 32, relu) x2; globalavgpool;"
        "classes 10"
    )
    ```

    ## When to ignore it
    When a network made for larger images is only tried out on small ones.

    ## Sources
    - Nikanjam et al., "Automatic Fault Detection for Deep Learning Programs Using Graph
      Transformations", TOSEM 2021 (ineffective pooling, too many poolings).
    """

    code = "SHP008"
    name = "map-collapses"
    severity = "warning"
    also = ("note",)

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the first layer on the smallest map."""
        found = [(side, op) for op in seen.graph if seen.asks(op) and (side := _side(seen, op)) < _LIMIT]
        if not found:
            return
        side, op = min(found, key=lambda pair: pair[0])
        others = [other.name for least, other in found if least == side and other is not op]
        edits = without_steps(seen, op.inputs[0], _LIMIT)
        more = f" So {'do' if len(others) > 1 else 'does'} {listed(others)}." if others else ""
        sides = seen.read_by(op)[2:]
        smaller = "" if len(set(sides)) == 1 else f", {count(side)} px at its smaller side"
        yield self.finding(
            f"{op.name} looks through a window of {times(op.attributes['kernel'])} at a map of "
            f"{times(sides)}{smaller or ' px'}.{more}",
            f"Use fewer strides and poolings before {op.name}, or a larger input.",
            measure=Measure(value=float(side), limit=float(_LIMIT), wrong="below", high=8.0, unit="px"),
            op=op.name,
            severity="warning" if side == 1 else "note",
            cure=Cure(edits=edits) if edits else None,
        )


def _side(paper: Paper, op: Op) -> int:
    """Return the smaller side of the map an op looks around on, and more than the limit if it does not look around."""
    window = paper.window(op)
    if window is None:
        return _LIMIT
    # Only axes along which it looks beyond its place, and beyond the map at that.
    sides = [
        length
        for length, kernel, padding in zip(paper.read_by(op)[2:], window.kernel, window.padding, strict=True)
        if kernel > length and (sum(padding) > 0 or op.kind in POOLINGS)
    ]
    is_looking = op.kind in POOLINGS or max(window.kernel) > 2
    return min(sides, default=_LIMIT) if is_looking and (op.kind not in POOLINGS or 1 in sides) else _LIMIT
