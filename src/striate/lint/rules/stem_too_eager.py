"""SHP009: a stem made for larger images."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure
from striate.graph import Op, times
from striate.lint.paper import Paper
from striate.lint.remedies import without_steps
from striate.lint.rule import TableRule, register
from striate.numbers import count

_LIMIT = 8
_STRIDE = 4


@register
class StemTooEager(TableRule):
    """A stem that leaves almost nothing of a small image.

    ## What it looks for
    The map that the second layer with a window beyond one pixel reads, when the layers before it
    have stepped by 4 or more in all. The figure is its smaller side. Limit: 8 px or less.

    ## Why it matters
    The first layers may reduce fast, because neighbours in an image repeat each other, but only
    where there is enough to repeat. A stem made for 224 px turns 32 px into 8 before anything but
    edges was seen.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 7x7 32 stride 2, relu; maxpool 2; (conv 3x3 32, relu) x2;"
        "globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 32, relu; maxpool 2; (conv 3x3 32, relu) x3;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    With pretrained weights whose stem must stay as it is; enlarging the images is then the way.

    ## Sources
    - He and Sun, "Convolutional Neural Networks at Constrained Time Cost", CVPR 2015, section
      3.4 (delayed sub-sampling).
    - Mishkin, Sergievskiy and Matas, "Systematic evaluation of convolution neural network
      advances on the ImageNet", CVIU 2017: at constant cost 39.0 % with 32 px, 47.1 % with 128 px.
    """

    code = "SHP009"
    name = "stem-too-eager"
    severity = "warning"

    def applies(self, paper: Paper) -> bool:
        """Return whether the input is a picture or a volume; signals are long."""
        return len(paper.input) > 3

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding about the first layer after the stem."""
        op = _after_stem(seen)
        if op is None or not seen.asks(op):
            return
        read, sides = seen.read_by(op)[2:], seen.input[2:]
        step = min(side / max(left, 1) for side, left in zip(sides, read, strict=True))
        if min(read) > _LIMIT or step < _STRIDE:
            return
        edits = without_steps(seen, op.inputs[0], _LIMIT + 1)
        yield self.finding(
            f"After the stem, {op.name} reads a map of {times(read)}, {count(min(read))} px of the "
            f"{count(min(sides))} px of the input.",
            "Use a stride of 1 in the first layer and drop the pooling after it, or enlarge the input.",
            measure=Measure(
                value=float(min(read)), limit=float(_LIMIT), wrong="below", high=float(min(sides)), unit="px"
            ),
            op=op.name,
            cure=Cure(edits=edits) if edits else None,
        )


def _after_stem(paper: Paper) -> Op | None:
    wide = [op for op in paper.convolutions if max(op.attributes["kernel"]) > 1]
    # What is narrower than its input was reduced already: without a map left, other rules speak.
    return wide[1] if len(wide) > 1 and paper.is_map(wide[1].inputs[0]) else None
