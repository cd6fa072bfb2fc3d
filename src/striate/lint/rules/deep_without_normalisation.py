"""NRM004: many layers in a row, none normalised."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, after
from striate.graph import Op
from striate.lint.paper import CONVOLUTIONS, Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count

_RESTS = frozenset({"batchnorm", "instancenorm", "groupnorm", "layernorm", "channelnorm", "add", "concat"})
_LIMIT = 10


@register
class DeepWithoutNormalisation(TableRule):
    """Many convolutions in a row without normalisation.

    ## What it looks for
    The longest row of convolutions with no normalisation, sum or concatenation between them. Limit:
    10, the depth of VGG-13.

    ## Why it matters
    Each layer stretches or shrinks its input a little, and twenty times a little is a lot: signals
    and gradients vanish or explode unless the start is exactly right. The authors of VGG trained 16
    and 19 layers from the weights of a network of 11, because a random start stalled; with
    normalisation or shortcuts, hundreds of layers train from scratch.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; (conv 3x3 16, relu) x3; maxpool 2; (conv 3x3 32, relu) x3; maxpool 2;"
        "(conv 3x3 32, relu) x5; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; (conv 3x3 16, batchnorm, relu) x3; maxpool 2;"
        "(conv 3x3 32, batchnorm, relu) x3; maxpool 2; (conv 3x3 32, batchnorm, relu) x5;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    With pretrained weights, or a start that was solved layer by layer. VGG-16 and VGG-19 without
    normalisation get this finding, and are exempt from the list of good networks for that reason.

    ## Sources
    - Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015, section 3.1.
    - Ioffe and Szegedy, "Batch Normalization", ICML 2015.
    - He et al., "Deep Residual Learning for Image Recognition", CVPR 2016.
    """

    code = "NRM004"
    name = "deep-without-normalisation"
    severity = "warning"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding about the longest row."""
        row = max((row for row in _rows(seen) if seen.asks(row[-1])), key=len, default=())
        length = len(row)
        if length <= _LIMIT:
            return
        op = row[-1]
        yield self.finding(
            f"{count(length)} convolutions in a row, up to {op.name}, have no normalisation and no shortcut.",
            "Add batch normalisation after each convolution, or sums that lead past two or three of them.",
            measure=Measure(
                value=float(length), limit=float(_LIMIT), wrong="above", high=float(max(20, length)), unit="layers"
            ),
            op=op.name,
            cure=Cure(edits=tuple(after(conv.name, "batchnorm") for conv in row)),
        )


def _rows(paper: Paper) -> list[tuple[Op, ...]]:
    """Return the rows of convolutions that nothing normalises, each to its end."""
    rows: dict[str, tuple[Op, ...]] = {}
    ends: dict[str, tuple[Op, ...]] = {}
    for op in paper.graph:
        before = max((rows.get(name, ()) for name in op.inputs), key=len, default=())
        is_layer = op.kind in CONVOLUTIONS
        # Weights that are computed before they are used are standardised as a rule.
        is_rest = op.kind in _RESTS or (is_layer and not any(param.name == "weight" for param in op.params))
        rows[op.name] = () if is_rest else (*before, op) if is_layer else before
        if is_layer and rows[op.name]:
            ends[op.name] = rows[op.name]
            if before:
                ends.pop(before[-1].name, None)
    return list(ends.values())
