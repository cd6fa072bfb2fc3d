"""WID005: groups that never hear of each other."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, before
from striate.graph import Op
from striate.lint.paper import CONVOLUTIONS, FOLLOWERS, POOLINGS, Paper
from striate.lint.remedies import activation_word, conv_text
from striate.lint.rule import TableRule, register
from striate.numbers import count

_THROUGH = FOLLOWERS | POOLINGS
_LIMIT = 2


@register
class UnmixedGroups(TableRule):
    """Grouped convolutions in a row.

    ## What it looks for
    The longest row of convolutions in the same groups, depthwise ones included, with nothing
    between them that mixes channels: no 1×1 or dense convolution, no sum with another branch, no
    shuffle. Limit: 2, as NFNet has.

    ## Why it matters
    Each output of such a row depends on the channels of its own group only: the network falls into
    as many thin networks side by side, which never learn what belongs together.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 32 stride 2, relu; (conv 3x3 32 groups 32, relu) x4;"
        "globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 32 stride 2, relu;"
        "(conv 3x3 32 groups 32, relu; conv 1x1 32, relu) x4; globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    Where a large depthwise kernel was split into two on purpose.

    ## Sources
    - Zhang et al., "ShuffleNet: An Extremely Efficient Convolutional Neural Network for Mobile
      Devices", CVPR 2018, section 3.1.
    """

    code = "WID005"
    name = "unmixed-groups"
    severity = "warning"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the longest row."""
        rows: dict[str, list[Op]] = {}
        for op in seen.convolutions:
            first = _first(seen, op)
            rows[op.name] = [op] if first is None else [*rows.pop(first.name), op]
        row = max((row for row in rows.values() if seen.asks(row[-1])), key=len, default=[])
        length = len(row)
        if length <= _LIMIT:
            return
        op, groups = row[-1], row[-1].attributes["groups"]
        conv = conv_text(len(op.attributes["kernel"]), 1, seen.read_by(op)[1])
        yield self.finding(
            f"{count(length)} grouped convolutions stand in a row, up to {op.name}, and nothing mixes their "
            f"{count(groups)} groups.",
            f"Put a 1×1 convolution before {op.name}, or shuffle the channels there.",
            measure=Measure(
                value=float(length), limit=float(_LIMIT), wrong="above", high=float(max(6, length)), unit="layers"
            ),
            op=op.name,
            # Two in a row may stay: a layer that mixes stands before every second one.
            cure=Cure(edits=tuple(before(late.name, conv, activation_word(seen)) for late in row[_LIMIT::_LIMIT])),
        )


def _first(paper: Paper, op: Op) -> Op | None:
    """Return the convolution in the same groups that an op reads, None if something mixes before it."""
    groups = op.attributes["groups"]
    if groups == 1 or not paper.is_map(op.inputs[0]):
        return None
    first = paper.back(op.inputs[0], _THROUGH)
    if first is None or first.kind not in CONVOLUTIONS or first.attributes["groups"] != groups:
        return None
    return first if len(paper.readers[first.name]) == 1 else None
