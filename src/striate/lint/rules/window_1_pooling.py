"""SHP003: a pooling over one value."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, remove
from striate.lint.paper import POOLINGS, Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed


@register
class WindowOnePooling(TableRule):
    """A pooling whose window is one pixel.

    ## What it looks for
    Maximum or average pooling with kernel 1 and stride 1 along every axis. Limit: a window of
    2.

    ## Why it matters
    The maximum or mean of one value is that value: the layer does nothing. As a rule a size was
    left at its default, and the map stays larger than was meant.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 5x5 8, relu; maxpool 1; (conv 5x5 8, relu) x3;"
        "globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 5x5 8, relu; maxpool 2; (conv 5x5 8, relu) x3;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    In a search where a window of 1 stands for "no pooling".

    ## Sources
    - Nikanjam et al., "Automatic Fault Detection for Deep Learning Programs Using Graph
      Transformations", TOSEM 2021 (ineffective pooling).
    """

    code = "SHP003"
    name = "window-1-pooling"
    severity = "warning"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding for all such poolings."""
        found = [
            op.name
            for op in seen.graph
            if op.kind in POOLINGS
            and seen.asks(op)
            and set(op.attributes["kernel"]) == {1}
            and set(op.attributes["stride"]) == {1}
        ]
        if not found:
            return
        verb = "pools" if len(found) == 1 else "pool"
        yield self.finding(
            f"{listed(found)} {verb} over {count(1)} pixel, which changes nothing.",
            f"Give {found[0]} a window of at least 2, or remove it.",
            measure=Measure(value=1.0, limit=2.0, wrong="below", high=4.0, unit="px"),
            op=found[0],
            cure=Cure(edits=tuple(remove(name) for name in found), is_same_function=True),
        )
