"""SHP007: weights that never meet a value."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Edit, Finding, Measure, set_argument
from striate.graph import Op, times
from striate.lint.borders import dead_share
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import listed, percentage, plural

_GRAVE = 50.0


@register
class KernelAboveMap(TableRule):
    """A kernel so large that part of it reads only padding.

    ## What it looks for
    A convolution with taps that fall on padding at every place of its map: the kernel, spread by
    its dilation, reaches more than the whole map beyond its middle. The figure is the share of
    such taps. Limit: 0 %; an error from half of them. Maps of one or two pixels do not count: they
    are map-collapses.

    ## Why it matters
    A weight that only ever meets zeros gets no gradient and does nothing, but is stored, sent and
    multiplied. As a rule the map is smaller than its author thought.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16, relu; maxpool 2) x3; conv 3x3 32, relu;"
        "conv 9x9 32 groups 32, relu; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16, relu; maxpool 2) x3; (conv 3x3 32, relu) x2;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    When the same network is run on larger inputs, where the taps have something to read.

    ## Sources
    - Chen et al., "Rethinking Atrous Convolution for Semantic Image Segmentation", 2017, section
      3.3: as the rate grows, a 3×3 filter degenerates to 1×1.
    - Nikanjam et al., "Automatic Fault Detection for Deep Learning Programs Using Graph
      Transformations", TOSEM 2021 (invalid filter size).
    """

    code = "SHP007"
    name = "kernel-above-map"
    severity = "warning"
    also = ("error",)

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the convolution with the largest share."""
        found = [(share, op) for op in seen.convolutions if seen.asks(op) and (share := _share(seen, op)) > 0]
        if not found:
            return
        share, op = max(found, key=lambda pair: pair[0])
        others = [other.name for _, other in found if other is not op]
        more = f" {plural(len(others), 'other convolution')} too: {listed(others)}." if others else ""
        reach = [d * (k - 1) + 1 for k, d in zip(op.attributes["kernel"], op.attributes["dilation"], strict=True)]
        yield self.finding(
            f"Of the taps of {op.name}, {percentage(share)} read padding at every place: it spans {times(reach)} on a "
            f"{times(seen.read_by(op)[2:])} map.{more}",
            f"Use a smaller kernel or dilation for {op.name}, or reduce less before it.",
            measure=Measure(value=share, limit=0.0, wrong="above", high=100.0, unit="%"),
            op=op.name,
            severity="error" if share > _GRAVE else "warning",
            cure=Cure(edits=tuple(edit for _, other in found for edit in _edits(seen, other))),
        )


def _edits(paper: Paper, op: Op) -> list[Edit]:
    """Draw the outer taps in until they meet the map from its other border: less dilation first, then fewer taps."""
    kernel, dilation = op.attributes["kernel"], op.attributes["dilation"]
    sides = paper.read_by(op)[2:]
    spread = tuple(
        min(d, max(1, (side - 1) // max(k // 2, 1))) for k, d, side in zip(kernel, dilation, sides, strict=True)
    )
    taps = tuple(min(k, 2 * ((side - 1) // d) + 1) for k, d, side in zip(kernel, spread, sides, strict=True))
    edits = [set_argument(op.name, "kernel", taps)] if taps != kernel else []
    edits += [set_argument(op.name, "dilation", spread)] if spread != dilation else []
    return [*edits, set_argument(op.name, "padding", None)]


def _share(paper: Paper, op: Op) -> float:
    window = paper.window(op)
    read = paper.read_by(op)
    if window is None or min(read[2:]) < 3:
        return 0.0
    return 100 * dead_share(window, read, op.shape)
