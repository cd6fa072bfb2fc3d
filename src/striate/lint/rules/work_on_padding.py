"""RCF006: multiplications by zeros around the map."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.graph import Op, times
from striate.lint.borders import padding_share
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import percentage

_LIMIT = 25.0


@register
class WorkOnPadding(TableRule):
    """Convolutions that mostly multiply padding.

    ## What it looks for
    The share of all multiplications in convolutions that meet padding instead of a value. Maps of
    one pixel do not count: that is map-collapses. Limit: 25 %.

    ## Why it matters
    Padding says nothing. On a map of 56 px a 3×3 kernel meets it in 2 % of its reads, on one of
    4 px in 31 %: a network that works mostly on such maps spends its time on zeros, and learns
    where the border is instead of what the image shows.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x16x16; (conv 3x3 8 stride 2, relu) x2; conv 3x3 32, relu;"
        "(conv 3x3 64, relu) x2; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x16x16; conv 3x3 16, relu; maxpool 2; (conv 3x3 32, relu) x4;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    When the network will be run on larger inputs.

    ## Sources
    - Mishkin, Sergievskiy and Matas, "Systematic evaluation of convolution neural network
      advances on the ImageNet", CVIU 2017 (padding, input size).
    - Islam, Jia and Bruce, "How Much Position Information Do Convolutional Neural Networks
      Encode?", ICLR 2020.
    """

    code = "RCF006"
    name = "work-on-padding"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding about the whole network, at the convolution that wastes most."""
        spent = {op.name: seen.cost.ops[op.name].macs for op in seen.convolutions}
        wasted = {op.name: _share(seen, op) * spent[op.name] for op in seen.convolutions if seen.counts(op)}
        total = sum(spent.values())
        share = 100 * sum(wasted.values()) / total if total else 0.0
        if share <= _LIMIT:
            return
        asked = [name for name in wasted if seen.asks(seen.ops[name])]
        if not asked:
            return
        op = seen.ops[max(asked, key=lambda name: wasted[name])]
        yield self.finding(
            f"Of the multiplications in convolutions, {percentage(share)} meet padding, most of them in {op.name} on a "
            f"{times(seen.read_by(op)[2:])} map.",
            "Use larger inputs, or fewer reductions before the layers that cost most.",
            measure=Measure(value=share, limit=_LIMIT, wrong="above", high=100.0, unit="%"),
            op=op.name,
        )


def _share(paper: Paper, op: Op) -> float:
    window, read = paper.window(op), paper.read_by(op)
    return 0.0 if window is None or max(read[2:], default=1) == 1 else padding_share(window, read, op.shape)
