"""WID003: a sudden jump in width."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, set_argument
from striate.graph import Op
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, figure

_LIMIT = 4.0


@register
class WidthJump(TableRule):
    """A sudden jump in the number of filters.

    ## What it looks for
    Dense convolutions beyond 1×1, after the first, that make more than 4 times the channels they
    read. 1×1 convolutions, which widen and narrow on purpose, and maps of one place do not count.
    Limit: 4 times.

    ## Why it matters
    What is made from a few channels can hold little more than they do: most of the new filters
    repeat each other, and cost memory, parameters and time in this layer and the next. Widths that
    double where the map is halved keep the work of all layers alike.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 8, relu; maxpool 2; conv 3x3 64, relu;"
        "(conv 3x3 64, relu) x3; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 32, relu; maxpool 2; (conv 3x3 64, relu) x4; globalavgpool;"
        "classes 10"
    )
    ```

    ## When to ignore it
    In a last layer that makes features for a vector, where narrow filters are not the point.

    ## Sources
    - Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015, section 2.1.
    - Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016, principle 4.
    """

    code = "WID003"
    name = "width-jump"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the largest jump."""
        found = [(jump, op) for op in seen.convolutions[1:] if seen.asks(op) and (jump := _jump(seen, op)) > _LIMIT]
        if not found:
            return
        jump, op = max(found, key=lambda pair: pair[0])
        read, made = seen.read_by(op)[1], op.attributes["width"]
        yield self.finding(
            f"{op.name} makes {count(made)} channels of {count(read)}, {figure(jump)} times as many.",
            f"Use at most {count(int(_LIMIT) * read)} filters in {op.name}, or more in the layers before it.",
            measure=Measure(value=jump, limit=_LIMIT, wrong="above", low=1.0, high=max(16.0, jump), unit="×"),
            op=op.name,
            cure=Cure(edits=(set_argument(op.name, "width", int(_LIMIT) * read),)),
        )


def _jump(paper: Paper, op: Op) -> float:
    attributes = op.attributes
    is_dense = op.kind == "conv" and attributes["groups"] == 1 and max(attributes["kernel"]) > 1
    reads_input = op.inputs[0] in paper.graph.conditions.inputs
    if not is_dense or reads_input or not paper.is_map(op.name):
        return 1.0
    return float(attributes["width"] / paper.read_by(op)[1])
