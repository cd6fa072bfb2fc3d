"""What `striate explain --list` shows: every method, what it takes, what it answers, what `--set` can change."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from striate.cli.explaining import explainers
from striate.cli.views import VIEWS

# Where the command's word is shorter than the method's name.
_CALLED = {"shortcuts": "shortcut_census"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One method of the command.

    Attributes:
        name: As in METHOD.
        takes: What stands behind the network, in words.
        question: What it answers.
        settings: Names that `--set` knows.
    """

    name: str
    takes: str
    question: str
    settings: tuple[str, ...]


def listed_methods() -> list[Listed]:
    """Return the methods of the command in order: attributions, then the others."""
    from striate.explain import METHODS

    rows = []
    for name, one in explainers().items():
        takes = "images, --layer" if "layer" in one.settings else "images"
        names = tuple(setting for setting in one.settings if setting != "layer")
        # A plug-in's method may be a saliency map alone, and ask no question.
        question = METHODS[name].question if name in METHODS else ""
        rows.append(Listed(name=name, takes=takes, question=question, settings=names))
    for name, place in VIEWS.items():
        module = import_module(place)
        question = METHODS[_CALLED.get(name, name)].question
        rows.append(Listed(name=name, takes=module.TAKES, question=question, settings=tuple(module.SETTINGS)))
    return rows


def show_list() -> None:
    """Print them, two lines each at most."""
    from striate.cli.terminal import print_line

    attributions = list(explainers())
    for one in listed_methods():
        print_line(f"{one.name} ({one.takes}): {one.question}")
        if one.settings:
            print_line(f"  --set {', '.join(one.settings)}")
    print_line(
        f"{attributions[0]} to {attributions[-1]} are attributions: several together are compared, gradient,grad_cam."
    )
