"""Named collections that a plug-in package can extend through entry points.

Kinds, rules, blocks and methods are all kept the same way: a noun, a group of entry points, and members by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Generic, TypeVar

from striate.errors import InputError, unknown_name

Member = TypeVar("Member")


class Registry(Generic[Member]):
    """Members by name, in the order they were added; plug-ins are read when first needed.

    Args:
        noun: What a member is called in messages ("layer word").
        group: Entry-point group of plug-ins ("striate.kinds"); each entry point loads to a member of that name, or to a
            module or class whose loading adds the members itself (with `register`).
        is_tolerant: Whether a plug-in that cannot be loaded is noted in `failures` instead of raising.

    Example:
        >>> shapes = Registry[int]("shape", "striate.shapes")
        >>> shapes.add("square", 4)
        4
        >>> shapes["square"], list(shapes)
        (4, ['square'])
    """

    def __init__(self, noun: str, group: str, *, is_tolerant: bool = False) -> None:
        self.noun = noun
        self.group = group
        self._is_tolerant = is_tolerant
        self._failures: dict[str, str] = {}
        self._members: dict[str, Member] = {}
        self._plugins_read = False

    def add(self, name: str, member: Member) -> Member:
        """Add a member and return it; a name can be taken once only."""
        if name in self._members:
            raise InputError(f"{self.noun} names must be unique", got=name, hint="Choose another name.")
        self._members[name] = member
        return member

    def __getitem__(self, name: str) -> Member:
        if name not in self._members:
            self._read_plugins()
        if name not in self._members:
            raise unknown_name(self.noun, name, list(self._members))
        return self._members[name]

    def __contains__(self, name: object) -> bool:
        if name not in self._members:
            self._read_plugins()
        return name in self._members

    def __iter__(self) -> Iterator[str]:
        self._read_plugins()
        return iter(tuple(self._members))

    def __len__(self) -> int:
        self._read_plugins()
        return len(self._members)

    def values(self) -> tuple[Member, ...]:
        """Return every member, plug-ins last."""
        self._read_plugins()
        return tuple(self._members.values())

    @property
    def failures(self) -> dict[str, str]:
        """Plug-ins that could not be loaded, by entry point, with the exception in one line."""
        self._read_plugins()
        return dict(self._failures)

    def _read_plugins(self) -> None:
        if self._plugins_read:
            return
        self._plugins_read = True
        from importlib.metadata import entry_points

        for point in entry_points(group=self.group):
            # A plug-in that uses our own decorators adds its members while it is loaded.
            count = len(self._members)
            try:
                loaded = point.load()
            except Exception as error:
                if not self._is_tolerant:
                    raise
                self._failures[point.name] = f"{type(error).__name__}: {' '.join(str(error).split())}"
                continue
            has_added = len(self._members) > count or isinstance(loaded, ModuleType)
            if point.name not in self._members and not has_added:
                self.add(point.name, loaded)
