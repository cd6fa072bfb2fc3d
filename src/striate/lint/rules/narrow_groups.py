"""WID002: groups of a few channels."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from striate.findings import Cure, Edit, Finding, Measure, set_argument
from striate.graph import Op
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed, plural

_LIMIT = 16


@register
class NarrowGroups(TableRule):
    """Grouped convolutions with narrow groups.

    ## What it looks for
    Convolutions in more than one group, depthwise ones apart, with fewer channels a group than 16,
    read or made. Limit: 16.

    ## Why it matters
    The multiplications saved on paper are not saved in time: blocks of 8 or 16 channels are
    multiplied at once, and most of a block stays empty. A few wide groups are faster than many
    narrow ones of the same count.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 32, relu; maxpool 2; conv 3x3 32 groups 8, relu;"
        "(conv 3x3 32, relu) x3; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 32, relu; maxpool 2; conv 3x3 32 groups 2, relu;"
        "(conv 3x3 32, relu) x3; globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    With published networks that were measured so, as ResNeXt, and where parameters count and time
    does not.

    ## Sources
    - NVIDIA, "Convolutional Layers User's Guide", 2023.
    - Xie et al., "Aggregated Residual Transformations for Deep Neural Networks", CVPR 2017.
    """

    code = "WID002"
    name = "narrow-groups"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the narrowest groups."""
        found = [
            (width, op) for op in seen.convolutions if seen.asks(op) and (width := _group_width(seen, op)) < _LIMIT
        ]
        if not found:
            return
        width, op = min(found, key=lambda pair: pair[0])
        others = [other.name for _, other in found if other is not op]
        more = f" {listed(others)} {'have' if len(others) > 1 else 'has'} narrow ones too." if others else ""
        yield self.finding(
            f"{op.name} has {plural(op.attributes['groups'], 'group')} of {count(width)} channels.{more}",
            f"Use fewer groups in {op.name}, of at least {count(_LIMIT)} channels.",
            measure=Measure(
                value=float(width), limit=float(_LIMIT), wrong="below", low=1.0, high=64.0, unit="channels"
            ),
            op=op.name,
            cure=Cure(edits=tuple(_edit(seen, other) for _, other in found)),
        )


def _edit(paper: Paper, op: Op) -> Edit:
    """Take the most groups that are wide enough; none at all if no number of them is."""
    read, made = paper.read_by(op)[1], op.attributes["width"]
    fitting = [n for n in range(2, gcd(read, made) + 1) if gcd(read, made) % n == 0 and min(read, made) // n >= _LIMIT]
    return set_argument(op.name, "groups", max(fitting, default=None))


def _group_width(paper: Paper, op: Op) -> int:
    """Return the channels of a group, and the limit where groups do not matter."""
    groups = op.attributes["groups"]
    read, made = paper.read_by(op)[1], op.attributes["width"]
    if groups in (1, read) or not paper.is_map(op.inputs[0]):
        return _LIMIT
    return int(min(read, made) // groups)
