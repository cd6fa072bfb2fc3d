"""What cannot be said whatever its surroundings: told at the first op, in the order they run."""

from __future__ import annotations

from striate.blueprint.importing.pieces import refused
from striate.blueprint.importing.spelling import Speller, words_for
from striate.blueprint.importing.structure import JOINING
from striate.errors import BlueprintError, Quoted
from striate.graph import Graph, Op, times
from striate.kinds import kind_of

_NO_WORD = "every op must have a word"


def skipped(graph: Graph, speller: Speller) -> frozenset[str]:
    """Return the ops that hand on what they read and need no word; refuse the first that cannot be said.

    Raises:
        BlueprintError: Another number of inputs than one, or an op that no word writes.
    """
    inputs = graph.conditions.inputs
    if len(inputs) != 1:
        raise BlueprintError("a blueprint must have one input", got=Quoted(", ".join(inputs) or "none"))
    name, shape = next(iter(inputs.items()))
    if not 3 <= len(shape) <= 5:
        raise BlueprintError("the input must have channels and one to three axes", got=shape[1:], where=name)
    found: set[str] = set()
    keys: dict[str, str] = {}
    reached = _reached(graph)
    for op in graph:
        is_idle = graph.does_nothing(op) and not op.attributes.get("stops")
        if is_idle and (op.kind == "identity" or op.attributes.get("share") == 0):
            found.add(op.name)
            continue
        if not _is_said(op, graph, speller):
            if not is_idle:
                raise _unsaid(op, graph)
            found.add(op.name)
        for param in op.params:
            if param.key and param.key in keys:
                raise refused(
                    "every layer must have weights of its own",
                    op,
                    hint=f"It shares {param.key} with {keys[param.key]}.",
                )
            keys[param.key] = op.name
        if op.name not in reached and not is_idle:
            raise refused("every op must have a part in an output", op, hint="Nothing that is returned reads it.")
    return frozenset(found)


def _is_said(op: Op, graph: Graph, speller: Speller) -> bool:
    if op.kind in JOINING and len(op.inputs) > 1:
        return _meets(op, graph)
    if op.kind == "concat" and len(op.inputs) == 1 and not op.params:
        return True
    return len(op.inputs) == 1 and speller(op, graph.input_shapes(op)[0]) is not None


def _meets(op: Op, graph: Graph) -> bool:
    shapes = graph.input_shapes(op)
    if op.params:
        return False
    if op.kind == "concat":
        return op.attributes == {"axis": 1}
    if op.kind == "add":
        return not op.attributes and len(set(shapes)) == 1
    return not op.attributes and len({len(shape) for shape in shapes}) == 1


def _unsaid(op: Op, graph: Graph) -> BlueprintError:
    """Return why an op cannot be said, and which words are near."""
    if op.kind in JOINING and op.inputs:
        return _unmet(op, graph)
    near = [found.word.name for found in words_for(op.kind) if found.word is not None]
    reasons = (
        (kind_of(op.kind) is None, "every op must be of a known kind", ""),
        (not op.inputs, "every value must come from the input", "No word gives a parameter or table by itself."),
        (op.attributes.get("stops"), "gradients must flow everywhere", "No word stops them."),
        (len(op.inputs) > 1, "a layer must read one value", f"This one reads {', '.join(op.inputs)}."),
        (not near, _NO_WORD, f"No word writes {op.kind}."),
    )
    for holds, rule, hint in reasons:
        if holds:
            return refused(rule, op, hint=hint)
    shown = [f"{name} {value}" for name, value in op.attributes.items()]
    shown.append(f"parameters {', '.join(param.name for param in op.params) or 'none'}")
    return refused(_NO_WORD, op, hint=f"Near: {', '.join(near)}; none with {', '.join(shown)}.")


def _unmet(op: Op, graph: Graph) -> BlueprintError:
    """Return why a sum, product or concatenation is none of branches."""
    if len(op.inputs) < 2:
        what = "a parameter" if op.params else "a number"
        return refused("branches must meet each other", op, hint=f"This is arithmetic with {what}, which has no word.")
    if op.params or {"divides", "subtracts", "alpha"} & op.attributes.keys():
        what = (
            "a parameter takes part" if op.params else "one is divided by, subtracted from or weighted beside the other"
        )
        return refused("branches must meet in a plain sum, product or concatenation", op, hint=f"Here {what}.")
    if op.kind == "concat":
        return refused("branches must meet along their channels", op, hint=f"Here it is axis {op.attributes['axis']}.")
    shapes = " and ".join(times(shape[1:]) for shape in graph.input_shapes(op))
    return refused("branches must have equal shapes where they meet", op, hint=f"Here they have {shapes}.")


def _reached(graph: Graph) -> set[str]:
    """Return the values that have a part in an output."""
    found = set(graph.outputs)
    for op in reversed(graph.ops):
        if op.name in found:
            found.update(op.inputs)
    return found
