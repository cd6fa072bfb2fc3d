"""The methods of `striate explain` in a table: what each is called with, and what `--set` can change."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from striate.errors import InputError, UsageError, unknown_name

if TYPE_CHECKING:
    from striate.records import Attribution

Setting = type[int] | type[float] | type[str]
# How a setting's type is written in a method's signature.
_TYPES: Mapping[str, Setting] = {"int": int, "float": float, "str": str, "float | Tensor": float}
_LAYER = "layer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Explainer:
    """One method of the command.

    Attributes:
        name: As in METHOD.
        run: Takes a network, images, targets, then settings and `events` by name.
        settings: Types of the settings `--set` knows, by name.
        is_checked: Whether `randomised_layers` can be asked about it.
    """

    name: str
    run: Callable[..., tuple[Attribution, ...]]
    settings: Mapping[str, Setting]
    is_checked: bool = True


def explainers() -> dict[str, Explainer]:
    """Return the methods by name: occlusion, and every saliency method, plug-ins last."""
    from striate.explain import SALIENCY, occluded

    # Random weights change what covering does, and every window would have to be tried again.
    covering = Explainer(name="occlusion", run=occluded, settings=_settings(occluded), is_checked=False)
    table = {name: Explainer(name=name, run=SALIENCY[name], settings=_settings(SALIENCY[name])) for name in SALIENCY}
    return {covering.name: covering, **table}


def chosen(methods: str) -> list[Explainer]:
    """Return the methods of a text like "gradient,grad_cam", each once.

    Raises:
        UnknownNameError: One is not known.
    """
    table = explainers()
    names = list(dict.fromkeys(name.strip().replace("-", "_") for name in methods.split(",")))
    for name in names:
        if name not in table:
            from striate.cli.views import VIEWS

            if name in VIEWS:
                raise UsageError(f"{name} must be asked for alone", got=methods)
            raise unknown_name("method", name, [*table, *VIEWS])
    return [table[name] for name in names]


def settings_for(method: Explainer, given: Sequence[str], layer: str) -> dict[str, Any]:
    """Return the settings of texts like "samples=50" that a method has.

    Raises:
        UsageError: A text without "=".
        InputError: A value of another type.
    """
    named = {_LAYER: layer} if layer and _LAYER in method.settings else {}
    return named | read_settings(given, method.settings)


def read_settings(given: Sequence[str], known: Mapping[str, Setting]) -> dict[str, Any]:
    """Return those of texts like "samples=50" whose name is known, each of its type.

    Raises:
        UsageError: A text without "=".
        InputError: A value of another type.
    """
    pairs = dict(_pair(text) for text in given)
    return {name: _read(name, text, known[name]) for name, text in pairs.items() if name in known}


def check_named(given: Sequence[str], known: Collection[str]) -> None:
    """Refuse settings of a name that is not known.

    Raises:
        UsageError: There is one.
    """
    for name in [_pair(text)[0] for text in given]:
        if name not in known:
            hint = f"Known: {', '.join(sorted(known))}." if known else "It has none."
            raise UsageError("--set must name a setting of the method", got=name, hint=hint)


def check_settings(methods: Sequence[Explainer], given: Sequence[str], layer: str) -> None:
    """Refuse settings that none of the methods has.

    Raises:
        UsageError: There is one.
    """
    check_named(given, {name for method in methods for name in method.settings} - {_LAYER})
    if layer and not any(_LAYER in method.settings for method in methods):
        names = ", ".join(method.name for method in methods)
        raise UsageError("--layer must come with a method that looks at a layer", got=names, hint="Like grad_cam.")


def _settings(function: Callable[..., Any]) -> dict[str, Setting]:
    by_name = inspect.signature(function).parameters.values()
    return {
        parameter.name: _TYPES[parameter.annotation]
        for parameter in by_name
        if parameter.kind is parameter.KEYWORD_ONLY and parameter.annotation in _TYPES
    }


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name.strip() or not value.strip():
        raise UsageError("--set must be a name and a value", got=text, hint="Like --set samples=50.")
    return name.strip().replace("-", "_"), value.strip()


def _read(name: str, text: str, kind: Setting) -> int | float | str:
    try:
        return kind(text)
    except ValueError:
        raise InputError(f"a setting must be of its type, {kind.__name__}", got=text, where=f"--set {name}") from None
