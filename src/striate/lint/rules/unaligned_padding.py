"""SHP002: padding that does not keep the filters aligned."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Edit, Finding, Measure, set_argument
from striate.graph import Op, times
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import figure, listed, plural


@register
class UnalignedPadding(TableRule):
    """Padding that lets the map shrink, grow or drift.

    ## What it looks for
    A convolution of stride 1 on a map whose padding is not (k − 1)/2 on both sides (times the
    dilation). The figure is by how many pixels the two sides together miss that. An even kernel
    always misses it, having no middle. Limit: 0 pixels.

    ## Why it matters
    Aligned padding keeps each value above the place it describes and lets depth be chosen
    freely. Without padding every layer cuts the border off, and the border's pixels are read
    less often.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 5x5 8 padding 0, relu; maxpool 2; (conv 3x3 16, relu) x2;"
        "globalavgpool;"
        "classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 5x5 8 padding 2, relu; maxpool 2; (conv 3x3 16, relu) x2;"
        "globalavgpool;"
        "classes 10"
    )
    ```

    ## When to ignore it
    Where the border is known to be empty, as in LeNet-5, or where exactly the pixels that were
    really seen are wanted, as in the fully convolutional form of a classifier.

    ## Sources
    - Mishkin, Sergievskiy and Matas, "Systematic evaluation of convolution neural network
      advances on the ImageNet", CVIU 2017: without padding 41.1 % instead of 47.1 %.
    """

    code = "SHP002"
    name = "unaligned-padding"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the convolution that misses most."""
        missed = [(_missed(op), op) for op in seen.convolutions if _counts(seen, op) and seen.asks(op)]
        missed = [(pixels, op) for pixels, op in missed if pixels > 0]
        if not missed:
            return
        pixels, op = max(missed, key=lambda pair: pair[0])
        others = [other.name for _, other in missed if other is not op]
        more = f" {plural(len(others), 'other convolution')} too: {listed(others)}." if others else ""
        kernel = op.attributes["kernel"]
        change = f"{times(seen.read_by(op)[2:])} becomes {times(op.shape[2:])}"
        if all(length % 2 for length in kernel):
            aligned = [d * (k - 1) // 2 for k, d in zip(kernel, op.attributes["dilation"], strict=True)]
            todo = f"Set the padding of {op.name} to {times(sorted(set(aligned)))}."
        else:
            todo = f"Use an odd kernel for {op.name}; an even one has no middle."
        yield self.finding(
            f"The padding of {op.name} misses alignment by {figure(pixels)} px: kernel {times(kernel)}, {change}.{more}",
            todo,
            measure=Measure(value=pixels, limit=0.0, wrong="above", high=max(2.0 * pixels, 4.0), unit="px"),
            op=op.name,
            cure=Cure(edits=tuple(edit for _, other in missed for edit in _edits(other))),
        )


def _edits(op: Op) -> list[Edit]:
    """Leave the padding to the word, which aligns it; an even kernel grows by one to have a middle."""
    kernel = op.attributes["kernel"]
    odd = tuple(length + 1 - length % 2 for length in kernel)
    grown = [set_argument(op.name, "kernel", odd)] if odd != kernel else []
    return [*grown, set_argument(op.name, "padding", None)]


def _counts(paper: Paper, op: Op) -> bool:
    """Tell whether alignment means something: a map is read at every place, and a map comes out."""
    return op.kind == "conv" and set(op.attributes["stride"]) == {1} and paper.is_map(op.name)


def _missed(op: Op) -> float:
    window = op.attributes
    missed: list[float] = [
        abs(before - dilation * (kernel - 1) / 2) + abs(after - dilation * (kernel - 1) / 2)
        for kernel, dilation, (before, after) in zip(
            window["kernel"], window["dilation"], window["padding"], strict=True
        )
    ]
    return max(missed)
