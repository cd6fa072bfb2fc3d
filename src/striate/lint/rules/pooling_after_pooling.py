"""SHP014: two poolings with nothing learned between them."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from striate.findings import Finding, Measure
from striate.lint.paper import FOLLOWERS, POOLINGS, Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count


@register
class PoolingAfterPooling(TableRule):
    """A pooling that reads another pooling.

    ## What it looks for
    Two poolings with strides above 1 and nothing learned between them. The figure is how many
    values become one in the two together. Limit: 9, one window of 3×3. A pooling over the whole
    map does not count.

    ## Why it matters
    Two poolings in a row are one large pooling: nothing looks at what the first one made before
    the second drops most of it. As a rule a convolution was left out between them.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; (conv 3x3 16, relu) x2; maxpool 2; avgpool 2; (conv 3x3 32, relu) x4;"
        "globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; conv 3x3 16, relu; maxpool 2; conv 3x3 16, relu; maxpool 2;"
        "(conv 3x3 32, relu) x4; globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    Where a filter against aliasing follows a maximum on purpose.

    ## Sources
    - Nikanjam et al., "Automatic Fault Detection for Deep Learning Programs Using Graph
      Transformations", TOSEM 2021 (poolings too many).
    """

    code = "SHP014"
    name = "pooling-after-pooling"
    severity = "warning"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding about each second pooling."""
        for op in seen.graph:
            if op.kind not in POOLINGS or not seen.is_map(op.name) or max(op.attributes["stride"]) == 1:
                continue
            first = seen.back(op.inputs[0], FOLLOWERS)
            if first is None or first.kind not in POOLINGS or max(first.attributes["stride"]) == 1:
                continue
            if len(seen.readers[first.name]) > 1:
                continue
            values = prod(first.attributes["stride"]) * prod(op.attributes["kernel"])
            if values <= 9:
                continue
            yield self.finding(
                f"{op.name} pools what {first.name} has pooled: one value is left of {count(values)}.",
                f"Put a convolution before {op.name}, or remove it.",
                measure=Measure(value=float(values), limit=9.0, wrong="above", high=float(max(32, values))),
                op=op.name,
            )
