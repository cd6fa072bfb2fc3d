"""Writing to the terminal, and reading what options say."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from striate.errors import InputError
from striate.findings import Finding

if TYPE_CHECKING:
    from rich.console import Console


def print_line(text: str) -> None:
    """Print one line as it is."""
    sys.stdout.write(text + "\n")


def print_json(document: object) -> None:
    """Print one JSON object."""
    sys.stdout.write(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def console(*, stderr: bool = False) -> Console:
    """Return rich's console; words in square brackets are printed, not taken for markup."""
    from rich.console import Console

    screen = Console(stderr=stderr, markup=False, highlight=False, soft_wrap=True)
    if not screen.is_terminal:
        screen.width = 120
    return screen


def end_with(findings: Sequence[Finding]) -> None:
    """End the command with 1 if there is a warning or an error, go on with 0 if there are only notes or nothing."""
    if any(finding.severity != "note" for finding in findings):
        raise typer.Exit(1)


def size_option(text: str) -> tuple[int, ...] | dict[str, tuple[int, ...]] | None:
    """Return the size an option like 3x224x224 states, or sizes by input name; None if it is empty.

    Example:
        >>> size_option("3x32x32"), size_option("image=3x32x32,mask=1x32x32")
        ((3, 32, 32), {'image': (3, 32, 32), 'mask': (1, 32, 32)})
    """
    if not text:
        return None
    if "=" not in text:
        return _size(text)
    pairs = [part.partition("=") for part in text.split(",")]
    return {name.strip(): _size(size.strip()) for name, _, size in pairs}


def _size(text: str) -> tuple[int, ...]:
    if not re.fullmatch(r"\d+(x\d+)*", text):
        raise InputError(
            "a size must be numbers with x between them",
            got=text,
            where="--input",
            hint="Like 3x224x224; several inputs like image=3x224x224,mask=1x224x224.",
        )
    return tuple(int(part) for part in text.split("x"))
