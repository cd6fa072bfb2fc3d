"""RCF004: layers that can see nothing new."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.graph import Op, times
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed, percentage, plural

_NOTE = 25.0
_WARNING = 50.0
_FEWEST = 4


@register
class LayersPastTheBorder(TableRule):
    """Layers whose input already sees the whole image.

    ## What it looks for
    Convolutions beyond 1×1 that read units whose smallest receptive field, over all paths, covers
    the input along every axis. The figure is their share of all convolutions beyond 1×1. Limit:
    25 %, a warning above 50 %; networks with fewer than 4 are not judged.

    ## Why it matters
    Once every unit can see everything, a wider look brings nothing: measured on many networks, the
    layers past this border do not raise accuracy, though they cost as much as the others. Shortcuts
    count as paths: they hand on smaller fields, and keep later layers useful.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16, relu; maxpool 2) x2; (conv 3x3 32, relu) x7;"
        "globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16, relu; maxpool 2) x2; (conv 3x3 32, relu) x4;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    When depth is wanted for what it does beside looking further, and was measured to pay; and when
    larger images follow.

    ## Sources
    - Richter, Schöning, Wiedenroth and Krumnack, "Should You Go Deeper? Optimizing Convolutional
      Neural Network Architectures without Training", ICMLA 2021 (border layers).
    """

    code = "RCF004"
    name = "layers-past-the-border"
    severity = "note"
    also = ("warning",)

    def applies(self, paper: Paper) -> bool:
        """Return whether there are enough convolutions, each with a known field."""
        wide = _wide(paper)
        return len(wide) >= _FEWEST and all(paper.shortest.get(op.inputs[0]) for op in wide)

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding about the layers past the border, if they are many."""
        wide = _wide(seen)
        past = [op for op in wide if _sees_all(seen, op) and seen.counts(op)]
        asked = [op.name for op in past if seen.asks(op)]
        share = 100 * len(past) / len(wide)
        if share <= _NOTE or not asked:
            return
        limit = _WARNING if share > _WARNING else _NOTE
        yield self.finding(
            f"Of the convolutions beyond 1×1, {percentage(share)} read units that see the whole input of "
            f"{times(seen.input[2:])} already: {count(len(past))} of {plural(len(wide), 'layer')}, "
            f"{listed([op.name for op in past])}.",
            "Use larger inputs, fewer layers, or later reductions: what is saved may go into width.",
            measure=Measure(value=share, limit=limit, wrong="above", high=100.0, unit="%"),
            op=asked[0],
            severity="warning" if share > _WARNING else "note",
        )


def _wide(paper: Paper) -> list[Op]:
    """Return the convolutions beyond 1×1; those that read gates, behind something global, have no place."""
    wide = [op for op in paper.convolutions if max(op.attributes["kernel"]) > 1]
    return [op for op in wide if not _is_gate(paper, op)]


def _is_gate(paper: Paper, op: Op) -> bool:
    field = paper.fields.get(op.inputs[0])
    return field is not None and field.is_global and not field.axes


def _sees_all(paper: Paper, op: Op) -> bool:
    least, sides = paper.shortest[op.inputs[0]], paper.input[2:]
    return len(least) == len(sides) and all(size >= side for size, side in zip(least, sides, strict=True))
