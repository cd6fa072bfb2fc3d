"""HED004: a long fully connected part."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, remove
from striate.lint.head import vector_layers
from striate.lint.paper import Paper
from striate.lint.remedies import followers
from striate.lint.rule import TableRule, register
from striate.numbers import count, percentage

_LIMIT = 3


@register
class DeepHead(TableRule):
    """A long fully connected part.

    ## What it looks for
    Fully connected layers in a row up to the output, in a network with convolutions. Limit: 3, as
    AlexNet and VGG have.

    ## Why it matters
    Fully connected layers have many parameters, which takes much data to train, and what they find
    holds for one place only. Depth pays where it looks at maps; after them one or two layers are
    enough, and most networks since 2015 have one.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 32, relu; maxpool 2; (conv 3x3 64, relu) x4; globalavgpool;"
        "(fc 64, relu) x4; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 32, relu; maxpool 2; (conv 3x3 64, relu) x4; globalavgpool;"
        "fc 64, relu; classes 10"
    )
    ```

    ## When to ignore it
    Where the answer is a function of the features that is known to be complicated, as a control
    signal.

    ## Sources
    - He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, section 3.3 (one layer).
    - Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015 (three layers).
    """

    code = "HED004"
    name = "deep-head"
    severity = "note"

    def applies(self, paper: Paper) -> bool:
        """Return whether there are convolutions to put the depth into."""
        return bool(paper.convolutions) and bool(paper.graph.outputs)

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding if the row up to the output is long."""
        row = _row(seen)
        if len(row) <= _LIMIT or not seen.asks(seen.ops[row[-1]]):
            return
        share = 100 * sum(seen.cost.ops[name].params for name in row) / max(seen.cost.total.params, 1)
        gone = [name for layer in row[1:-1] for name in (layer, *followers(seen, seen.ops[layer]))]
        yield self.finding(
            f"{count(len(row))} fully connected layers stand in a row before the output, with {percentage(share)} of "
            "the parameters.",
            "Use one or two, and put the depth into the convolutions.",
            measure=Measure(
                value=float(len(row)), limit=float(_LIMIT), wrong="above", high=float(max(6, len(row))), unit="layers"
            ),
            op=row[-1],
            cure=Cure(edits=tuple(remove(name) for name in gone)),
        )


def _row(paper: Paper) -> list[str]:
    """Return the fully connected layers before the first output, last first."""
    heads = {op.name for op in vector_layers(paper)}
    row = []
    op = paper.ops.get(paper.graph.outputs[0])
    while op is not None and len(op.shape) == 2:
        if op.name in heads:
            row.append(op.name)
        op = paper.ops.get(op.inputs[0]) if op.inputs else None
    return row
