"""The tree of modules that a blueprint becomes, and where its ops come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from striate.blueprint.model import Item, Path
from striate.graph import Shape
from striate.kinds import Call


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module of the tree that a blueprint becomes.

    Attributes:
        name: Within the module it stands in.
        sort: A single "op", a "sequence", a "join" of branches, or a "head" that branches off.
        shape: What it gives, batch first.
        call: The constructor of an op.
        parts: What stands in it: the members of a sequence or head, the branches of a join (in order, sequences).
        meeting: The kind that joins the branches: "add", "mul" or "concat".
    """

    name: str
    sort: Literal["op", "sequence", "join", "head"]
    shape: Shape
    call: Call | None = None
    parts: tuple[Module, ...] = ()
    meeting: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an op comes from.

    Attributes:
        number: Of the item, counted in the order they run.
        path: Where the item is written.
        is_within: Whether the item is a block that stands for more, or branches that meet in the op.
    """

    number: int
    path: Path
    is_within: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What came of writing a blueprint out: its table's origins, its modules, and the blocks spelled out, by number."""

    origins: Mapping[str, Origin]
    modules: tuple[Module, ...]
    spelled: Mapping[int, tuple[Item, ...]]
