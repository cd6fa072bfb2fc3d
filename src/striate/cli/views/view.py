"""What a view is asked, and where each lives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from striate.cli.explaining import Setting, check_named, read_settings
from striate.errors import UsageError
from striate.findings import Finding

# A view's module, by the method's name; the module has `view(request)`, and is imported when it is asked for.
VIEWS: Mapping[str, str] = {
    "feature_occlusion": "striate.cli.views.feature_occlusion",
    "invariance": "striate.cli.views.invariance",
    "linear_view": "striate.cli.views.linear_view",
    "neuron": "striate.cli.views.neuron",
    "shortcuts": "striate.cli.views.shortcuts",
    "activation_maps": "striate.cli.views.activation_maps",
    "weights": "striate.cli.views.weights",
    "class_images": "striate.cli.views.class_images",
    "unit_images": "striate.cli.views.unit_images",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was written on the command line.

    Attributes:
        method: As in METHOD, with underscores.
        network: A run folder, or any network reference.
        images: Image references, maybe none.
        classes: By name or number, as given.
        layer: "" if none was named.
        settings: Texts like "steps=50".
        out: Files to write; endings were checked.
        units: Like "features.4:12", as given.
        json: Whether one JSON object is printed instead of lines.
    """

    method: str
    network: str
    images: tuple[str, ...]
    classes: tuple[str, ...] = ()
    layer: str = ""
    settings: tuple[str, ...] = ()
    out: tuple[Path, ...] = ()
    units: tuple[str, ...] = ()
    json: bool = False

    @property
    def pictures(self) -> tuple[Path, ...]:
        """Those of the files that are pictures."""
        return tuple(path for path in self.out if path.suffix == ".png")

    def read(self, known: Mapping[str, Setting]) -> dict[str, Any]:
        """Return the settings by name, each of its type.

        Raises:
            UsageError: A setting the view does not have.
            InputError: A value of another type.
        """
        check_named(self.settings, known)
        return read_settings(self.settings, known)


View = Callable[[Request], Sequence[Finding]]


def view_of(name: str) -> View:
    """Return the function that answers a request: it prints, writes its files, and returns what it found wrong."""
    found: View = import_module(VIEWS[name]).view
    return found


def refuse(request: Request, **parts: bool) -> None:
    """Refuse the parts of a request that a view cannot use, like `layer=True`.

    Raises:
        UsageError: One of them was given.
    """
    for part in (part for part, is_refused in parts.items() if is_refused):
        given = getattr(request, part)
        if given:
            option = {"images": "IMAGE", "classes": "--class", "pictures": "a picture"}.get(part, f"--{part}")
            told = given if isinstance(given, str) else str(given[0])
            raise UsageError(f"{request.method} must come without {option}", got=told)
