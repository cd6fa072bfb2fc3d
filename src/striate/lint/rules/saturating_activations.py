"""ACT008: many sigmoids in a row."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, replaced
from striate.graph import Op
from striate.lint.paper import LEARNED, Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed

_SATURATES = frozenset({"sigmoid", "tanh", "hardsigmoid"})
# A gate is brought into the shape of what it opens before they are multiplied.
_THROUGH = frozenset({"view", "identity", "permute"})
_LIMIT = 5


@register
class SaturatingActivations(TableRule):
    """Many layers with sigmoid or tanh.

    ## What it looks for
    Sigmoids and hyperbolic tangents that are read by further learned layers; gates (what is
    multiplied with a map) do not count. The figure is their number. Limit: 5, in a network without
    normalisation before them.

    ## Why it matters
    Both are flat for large values, and the slope of the sigmoid is a quarter at best: through five
    of them at most a thousandth of the gradient arrives, weights aside, and the first layers hardly learn. A ReLU
    passes it on whole.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16, sigmoid) x2; maxpool 2; (conv 3x3 32, sigmoid) x4;"
        "globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16, relu) x2; maxpool 2; (conv 3x3 32, relu) x4;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    Where the values must stay in a range, as the states of recurrent cells.

    ## Sources
    - Glorot and Bengio, "Understanding the difficulty of training deep feedforward neural
      networks", AISTATS 2010.
    - Glorot, Bordes and Bengio, "Deep Sparse Rectifier Neural Networks", AISTATS 2011.
    """

    code = "ACT008"
    name = "saturating-activations"
    severity = "warning"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding for all of them."""
        found = [op for op in seen.graph if op.kind in _SATURATES and _is_in_depth(seen, op) and seen.counts(op)]
        asked = [op.name for op in found if seen.asks(op)]
        if len(found) <= _LIMIT or not asked:
            return
        yield self.finding(
            f"{count(len(found))} layers end in a sigmoid or tanh and are not normalised: "
            f"{listed([op.name for op in found])}.",
            "Use ReLU, or batch normalisation before each of them.",
            measure=Measure(
                value=float(len(found)),
                limit=float(_LIMIT),
                wrong="above",
                high=float(max(10, len(found))),
                unit="layers",
            ),
            op=asked[0],
            cure=Cure(edits=tuple(replaced(op.name, ["relu"]) for op in found)),
        )


def _is_in_depth(paper: Paper, op: Op) -> bool:
    """Tell whether an activation closes a learned layer that others read, and is no gate."""
    source = paper.ops.get(op.inputs[0])
    if source is None or source.kind not in LEARNED or not paper.readers[op.name]:
        return False
    reader = paper.ahead(op.name, _THROUGH)
    return not any(by.kind == "mul" for by in (reader, *paper.readers[op.name]) if by is not None)
