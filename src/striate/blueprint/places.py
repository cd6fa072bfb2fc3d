"""Where a blueprint's ops stand in its file: the line and column of the item each op comes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

import yaml as _yaml

from striate.blueprint import text as _text
from striate.blueprint import vocabulary
from striate.blueprint.model import Blueprint, Path
from striate.blueprint.paper import written
from striate.blueprint.reading import YAML_ENDINGS
from striate.findings import Place


def places(plan: Blueprint, text: str, *, file: str) -> dict[str, Place]:
    """Return the place of every op of a blueprint in the text it was read from; ops of a repeat or block share theirs.

    Args:
        plan: What the text says.
        text: The whole file.
        file: Its name; `.yaml` and `.yml` are YAML, all others the one-line form.

    Example:
        >>> line = "input 1x8x8; (conv 3 4, relu) x2; classes 2"
        >>> found = places(Blueprint.from_text(line), line, file="net.txt")
        >>> str(found["conv2"]), str(found["classes"])
        ('net.txt:1:15', 'net.txt:1:35')
    """
    where = _in_yaml(text, plan.settings) if File(file).suffix in YAML_ENDINGS else _text.places(text)
    found = {}
    for op, origin in written(plan).origins.items():
        if origin.path in where:
            line, column = where[origin.path]
            found[op] = Place(file=file, line=line, column=column)
    return found


def _in_yaml(text: str, settings: Mapping[str, Any]) -> Mapping[Path, tuple[int, int]]:
    root = _yaml.compose(text, Loader=_yaml.SafeLoader)
    found: dict[Path, tuple[int, int]] = {}
    keys = _children(root)
    if "layers" in keys:
        count = _Rows(settings, found).rows(keys["layers"], ())
        if "output" in keys:
            found[count,] = _start(keys["output"])
    return found


class _Rows:
    """Finds the items of rows; a row in the one-line form may hold several."""

    def __init__(self, settings: Mapping[str, Any], found: dict[Path, tuple[int, int]]) -> None:
        self.settings = settings
        self.found = found

    def rows(self, node: _yaml.Node, above: Path) -> int:
        """Note the items of a list of rows; return how many there are."""
        rows = node.value if isinstance(node, _yaml.SequenceNode) else [node]
        count = 0
        for row in rows:
            count += self.row(row, above, count)
        return count

    def row(self, node: _yaml.Node, above: Path, number: int) -> int:
        """Note the items of one row, the first of which has that number; return how many there are."""
        here = (*above, number)
        if isinstance(node, _yaml.ScalarNode):
            return self.stage(node, above, number)
        keys = _children(node)
        self.found[here] = _start(node)
        if "repeat" in keys:
            self.rows(keys["layers"], here)
            return 1
        name, value = next(iter(keys.items()), ("", None))
        if name in vocabulary.MEETINGS and isinstance(value, _yaml.SequenceNode):
            for branch, rows in enumerate(value.value):
                if not _is_identity(rows):
                    self.rows(rows, (*here, branch))
        elif name == vocabulary.HEAD:
            parts = _children(value)
            count = self.rows(parts["layers"], here) if "layers" in parts else 0
            self.found[(*here, count)] = _start(parts["output"])
        return 1

    def stage(self, node: _yaml.ScalarNode, above: Path, number: int) -> int:
        line, column = _start(node)
        offsets = _text.places_of_items(node.value, settings=self.settings, first=number)
        # In a plain scalar on one line a character of the value is a character of the file.
        is_plain = node.style is None and node.start_mark.line == node.end_mark.line
        for path, offset in offsets.items():
            self.found[(*above, *path)] = (line, column + (offset if is_plain else 0))
        return max((path[0] for path in offsets), default=number - 1) - number + 1


def _is_identity(rows: _yaml.Node) -> bool:
    """Return whether a branch hands its value on: the word alone, or in a list."""
    if isinstance(rows, _yaml.SequenceNode) and len(rows.value) == 1:
        rows = rows.value[0]
    return bool(rows.value == vocabulary.IDENTITY)


def _children(node: _yaml.Node | None) -> dict[str, _yaml.Node]:
    if not isinstance(node, _yaml.MappingNode):
        return {}
    return {str(key.value): value for key, value in node.value}


def _start(node: _yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
