"""Where a blueprint's ops stand in its file: the line and column of the layer each op comes from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as File

import yaml as _yaml

from striate.blueprint import text as _text
from striate.blueprint.model import Blueprint, Path
from striate.blueprint.paper import origins
from striate.findings import Place

YAML_ENDINGS = frozenset({".yaml", ".yml"})


def places(plan: Blueprint, text: str, *, file: str) -> dict[str, Place]:
    """Return the place of every op of a blueprint in the text it was read from; ops of a repeat share theirs.

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
    written = _in_yaml(text) if File(file).suffix in YAML_ENDINGS else _text.places(text)
    paths = [path for path, _ in plan.paths()] + [(len(plan.items),)]
    found = {}
    for op, number in origins(plan).items():
        if paths[number] in written:
            line, column = written[paths[number]]
            found[op] = Place(file=file, line=line, column=column)
    return found


def _in_yaml(text: str) -> Mapping[Path, tuple[int, int]]:
    root = _yaml.compose(text, Loader=_yaml.SafeLoader)
    found: dict[Path, tuple[int, int]] = {}
    keys = _children(root)
    if "layers" in keys:
        _layers(keys["layers"], (), found)
        if "output" in keys:
            found[len(keys["layers"].value),] = _start(keys["output"])
    return found


def _layers(node: _yaml.Node, above: Path, found: dict[Path, tuple[int, int]]) -> None:
    for number, item in enumerate(node.value):
        keys = _children(item)
        if "repeat" in keys:
            _layers(keys["layers"], (*above, number), found)
        else:
            found[*above, number] = _start(item)


def _children(node: _yaml.Node | None) -> dict[str, _yaml.Node]:
    if not isinstance(node, _yaml.MappingNode):
        return {}
    return {str(key.value): value for key, value in node.value}


def _start(node: _yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
