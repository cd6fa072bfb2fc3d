"""ACT006: an activation of an activation."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, remove
from striate.graph import Op
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed, plural

_ACTIVATIONS = frozenset({
    "relu", "clamp", "leakyrelu", "elu", "gelu", "silu", "hardswish", "sigmoid", "hardsigmoid", "tanh", "softmax",
    "celu", "selu", "mish", "softplus", "prelu",
})  # fmt: skip
_THROUGH = frozenset({"dropout", "identity", "flatten", "maxpool"})


@register
class DoubleActivation(TableRule):
    """An activation that reads an activation.

    ## What it looks for
    Activations with nothing between them, or only maximum pooling, dropout or flattening. Limit:
    no such pair. It is a note where all of them are ReLU after ReLU, which changes nothing.

    ## Why it matters
    A second ReLU changes nothing; a second sigmoid presses everything between 0.5 and 0.73, and the
    gradient through both is at most a seventeenth. As a rule a block brings its own activation and one more
    was added outside.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 16, relu, sigmoid; maxpool 2; (conv 3x3 32, relu) x4;"
        "globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 16, relu; maxpool 2; (conv 3x3 32, relu) x4;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    Where the second one cuts to a range on purpose.

    ## Sources
    - Nikanjam et al., "Automatic Fault Detection for Deep Learning Programs Using Graph
      Transformations", TOSEM 2021 (double activation).
    """

    code = "ACT006"
    name = "double-activation"
    severity = "warning"
    also = ("note",)

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding for all such pairs."""
        pairs = [(first, op) for op in seen.graph if seen.asks(op) and (first := _first(seen, op))]
        if not pairs:
            return
        first, second = pairs[0]
        is_idle = all({first.kind, op.kind} == {"relu"} for first, op in pairs)
        names = listed([op.name for _, op in pairs])
        yield self.finding(
            f"{plural(len(pairs), 'activation')} {'reads' if len(pairs) == 1 else 'read'} another one, of "
            f"{count(sum(op.kind in _ACTIVATIONS for op in seen.graph))} in all: {names} after {first.name}.",
            f"Stop after {first.name}: remove {second.name}, or put a layer between them.",
            measure=Measure(
                value=float(len(pairs)), limit=0.0, wrong="above", high=float(max(4, len(pairs))), unit="pairs"
            ),
            op=second.name,
            severity="note" if is_idle else "warning",
            cure=Cure(edits=tuple(remove(op.name) for _, op in pairs), is_same_function=is_idle),
        )


def _first(paper: Paper, op: Op) -> Op | None:
    """Return the activation another one reads, None if it reads none."""
    if op.kind not in _ACTIVATIONS:
        return None
    source = paper.ops.get(op.inputs[0])
    while source is not None and source.kind in _THROUGH:
        source = paper.ops.get(source.inputs[0])
    return source if source is not None and source.kind in _ACTIVATIONS else None
