"""MEM001: one resolution holds most of the memory."""

from __future__ import annotations

from collections.abc import Iterator

from striate.analyse import stages
from striate.findings import Finding, Measure
from striate.graph import size, times
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import percentage, storage

_LIMIT = 55.0
_SMALLEST_BYTES = 16 * 2**20


@register
class MemoryInOneStage(TableRule):
    """One resolution that holds most of the memory.

    ## What it looks for
    What is kept for the backward pass by layers whose maps have one size, as a share of all that is
    kept. Limit: 55 %, in networks that keep more than 16 MiB an image.

    ## Why it matters
    Every activation is kept until the backward pass has used it. Where one resolution, as a rule the
    first, holds most of them, a reduction before it saves nearly the whole: half the side is a
    quarter of the memory, and the batch can be four times as large.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x128x128; conv 3x3 32, relu; maxpool 2; (conv 3x3 128, batchnorm, relu) x6;"
        "maxpool 2; (conv 3x3 64, batchnorm, relu) x6; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x128x128; conv 3x3 32 stride 2, relu; maxpool 2;"
        "(conv 3x3 128, batchnorm, relu) x6; maxpool 2; (conv 3x3 128, batchnorm, relu) x2;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    When memory is not short, or activations are computed again in the backward pass.

    ## Sources
    - Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016, section 3.
    - He and Sun, "Convolutional Neural Networks at Constrained Time Cost", CVPR 2015.
    """

    code = "MEM001"
    name = "memory-in-one-stage"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding about the resolution that keeps most."""
        total = seen.cost.total.kept_bytes
        if total <= _SMALLEST_BYTES * seen.input[0]:
            return
        at = {sides: names for sides, names in stages(seen.graph).items() if size(sides) > 1}
        kept = {sides: sum(seen.cost.ops[name].kept_bytes for name in names) for sides, names in at.items()}
        sides = max(kept, key=lambda key: kept[key], default=())
        if len(kept) < 2:
            return
        share = 100 * kept[sides] / total
        if share <= _LIMIT:
            return
        first = at[sides][0]
        saved = kept[sides] * (1 - 0.5 ** len(sides)) / seen.input[0]
        yield self.finding(
            f"Layers on maps of {times(sides)} hold {percentage(share)} of what is kept for the backward pass: "
            f"{storage(kept[sides] / seen.input[0])} an image.",
            f"Use a stride of 2 before {first}: up to {storage(saved)} an image would be saved.",
            measure=Measure(value=share, limit=_LIMIT, wrong="above", high=100.0, unit="%"),
            op=first,
        )
