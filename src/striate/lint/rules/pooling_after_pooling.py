"""SHP014: two poolings with nothing learned between them."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from striate.findings import Cure, Finding, Measure, before
from striate.graph import Op
from striate.lint.paper import FOLLOWERS, POOLINGS, Paper
from striate.lint.remedies import activation_word, conv_text
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed

_LIMIT = 9


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
        """Yield one finding, about the pair that leaves least."""
        pairs = [(first, op) for op in seen.graph if seen.asks(op) and (first := _first(seen, op))]
        found = [(values, first, op) for first, op in pairs if (values := _values(first, op)) > _LIMIT]
        if not found:
            return
        values, first, op = max(found, key=lambda pair: pair[0])
        others = [other.name for _, _, other in found if other is not op]
        conv = conv_text(len(op.attributes["kernel"]), 3, op.shape[1])
        more = f" {listed(others)} {'do' if len(others) > 1 else 'does'} so too." if others else ""
        yield self.finding(
            f"{op.name} pools what {first.name} has pooled: one value is left of {count(values)}.{more}",
            f"Put a convolution before {op.name}, or remove it.",
            measure=Measure(
                value=float(values), limit=float(_LIMIT), wrong="above", high=float(max(32, values)), unit="values"
            ),
            op=op.name,
            cure=Cure(edits=tuple(before(late.name, conv, activation_word(seen)) for _, _, late in found)),
        )


def _first(paper: Paper, op: Op) -> Op | None:
    """Return the pooling that an op, itself one, reads; None if something learned stands between."""
    if not _steps(op) or not paper.is_map(op.name):
        return None
    first = paper.back(op.inputs[0], FOLLOWERS)
    return first if first is not None and _steps(first) and len(paper.readers[first.name]) == 1 else None


def _steps(op: Op) -> bool:
    return op.kind in POOLINGS and max(op.attributes["stride"]) > 1


def _values(first: Op, op: Op) -> int:
    """Return how many values the two together make one of."""
    return int(prod(first.attributes["stride"]) * prod(op.attributes["kernel"]))
