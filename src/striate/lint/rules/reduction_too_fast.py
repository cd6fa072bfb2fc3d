"""SHP005: too much thrown away at once."""

from __future__ import annotations

from collections.abc import Iterator
from math import lcm

from striate.findings import Cure, Finding, Measure, set_argument
from striate.graph import Op, size, times
from striate.lint.paper import CONVOLUTIONS, FOLLOWERS, LEARNED, POOLINGS, Paper
from striate.lint.rule import TableRule, register
from striate.lint.steps import is_large_window, late_strides
from striate.numbers import count, figure

# The narrowest projections of good networks make a map 8.4 times smaller (GhostNet).
_LIMIT = 10.0
_THROUGH = FOLLOWERS | POOLINGS


@register
class ReductionTooFast(TableRule):
    """A representation that shrinks too fast.

    ## What it looks for
    One convolution or pooling, after the first learned layer, whose output has less than a
    tenth of the values that can have reached it (the narrowest map on the way there), map to
    map. Branches (where something else reads the same values), global pooling and the network's
    own output do not count; what late-large-stride and large-pooling-window name is left to them.
    Limit: 10 times.

    ## Why it matters
    What a narrow place does not let through is lost to all later layers. Size should fall
    gently from the input to the output: fast where neighbours repeat each other, slowly after.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 64, relu; maxpool 2; conv 3x3 4 stride 2, relu;"
        "conv 3x3 16, relu; conv 3x3 64, relu; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 64, relu; maxpool 2; conv 3x3 128 stride 2, relu;"
        "(conv 3x3 64, relu) x2; globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    In an autoencoder, where the narrow place is the aim.

    ## Sources
    - Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016, principle 1.
    """

    code = "SHP005"
    name = "reduction-too-fast"
    severity = "warning"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the op that drops most."""
        room, late = _room(seen), late_strides(seen)
        found: list[tuple[float, Op]] = []
        has_learned = False
        for op in seen.graph:
            factor = room[op.inputs[0]] / op.elements if op.inputs else 0.0
            is_told = op.name in late or is_large_window(seen, op)
            if has_learned and factor > _LIMIT and seen.asks(op) and not is_told and _is_narrow_way(seen, op):
                found.append((factor, op))
            has_learned = has_learned or op.kind in LEARNED
        if not found:
            return
        factor, op = max(found, key=lambda pair: pair[0])
        batch = seen.input[0]
        yield self.finding(
            f"{op.name} makes the representation {figure(factor)} times smaller at once: "
            f"{count(room[op.inputs[0]] // batch)} values can reach it, {times(op.shape[1:])} "
            "leave it.",
            "Spread the reduction over several layers, or let the channels grow where the map shrinks.",
            measure=Measure(value=factor, limit=_LIMIT, wrong="above", low=1.0, high=max(16.0, factor), unit="×"),
            op=op.name,
            cure=_cure(op, room[op.inputs[0]]),
        )


def _cure(op: Op, room: int) -> Cure | None:
    """Let a convolution's channels grow, in eights, until a tenth of what reached it leaves it."""
    if op.kind not in CONVOLUTIONS:
        return None
    step = lcm(8, op.attributes["groups"])
    least = -(-room // int(_LIMIT * (op.elements // op.attributes["width"])))
    return Cure(edits=(set_argument(op.name, "width", -(-least // step) * step),))


def _room(paper: Paper) -> dict[str, int]:
    """Return how many values can have reached each place: widening again brings nothing back."""
    room = {name: size(shape) for name, shape in paper.graph.conditions.inputs.items()}
    for op in paper.graph:
        reached = sum(room[name] for name in set(op.inputs))
        room[op.name] = min(op.elements, reached) if op.inputs else op.elements
    return room


def _is_narrow_way(paper: Paper, op: Op) -> bool:
    """Tell whether all that reads the map behind an op goes through the op."""
    if paper.window(op) is None or not paper.is_map(op.name) or op.name in paper.graph.outputs:
        return False
    name = op.inputs[0]
    while name in paper.ops and paper.ops[name].kind in _THROUGH:
        name = paper.ops[name].inputs[0]
    source = paper.ops.get(name)
    parts = source.inputs if source is not None and source.kind == "concat" else ()
    return not _goes_around(paper, [name, *parts], op)


def _goes_around(paper: Paper, names: list[str], op: Op) -> bool:
    """Tell whether some of the values reach the output without going through an op."""
    seen = {op.name}
    while names:
        name = names.pop()
        if name in paper.graph.outputs:
            return True
        for reader in paper.readers[name]:
            if reader.name not in seen:
                seen.add(reader.name)
                names.append(reader.name)
    return False
