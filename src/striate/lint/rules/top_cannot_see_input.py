"""RCF001: the last units see a part of the input only."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.graph import Op, times
from striate.lint.paper import POOLINGS, Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, figure

_AVERAGES = {"mean", "globalavgpool", "globalmaxpool"}


@register
class TopCannotSeeInput(TableRule):
    """A last map whose units cannot see the whole input.

    ## What it looks for
    The theoretical receptive field of the last map, along its shorter axis. If nothing global
    follows, so that the output is a map (a mask, boxes), the limit is the input's side. If global
    pooling follows, which only adds up what the units of the last map saw one by one, the limit is
    half the side. If fully connected layers read the whole map, or something global stands
    earlier, it is silent.

    ## Why it matters
    A unit cannot put together what it cannot see at once. Pooling over such units counts parts,
    but cannot tell how they lie to each other: a face from its pieces in disorder.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text("input 1x28x28; (conv 3x3 16, relu) x2; globalavgpool; classes 10")
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; ((conv 3x3 16, relu) x2; maxpool 2) x2; conv 3x3 16, relu;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    When texture is the answer, or the object is known to be smaller than the field: where the
    output is a map, compare the field with the object, not with the input.

    ## Sources
    - Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks",
      Distill 2019.
    - Brendel and Bethge, "Approximating CNNs with Bag-of-Local-Features Models", ICLR 2019.
    """

    code = "RCF001"
    name = "top-cannot-see-input"
    severity = "note"

    def applies(self, paper: Paper) -> bool:
        """Return whether the field of the last map is known, or does not matter."""
        name, reader = _last_map(paper)
        is_learned = reader is not None and not _is_pooling(reader)
        return len(paper.input) > 2 and bool(paper.convolutions) and (is_learned or paper.fields[name].is_known)

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding if the field of the last map is too small."""
        name, reader = _last_map(seen)
        field = seen.fields[name]
        if field.is_global or not field.axes or (reader is not None and not _is_pooling(reader)):
            return
        sides = seen.input[2:]
        sizes = [axis.size_px for axis in field.axes]
        axis = min(range(len(sides)), key=lambda number: sizes[number] / sides[number])
        limit = sides[axis] / 2 if reader else float(sides[axis])
        if sizes[axis] >= limit:
            return
        seen_px = f"sees {count(sizes[axis])} of {count(sides[axis])} px"
        enough = f"layers or an early pooling until the field reaches {figure(limit)} px of the {times(sides)} input"
        yield self.finding(
            f"Each unit of the last map, {name}, {seen_px}, and global pooling only adds up what they see."
            if reader
            else f"Each unit of the output, {name}, which is a map, {seen_px}.",
            f"Add {enough}."
            if reader
            else f"Compare with the object: if it is larger than {count(sizes[axis])} px, add {enough}.",
            measure=Measure(
                value=float(sizes[axis]),
                limit=limit,
                wrong="below",
                high=float(sides[axis]),
                unit="px",
            ),
            op=name,
        )


def _last_map(paper: Paper) -> tuple[str, Op | None]:
    """Return the last value with more than one place, and the op that makes one place of it."""
    name, reader = paper.graph.outputs[0], None
    while not paper.is_map(name) and name in paper.ops and paper.ops[name].inputs:
        reader = paper.ops[name]
        name = reader.inputs[0]
    return name, reader


def _is_pooling(op: Op) -> bool:
    """Tell whether an op only adds up or compares the places of a map."""
    return op.kind in _AVERAGES | POOLINGS
