"""NRM002: dropout in the convolutional part, beside batch normalisation."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, remove
from striate.graph import Op
from striate.lint.paper import CONVOLUTIONS, FOLLOWERS, POOLINGS, Paper
from striate.lint.rule import TableRule, register
from striate.numbers import listed, percentage

_BACK = (FOLLOWERS | POOLINGS) - {"batchnorm"}
_AHEAD = _BACK | CONVOLUTIONS


@register
class DropoutBesideBatchnorm(TableRule):
    """Dropout beside batch normalisation.

    ## What it looks for
    Dropout on a map, with batch normalisation in the same layer or in the next one. Dropout in
    the fully connected part does not count. Limit: a share of 0.

    ## Why it matters
    Dropout raises the variance while training and not afterwards; batch normalisation remembers
    the variance of training and applies it afterwards. The two disagree, and accuracy falls.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 5x5 16, batchnorm, relu, dropout 0.25; maxpool 2;"
        "(conv 3x3 16, batchnorm, relu) x3; globalavgpool; fc 32, relu; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 5x5 16, batchnorm, relu; maxpool 2;"
        "(conv 3x3 16, batchnorm, relu) x3; globalavgpool; fc 32, relu, dropout 0.25; classes 10"
    )
    ```

    ## When to ignore it
    In wide residual networks, whose authors measured a gain from it.

    ## Sources
    - Li et al., "Understanding the Disharmony between Dropout and Batch Normalization by
      Variance Shift", CVPR 2019.
    """

    code = "NRM002"
    name = "dropout-beside-batchnorm"
    severity = "warning"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding for all such dropouts."""
        drops = [op for op in seen.graph if op.kind == "dropout" and op.attributes["share"] > 0]
        found = [op for op in drops if seen.asks(op) and seen.is_map(op.name) and _has_norm(seen, op)]
        if not found:
            return
        op = max(found, key=lambda drop: float(drop.attributes["share"]))
        share = 100 * float(op.attributes["share"])
        others = [other.name for other in found if other is not op]
        more = f", and so does {listed(others)}" if others else ""
        yield self.finding(
            f"{op.name} drops {percentage(share)} of a map beside batch normalisation{more}.",
            f"Move {op.name} into the fully connected part, or remove it.",
            measure=Measure(value=share, limit=0.0, wrong="above", high=100.0, unit="%"),
            op=op.name,
            cure=Cure(edits=tuple(remove(drop.name) for drop in found)),
        )


def _has_norm(paper: Paper, op: Op) -> bool:
    before = paper.back(op.inputs[0], _BACK)
    after = paper.ahead(op.name, _AHEAD)
    return any(beside is not None and beside.kind == "batchnorm" for beside in (before, after))
