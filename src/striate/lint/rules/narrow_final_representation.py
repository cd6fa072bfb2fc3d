"""HED003: fewer features than the answer needs."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, set_argument
from striate.graph import Op
from striate.lint.head import SCORES_A_VALUE, is_narrow_end, vector_layers
from striate.lint.paper import FOLLOWERS, LEARNED, POOLINGS, Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count

_GRID = 8
_THROUGH = FOLLOWERS | POOLINGS | {"flatten", "view", "globalavgpool", "globalmaxpool", "mean"}


@register
class NarrowFinalRepresentation(TableRule):
    """Far fewer features than classes.

    ## What it looks for
    The number of values that enter the last fully connected layer, against what it makes. Limit: a
    quarter of the outputs.

    ## Why it matters
    Scores of 1000 classes that are made from 100 values lie in a space of 100 dimensions: classes
    are tied to each other before training begins, and some can never win. A small end is good, but
    it has to hold what tells the classes apart.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 16, relu; maxpool 2; (conv 3x3 16, relu) x4; globalavgpool;"
        "classes 100"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 32, relu; maxpool 2; (conv 3x3 64, relu) x4; globalavgpool;"
        "classes 100"
    )
    ```

    ## When to ignore it
    Where the outputs depend on few causes, as in a regression of smooth curves.

    ## Sources
    - Yang et al., "Breaking the Softmax Bottleneck: A High-Rank RNN Language Model", ICLR 2018.
    - Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016, principle 1.
    """

    code = "HED003"
    name = "narrow-final-representation"
    severity = "note"

    def applies(self, paper: Paper) -> bool:
        """Return whether the network ends in a fully connected layer."""
        return any(op.name in paper.graph.outputs for op in vector_layers(paper))

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding about the output layer."""
        op = next(op for op in vector_layers(seen) if op.name in seen.graph.outputs)
        read, made = seen.read_by(op)[1], op.attributes["width"]
        if not is_narrow_end(seen, op) or not seen.asks(op):
            return
        yield self.finding(
            f"{count(read)} values enter {op.name}, which makes {count(made)} scores of them.",
            f"Use at least {count(-(-made // SCORES_A_VALUE))} channels before {op.name}.",
            measure=Measure(
                value=float(read), limit=made / SCORES_A_VALUE, wrong="below", high=float(made), unit="values"
            ),
            op=op.name,
            cure=_cure(seen, op),
        )


def _cure(paper: Paper, op: Op) -> Cure | None:
    """Widen the layer whose values enter the last one, in eights, as far as is needed."""
    before = paper.back(op.inputs[0], _THROUGH)
    if before is None or before.kind not in LEARNED or before.attributes.get("groups", 1) > 1:
        return None
    places = paper.read_by(op)[1] // before.attributes["width"]
    least = -(-op.attributes["width"] // (SCORES_A_VALUE * max(places, 1)))
    return Cure(edits=(set_argument(before.name, "width", -(-least // _GRID) * _GRID),))
