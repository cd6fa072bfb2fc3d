"""CST003: one layer does most of the work."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.graph import times
from striate.lint.paper import LEARNED, Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, percentage, plural

_NOTE = 30.0
_WARNING = 50.0
_FEWEST = 8


@register
class MacsInOneLayer(TableRule):
    """One layer that does most of the work.

    ## What it looks for
    The layer with the most multiply-accumulates, as a share of all, in networks of at least 8
    learned layers. Limit: 30 %, a warning above 50 %.

    ## Why it matters
    Time goes where the work is: such a layer decides how fast the network is, while all the others
    together could be made larger at little cost. Work that is spread evenly over depth buys more
    accuracy for the same time.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; conv 3x3 16, relu; conv 5x5 32, relu; maxpool 2;"
        "(conv 3x3 32, relu) x2; maxpool 2; (conv 3x3 32, relu) x4; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; (conv 3x3 16, relu) x2; maxpool 2; (conv 3x3 32, relu) x2; maxpool 2;"
        "(conv 3x3 32, relu) x4; globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    When the layer's time was measured and is not the largest: work and time are not the same.

    ## Sources
    - He and Sun, "Convolutional Neural Networks at Constrained Time Cost", CVPR 2015.
    - Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016, principle 4.
    """

    code = "CST003"
    name = "macs-in-one-layer"
    severity = "note"
    also = ("warning",)

    def applies(self, paper: Paper) -> bool:
        """Return whether the work could be spread."""
        return sum(op.kind in LEARNED for op in paper.graph) >= _FEWEST

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding about the layer with the most work."""
        total = seen.cost.total.macs
        name = max((op.name for op in seen.graph if seen.asks(op)), key=lambda key: seen.cost.ops[key].macs, default="")
        if not name:
            return
        share = 100 * seen.cost.ops[name].macs / total if total else 0.0
        if share <= _NOTE:
            return
        op = seen.ops[name]
        layers = sum(other.kind in LEARNED for other in seen.graph)
        yield self.finding(
            f"{name} does {percentage(share)} of the work of {plural(layers, 'layer')}: "
            f"{count(seen.cost.ops[name].macs)} MACs on a map of {times(op.shape[2:]) or 'one place'}.",
            f"Use a smaller kernel or fewer filters in {name}, or reduce the map before it.",
            measure=Measure(
                value=share, limit=_WARNING if share > _WARNING else _NOTE, wrong="above", high=100.0, unit="%"
            ),
            op=name,
            severity="warning" if share > _WARNING else "note",
        )
