"""Known networks as blueprints, each with where it was published and what it differs in."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from striate.blueprint.model import Blueprint
from striate.errors import unknown_name

_FOLDER = Path(__file__).parent / "networks"
PREFIX = "known:"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownNetwork:
    """A known network.

    Attributes:
        name: As a reference names it behind `known:` ("resnet50").
        title: As people call it ("ResNet-50").
        source: Where it was published, with the table or section.
        differs: What it does otherwise than published, or "none".
        equals: The reference whose traced table it equals, row by row; a sentence where there is none.
        plan: The blueprint.
    """

    name: str
    title: str
    source: str
    differs: str
    equals: str
    plan: Blueprint


def known_names() -> tuple[str, ...]:
    """Return the names of all known networks.

    Example:
        >>> "resnet50" in known_names()
        True
    """
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def known(name: str) -> KnownNetwork:
    """Return a known network by its name.

    Raises:
        UnknownNameError: There is none; the nearest names are told.

    Example:
        >>> known("lenet5").plan.graph().output.shape
        (1, 10)
    """
    if name not in known_names():
        raise unknown_name("network of striate known", name, list(known_names()))
    path = _FOLDER / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    heads = dict(line[2:].split(": ", 1) for line in text.splitlines() if line.startswith("# "))
    return KnownNetwork(
        name=name,
        title=heads["title"],
        source=heads["source"],
        differs=heads["differs"],
        equals=heads["equals"],
        plan=Blueprint.from_yaml(text, where=path.name),
    )
