"""RCF005: a field with holes."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from striate.analyse import gridding
from striate.findings import Cure, Edit, Finding, Measure, set_argument
from striate.graph import Op
from striate.kinds import UNKNOWN, kind_of
from striate.lint.paper import CONVOLUTIONS, Paper
from striate.lint.rule import TableRule, register
from striate.numbers import listed, percentage

_LIMIT = 0.0


@register
class DilationHoles(TableRule):
    """Dilations that leave holes.

    ## What it looks for
    Rows of layers of one resolution with dilated convolutions, whose units together never read
    some of the places inside their field. The figure is the share of those places. Limit: 0 %.

    ## Why it matters
    Dilations with a common factor read every second or fourth place only, layer after layer: a unit
    and its neighbour see different pixels altogether, and thin or small things fall through. Rates
    without a common factor (1, 2, 5), or a layer without dilation before or after, close the holes.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; (conv 3x3 16 stride 2, relu) x2; (conv 3x3 32 dilation 2, relu) x4;"
        "globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; (conv 3x3 16 stride 2, relu) x2; conv 3x3 32, relu;"
        "(conv 3x3 32 dilation 2, relu) x3; globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    Where the places are samples of a signal that was oversampled.

    ## Sources
    - Wang et al., "Understanding Convolution for Semantic Segmentation", WACV 2018, section 3.2.
    - Yu, Koltun and Funkhouser, "Dilated Residual Networks", CVPR 2017, section 4 (gridding).
    """

    code = "RCF005"
    name = "dilation-holes"
    severity = "warning"

    def applies(self, paper: Paper) -> bool:
        """Return whether it is known what every op reads, or nothing is dilated."""
        return not any(_is_dilated(op) for op in paper.convolutions) or all(map(_is_known, paper.graph))

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the row with the most holes."""
        if not any(_is_dilated(op) for op in seen.convolutions):
            return
        rows = {name: 100 * (1 - prod(1 - axis for axis in axes)) for name, axes in gridding(seen.graph).items()}
        found = [name for name, share in rows.items() if share > _LIMIT and seen.asks(seen.ops[name])]
        if not found:
            return
        name = max(found, key=lambda end: rows[end])
        rates = sorted({max(op.attributes["dilation"]) for op in seen.convolutions} - {1})
        yield self.finding(
            f"The units of {name} never read {percentage(rows[name])} of the places inside their field: "
            f"dilation {listed([str(rate) for rate in rates])} in a row.",
            "Use rates without a common factor, as 1, 2, 5, or put a convolution without dilation into the row.",
            measure=Measure(value=rows[name], limit=_LIMIT, wrong="above", high=100.0, unit="%"),
            op=name,
            cure=Cure(edits=_edits(seen)),
        )


def _is_known(op: Op) -> bool:
    kind = kind_of(op.kind)
    return kind is not None and kind.reach(op) is not UNKNOWN


def _is_dilated(op: Op) -> bool:
    return bool(max(op.attributes["dilation"]) > 1 and max(op.attributes["kernel"]) > 1)


def _edits(paper: Paper) -> tuple[Edit, ...]:
    """Lower each dilation of a row, from the first on, until its taps touch: at most the width that is read before it."""
    edits: list[Edit] = []
    width = [1] * (len(paper.input) - 2)
    for op in paper.graph:
        window = paper.window(op)
        if window is None or len(window.kernel) != len(width):
            continue
        rates = tuple(
            min(rate, read) if kernel > 1 else rate
            for rate, read, kernel in zip(window.dilation, width, window.kernel, strict=True)
        )
        if rates != window.dilation and op.kind in CONVOLUTIONS:
            edits.append(set_argument(op.name, "dilation", rates if max(rates) > 1 else None))
            edits.append(set_argument(op.name, "padding", None))
        width = [read + rate * (kernel - 1) for read, rate, kernel in zip(width, rates, window.kernel, strict=True)]
        if max(window.stride) > 1:
            width = [1] * len(width)
    return tuple(edits)
