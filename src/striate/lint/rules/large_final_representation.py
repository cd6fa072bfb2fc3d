"""HED002: a vector of tens of thousands of values enters the head."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, before
from striate.graph import size, times
from striate.lint.head import MANY_VALUES, flattened, is_large_end, vector_layers
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, percentage


@register
class LargeFinalRepresentation(TableRule):
    """A final representation that is still large.

    ## What it looks for
    The number of values that enter the first fully connected layer. Limit: 50 000, twice those of
    VGG.

    ## Why it matters
    What enters the head should be the few things the answer depends on. Where tens of thousands of
    values enter it, the convolutions have summed up little, and the first fully connected layer has
    to learn from as many weights for each of its units: it overfits before the rest has learned.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; conv 3x3 128, relu; maxpool 2; (conv 5x5 128, relu) x5; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; conv 3x3 128, relu; maxpool 2; (conv 5x5 128, relu) x5; globalavgpool;"
        "classes 10"
    )
    ```

    ## When to ignore it
    In a network that draws rather than decides.

    ## Sources
    - Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016, principle 1.
    - Lin, Chen and Yan, "Network In Network", ICLR 2014, section 3.2.
    """

    code = "HED002"
    name = "large-final-representation"
    severity = "note"

    def applies(self, paper: Paper) -> bool:
        """Return whether maps were worked on before the head."""
        return bool(paper.convolutions) and bool(vector_layers(paper))

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding about the first fully connected layer."""
        op = vector_layers(seen)[0]
        values = seen.read_by(op)[1]
        if not is_large_end(seen, op) or not seen.asks(op):
            return
        share = 100 * seen.cost.ops[op.name].params / max(seen.cost.total.params, 1)
        yield self.finding(
            f"{count(values)} values enter {op.name}, which holds {percentage(share)} of the parameters; the input of "
            f"{times(seen.input[1:])} has {count(size(seen.input[1:]))}.",
            f"Put global average pooling before {op.name}, or reduce the map further.",
            measure=Measure(
                value=float(values),
                limit=float(MANY_VALUES),
                wrong="above",
                high=float(max(100_000, values)),
                unit="values",
            ),
            op=op.name,
            cure=Cure(edits=(before(op.name, "globalavgpool"),)) if flattened(seen, op) else None,
        )
