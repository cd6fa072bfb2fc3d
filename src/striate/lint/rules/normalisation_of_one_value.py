"""NRM007: a value normalised by itself."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from striate.findings import Cure, Edit, Finding, Measure, remove, replaced
from striate.graph import Op, size, times
from striate.lint.paper import Paper
from striate.lint.remedies import group_count
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed

_NORMS = frozenset({"instancenorm", "groupnorm", "layernorm"})


@register
class NormalisationOfOneValue(TableRule):
    """Normalisation of a single value.

    ## What it looks for
    Instance, group or layer normalisation whose mean and variance are taken over one value: a group
    of one channel, or each channel, on a map of one place. Limit: 2 values.

    ## Why it matters
    A value less its own mean is zero, whatever it was. Nothing that stands before such a layer
    reaches its output, and nothing there gets a gradient.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16, relu) x2; maxpool 2; (conv 3x3 32, relu) x4; globalavgpool;"
        "conv 1x1 32, instancenorm, relu; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16, relu) x2; maxpool 2; (conv 3x3 32, relu) x4; globalavgpool;"
        "conv 1x1 32, groupnorm 4, relu; classes 10"
    )
    ```

    ## When to ignore it
    Never; unless the table holds for a much smaller input than will be used.

    ## Sources
    - Wu and He, "Group Normalization", ECCV 2018, section 3.1.
    """

    code = "NRM007"
    name = "normalisation-of-one-value"
    severity = "error"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding for all such layers."""
        found = [op for op in seen.graph if op.kind in _NORMS and _values(seen, op) == 1 and seen.asks(op)]
        if not found:
            return
        op = found[0]
        others = [other.name for other in found[1:]]
        more = f", and so {'do' if len(others) > 1 else 'does'} {listed(others)}" if others else ""
        yield self.finding(
            f"{op.name} takes its statistics from {count(1)} value each, on {times(seen.read_by(op)[1:])}{more}: its "
            "output does not depend on its input.",
            f"Use groups of several channels for {op.name}, or remove it.",
            measure=Measure(value=1.0, limit=2.0, wrong="below", low=1.0, high=8.0, unit="values"),
            op=op.name,
            cure=Cure(edits=tuple(_edit(norm) for norm in found)),
        )


def _edit(op: Op) -> Edit:
    """Take groups of several channels; nothing is left to normalise where there is one channel only."""
    channels = op.shape[1]
    return replaced(op.name, [f"groupnorm {group_count(channels, 1)}"]) if channels > 1 else remove(op.name)


def _values(paper: Paper, op: Op) -> int:
    """Return how many values are normalised together."""
    shape = paper.read_by(op)
    places = size(shape[2:])
    if op.kind == "layernorm":
        return prod(op.attributes["over"])
    return places if op.kind == "instancenorm" else places * (shape[1] // op.attributes["groups"])
