"""RCF005: a field with holes."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from striate.findings import Finding, Measure
from striate.lint.holes import holes
from striate.lint.paper import Paper
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
        """Return whether anything is dilated."""
        return any(max(op.attributes["dilation"]) > 1 for op in paper.convolutions)

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the row with the most holes."""
        shares = {name: 100 * (1 - prod(1 - axis for axis in axes)) for name, axes in holes(seen.graph).items()}
        found = [name for name, share in shares.items() if share > _LIMIT]
        if not found:
            return
        name = max(found, key=lambda end: shares[end])
        rates = sorted({max(op.attributes["dilation"]) for op in seen.convolutions} - {1})
        yield self.finding(
            f"The units of {name} never read {percentage(shares[name])} of the places inside their field: "
            f"dilation {listed([str(rate) for rate in rates])} in a row.",
            "Use rates without a common factor, as 1, 2, 5, or put a convolution without dilation into the row.",
            measure=Measure(value=shares[name], limit=_LIMIT, wrong="above", high=100.0, unit="%"),
            op=name,
        )
