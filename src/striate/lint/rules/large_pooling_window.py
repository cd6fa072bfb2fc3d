"""SHP011: pooling over many values at once."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from striate.findings import Cure, Edit, Finding, Measure, replaced, set_argument
from striate.graph import Op, times
from striate.lint.paper import Paper
from striate.lint.remedies import activation_word, conv_text
from striate.lint.rule import TableRule, register
from striate.lint.steps import WINDOW_VALUES, is_large_window
from striate.numbers import count, listed


@register
class LargePoolingWindow(TableRule):
    """Pooling over a large window.

    ## What it looks for
    Maximum or average pooling with a stride above 1 whose window holds more than 3×3 values (4 on
    signals, 3×3×3 on volumes). A window over the whole map is a global pooling and does not count;
    nor does pooling with stride 1, which only smooths.

    ## Why it matters
    The maximum of a window keeps one value and drops the others: 3 of 4 for a window of 2×2, 15 of
    16 for 4×4. What was where within the window is lost in one step, where two small poolings with
    a convolution between them would have used it.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; conv 3x3 16, relu; maxpool 4; (conv 3x3 32, relu) x4; globalavgpool;"
        "classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; conv 3x3 16, relu; maxpool 2; conv 3x3 32, relu; maxpool 2;"
        "(conv 3x3 32, relu) x3; globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    At the end of a network, where a fixed small grid is wanted.

    ## Sources
    - Mishkin, Sergievskiy and Matas, "Systematic evaluation of convolution neural network
      advances on the ImageNet", CVIU 2017: windows of 2 and 3 compared.
    - Springenberg et al., "Striving for Simplicity", ICLR 2015 workshop.
    """

    code = "SHP011"
    name = "large-pooling-window"
    severity = "warning"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the largest window."""
        found = [op for op in seen.graph if seen.asks(op) and is_large_window(seen, op)]
        if not found:
            return
        op = max(found, key=lambda pooling: prod(pooling.attributes["kernel"]))
        others = [other.name for other in found if other is not op]
        more = f" {listed(others)} {'are' if len(others) > 1 else 'is'} large too." if others else ""
        kernel = op.attributes["kernel"]
        limit = WINDOW_VALUES[len(kernel)]
        yield self.finding(
            f"{op.name} makes one value of {count(prod(kernel))}: window {times(kernel)}, "
            f"{times(seen.read_by(op)[2:])} becomes {times(op.shape[2:])}.{more}",
            "Use windows of 2 or 3 with a convolution between them.",
            measure=Measure(
                value=float(prod(kernel)),
                limit=float(limit),
                wrong="above",
                low=1.0,
                high=float(max(2 * limit, prod(kernel))),
                unit="values",
            ),
            op=op.name,
            cure=_cure(seen, found),
        )


def _cure(paper: Paper, found: list[Op]) -> Cure | None:
    """Make every window as small as its step, in two with a convolution between them where that is above 3."""
    if max(max(op.attributes["stride"]) for op in found) > 9:
        return None
    return Cure(edits=tuple(edit for op in found for edit in _edits(paper, op)))


def _edits(paper: Paper, op: Op) -> list[Edit]:
    stride = op.attributes["stride"]
    if max(stride) <= 3:
        small = tuple(max(2, step) for step in stride)
        return [set_argument(op.name, "kernel", small), set_argument(op.name, "padding", None)]
    first = tuple(min(step, 3 if max(stride) > 6 else 2) for step in stride)
    second = tuple(-(-step // before) for step, before in zip(stride, first, strict=True))
    conv = conv_text(len(stride), 3, op.shape[1])
    pools = [f"{op.kind} {'x'.join(map(str, steps))}" for steps in (first, second)]
    return [replaced(op.name, [pools[0], conv, activation_word(paper), pools[1]])]
