"""Reading a blueprint from a file."""

from __future__ import annotations

from pathlib import Path

from striate.blueprint.known import PREFIX, known
from striate.blueprint.model import Blueprint
from striate.errors import InputError

MOST_BYTES = 1_000_000
YAML_ENDINGS = frozenset({".yaml", ".yml"})


def is_blueprint_file(reference: object) -> bool:
    """Return whether a reference names a blueprint's file, by its ending; known networks are not files.

    Example:
        >>> is_blueprint_file("net.yaml"), is_blueprint_file("runs/a")
        (True, False)
    """
    return isinstance(reference, str | Path) and Path(reference).suffix in {*YAML_ENDINGS, ".txt"}


def is_blueprint(reference: object) -> bool:
    """Return whether a reference names a blueprint: a file's, or a known network's.

    Example:
        >>> is_blueprint("net.yaml"), is_blueprint("known:resnet50"), is_blueprint("timm:resnet50")
        (True, True, False)
    """
    return is_known(reference) or is_blueprint_file(reference)


def is_known(reference: object) -> bool:
    """Return whether a reference names a known network: `known:resnet50`."""
    return isinstance(reference, str) and reference.startswith(PREFIX)


def read_blueprint(path: Path | str) -> Blueprint:
    """Return the blueprint in a `.yaml` file, or in a text file that holds its one line; or a known network's.

    Raises:
        InputError: No such file, or far too large.
        UnknownNameError: No known network of that name.
        BlueprintError: It does not read.

    Example:
        >>> read_blueprint("known:lenet5").to_text().partition(";")[0]
        'input 1x32x32'
    """
    if isinstance(path, str) and is_known(path):
        return known(path.removeprefix(PREFIX)).plan
    path = Path(path)
    if not path.is_file():
        raise InputError(
            "a blueprint file must exist",
            got=str(path),
            hint=f'Make one: striate new {path} --text "input …"',
        )
    if path.stat().st_size > MOST_BYTES:
        raise InputError("a blueprint file must be under 1 MB", got=path.stat().st_size, where=str(path))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as cause:
        raise InputError("a blueprint file must be UTF-8 text", got=str(cause), where=str(path)) from cause
    if path.suffix in YAML_ENDINGS:
        return Blueprint.from_yaml(text, where=str(path))
    return Blueprint.from_text(text, where=str(path))
