"""ACT007: an activation where scores are expected."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.graph import Op, size
from striate.lint.paper import LEARNED, Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count

_SQUASHES = frozenset({"softmax", "sigmoid", "hardsigmoid", "tanh"})
_CUTS = frozenset({"relu", "clamp", "leakyrelu", "elu", "gelu", "silu", "hardswish", "celu", "selu", "mish", "prelu"})
_THROUGH = frozenset({"flatten", "view", "identity", "dropout"})


@register
class ActivationAtTheOutput(TableRule):
    """An activation on the scores.

    ## What it looks for
    A softmax, sigmoid or tanh on the network's output, or a ReLU or the like on an output of one
    value each class, right behind the last learned layer. The figure is how many activations stand
    there. Limit: 0. It is an error where a softmax runs over one single value, which is always 1.

    ## Why it matters
    The losses that networks are trained with (cross-entropy, binary cross-entropy with logits) hold
    the softmax or sigmoid already. A second one presses all scores together: the loss cannot fall
    below a floor, and gradients nearly vanish. A ReLU there forbids negative scores, and a class
    whose score is cut gets no gradient.

    ## Example
    ```python
    from torch import nn

    from striate.trace import trace

    network = nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 10),
        nn.Softmax(dim=1),
    )
    trace(network, (1, 1, 14, 14)).graph
    ```

    ## Use instead
    ```python
    from torch import nn

    from striate.trace import trace

    network = nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(16, 10),
    )
    trace(network, (1, 1, 14, 14)).graph
    ```

    ## When to ignore it
    Where the loss takes probabilities (binary cross-entropy without logits) or logarithms of them
    (negative log-likelihood after a log-softmax, which a table does not tell from a softmax), where
    values in a range are predicted, and in a network exported for use.

    ## Sources
    - Schoop, Huang and Hartmann, "UMLAUT: Debugging Deep Learning Programs using Program Structure
      and Model Behavior", CHI 2021 (softmax before the loss).
    - Nikanjam et al., "Automatic Fault Detection for Deep Learning Programs Using Graph
      Transformations", TOSEM 2021 (wrong last activation).
    """

    code = "ACT007"
    name = "activation-at-the-output"
    severity = "warning"
    also = ("error",)

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding about the first output that ends in an activation."""
        found = [op for name in seen.graph.outputs if (op := _ending(seen, name)) is not None and seen.asks(op)]
        if not found:
            return
        op = found[0]
        is_constant = op.kind == "softmax" and op.shape[op.attributes["axis"]] == 1
        which = f"{op.name}, a {op.kind}" + (" over one value, which is always 1" if is_constant else "")
        yield self.finding(
            f"{count(len(found))} of {count(len(seen.graph.outputs))} outputs ends in an activation: {which}.",
            f"Stop before {op.name} and give the scores to the loss; apply it when probabilities are shown.",
            measure=Measure(value=float(len(found)), limit=0.0, wrong="above", high=float(max(2, len(found)))),
            op=op.name,
            severity="error" if is_constant else "warning",
        )


def _ending(paper: Paper, name: str) -> Op | None:
    """Return the activation an output ends in, right behind a learned layer."""
    op = paper.ops.get(name)
    while op is not None and op.kind in _THROUGH:
        op = paper.ops.get(op.inputs[0])
    if op is None or op.kind not in _SQUASHES | _CUTS:
        return None
    source = paper.back(op.inputs[0], _THROUGH | {"batchnorm"})
    if source is None or source.kind not in LEARNED:
        return None
    is_vector = size(op.shape[2:]) == 1 and source.kind == "linear"
    return op if op.kind in _SQUASHES or is_vector else None
