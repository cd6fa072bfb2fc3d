"""WID004: more filters than a layer can use."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, set_argument
from striate.graph import Op
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed, percentage

_LIMIT = 1024


@register
class ThousandsOfFilters(TableRule):
    """A convolution with more than a thousand filters.

    ## What it looks for
    The number of filters of dense convolutions beyond 1×1. Limit: 1024, twice the widest layer of
    VGG and ResNet.

    ## Why it matters
    It is tempting to have as many filters as one likes, but parameters and work grow with the
    product of the widths of two layers, and memory with each. Depth buys more for the same price:
    at constant cost, accuracy grew with depth and hardly with width.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 32, relu; maxpool 2; conv 3x3 64, relu; conv 1x1 512, relu;"
        "conv 3x3 1536, relu; conv 3x3 32, relu; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 32, relu; maxpool 2; (conv 3x3 64, relu) x2;"
        "(conv 3x3 128, relu) x2; globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    In very large networks trained on very much data.

    ## Sources
    - He and Sun, "Convolutional Neural Networks at Constrained Time Cost", CVPR 2015, section 3.
    """

    code = "WID004"
    name = "thousands-of-filters"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the widest layer."""
        found = [op for op in seen.convolutions if _is_dense(op) and op.attributes["width"] > _LIMIT and seen.asks(op)]
        if not found:
            return
        op = max(found, key=lambda conv: int(conv.attributes["width"]))
        width = op.attributes["width"]
        others = [other.name for other in found if other is not op]
        more = f" {listed(others)} {'are' if len(others) > 1 else 'is'} above {count(_LIMIT)} too." if others else ""
        total = seen.cost.total.params
        share = 100 * seen.cost.ops[op.name].params / total if total else 0.0
        holds = f"less than {percentage(1)}" if share < 1 else percentage(share)
        yield self.finding(
            f"{op.name} has {count(width)} filters and {holds} of the parameters.{more}",
            f"Use fewer filters in {op.name} and more layers, or a 1×1 convolution before it.",
            measure=Measure(
                value=float(width), limit=float(_LIMIT), wrong="above", high=float(max(2048, width)), unit="filters"
            ),
            op=op.name,
            cure=Cure(edits=tuple(set_argument(other.name, "width", _LIMIT) for other in found)),
        )


def _is_dense(op: Op) -> bool:
    return bool(op.attributes["groups"] == 1 and max(op.attributes["kernel"]) > 1)
