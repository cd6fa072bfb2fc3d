"""From a table to the blueprint that writes it, or the op at which words end."""

from __future__ import annotations

from collections.abc import Sequence

from striate.blueprint.importing.checking import skipped
from striate.blueprint.importing.endings import Ending, Ends, ends
from striate.blueprint.importing.folding import Folder
from striate.blueprint.importing.pieces import refused
from striate.blueprint.importing.spelling import Speller
from striate.blueprint.importing.structure import Structure
from striate.blueprint.importing.wiring import Wiring
from striate.blueprint.model import Blueprint, Head, Item
from striate.errors import BlueprintError, Quoted, StriateError
from striate.graph import Graph
from striate.records.output import OutputKind


def from_graph(graph: Graph, *, names: Sequence[str] = (), output: OutputKind = "classes") -> Blueprint:
    """Return the blueprint of a table; see `Blueprint.from_graph`."""
    speller = Speller()
    wiring = Wiring(graph, skipped(graph, speller))
    found = ends(Structure(wiring, speller))
    folder = Folder(speller)
    plan = Blueprint(
        input=next(iter(graph.conditions.inputs.values()))[1:],
        items=_items(found, folder, output),
        output=_kind(found.trunk, output),
        names=_names(names, found.trunk.count),
        by=found.trunk.by,
    )
    _check_equal(plan, graph)
    return plan


def _items(found: Ends, folder: Folder, output: OutputKind) -> tuple[Item, ...]:
    """Return the items of the trunk, with the heads behind what they read."""
    items: list[Item] = []
    rest = list(found.trunk.pieces)
    for root, ending in found.heads:
        at = next((number for number, piece in enumerate(rest, start=1) if piece.op == root), 0)
        items += folder.items(rest[:at])
        rest = rest[at:]
        head = Head(
            items=folder.items(ending.pieces, by=ending.by),
            output=_kind(ending, output),
            names=_names((), ending.count),
            by=ending.by,
        )
        items.append(head)
    return (*items, *folder.items(rest, by=found.trunk.by))


def _kind(ending: Ending, output: OutputKind) -> OutputKind:
    """Return what an output is called: one value alone cannot be classes."""
    return "values" if output == "classes" and ending.count < 2 else output


def _names(names: Sequence[str], count: int) -> tuple[str, ...]:
    if names and (len(names) != count or len(set(names)) < count):
        raise BlueprintError(f"names must be {count}, all different", got=Quoted(f"{len(names)}: {', '.join(names)}"))
    return tuple(names) or tuple(str(number) for number in range(count))


def _check_equal(plan: Blueprint, graph: Graph) -> None:
    """Refuse a blueprint that does not read, or whose table is another."""
    try:
        read = Blueprint.from_text(plan.to_text(), where="the imported text")
        made = read.graph(batch=graph.conditions.batch, mode=graph.conditions.mode)
    except StriateError as cause:
        raise BlueprintError("what is imported must be a blueprint", got=Quoted(str(cause))) from cause
    theirs, ours = graph.canonical_rows(), made.canonical_rows()
    for (op, row), (_, mine) in zip(theirs, ours, strict=False):
        if row != mine:
            raise refused(
                "branches must run one after the other, in the order in which they meet",
                op,
                hint="These run by turns, or the later one first.",
            )
    if len(theirs) != len(ours) or _places(graph) != _places(made):
        raise BlueprintError("the tables must have the same rows", got=Quoted(f"{len(theirs)} and {len(ours)}"))


def _places(graph: Graph) -> list[int]:
    """Return where the outputs stand among the rows that count; one that does nothing stands where what it reads does."""
    rows = {op.name: number for number, (op, _) in enumerate(graph.canonical_rows())}
    found = []
    for name in graph.outputs:
        while name not in rows and name not in graph.conditions.inputs:
            name = graph[name].inputs[0]
        found.append(rows.get(name, -1))
    return found
