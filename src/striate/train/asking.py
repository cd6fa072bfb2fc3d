"""From what a command line says to what `train` takes, and its result as plain values."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from striate import schema
from striate.blueprint import Blueprint, is_blueprint, read_blueprint
from striate.data.load import BUILT_IN
from striate.errors import UsageError, unknown_name
from striate.nets import Network, load_network
from striate.nets.references import is_untrained
from striate.numbers import measure, percent
from striate.records.training import Recipe, TrainingCurve
from striate.records.trial import Speed
from striate.train.recipes import DIGITS_RECIPE
from striate.train.training import Trained

SCHEMA_VERSION = 1


def recipe_with(data: str, **given: Any) -> Recipe:  # noqa: ANN401 - fields of a recipe
    """Return the recipe for data with some of its fields replaced; None leaves a field as it is.

    Example:
        >>> recipe_with("digits", epochs=2, rate=None).epochs, recipe_with("digits", epochs=2).optimizer
        (2, 'adamw')
    """
    base = DIGITS_RECIPE if data in BUILT_IN else Recipe()
    return replace(base, **{name: value for name, value in given.items() if value is not None})


def read_rates(texts: Sequence[str] | None) -> tuple[tuple[str, float], ...] | None:
    """Return paths with multipliers from "PATH=0.1"; None for none.

    Raises:
        UsageError: Something else.

    Example:
        >>> read_rates(["blocks.0=0.1", "head=1"])
        (('blocks.0', 0.1), ('head', 1.0))
    """
    found = []
    for text in texts or ():
        path, _, number = text.rpartition("=")
        try:
            found.append((path, float(number)))
        except ValueError:
            path = ""
        if not path:
            raise UsageError("--rates must be a path, = and a number", got=text, hint="Such as --rates layer1=0.1.")
    return tuple(found) or None


def read_unfreeze(texts: Sequence[str] | None) -> tuple[tuple[int, str], ...] | None:
    """Return epochs with paths from "2:PATH"; None for none.

    Raises:
        UsageError: Something else.

    Example:
        >>> read_unfreeze(["2:layer4"])
        ((2, 'layer4'),)
    """
    found = []
    for text in texts or ():
        epoch, _, path = text.partition(":")
        if not (epoch.isdecimal() and path):
            raise UsageError("--unfreeze must be an epoch, : and a path", got=text, hint="Such as --unfreeze 2:layer4.")
        found.append((int(epoch), path))
    return tuple(found) or None


def speed_of(memory_format: str, precision: str | None, *, is_fused: bool = False) -> Speed:
    """Return how to work, as a command line says it; no precision is that of a launcher, else tried.

    Raises:
        UnknownNameError: A word nobody knows.

    Example:
        >>> speed_of("plain", "bf16")
        Speed(memory_format='plain', precision='bf16', is_fused=False)
    """
    if precision is None:
        precision = "launched" if os.environ.get("ACCELERATE_MIXED_PRECISION", "no") != "no" else "auto"
    for noun, name, known in (
        ("memory format", memory_format, ["auto", "plain", "channels-last"]),
        ("precision", precision, ["auto", "float32", "bf16", "launched"]),
    ):
        if name not in known:
            raise unknown_name(noun, name, known)
    return Speed(memory_format=memory_format, precision=precision, is_fused=is_fused)  # type: ignore[arg-type]  # checked


def leads() -> bool:
    """Return whether this process speaks for all that a launcher started together."""
    return os.environ.get("RANK", "0") == "0"


def starting_point(reference: str) -> Blueprint | Network:
    """Return what a reference names: a blueprint from its file, anything else as a network with its weights."""
    if is_blueprint(reference):
        return read_blueprint(reference)
    return load_network(reference)


def told_start(given: Blueprint | Network, curve: TrainingCurve) -> str:
    """Return where trained weights began and where they end, with a warning if that is worse; "" of weights that were random.

    Both scores are of the same validation samples: of a pretrained network the start may be the better one.
    """
    if isinstance(given, Blueprint) or is_untrained(given) or not curve.epochs or curve.epochs[0].epoch:
        return ""
    tell = percent if curve.score_name == "accuracy" else measure
    start, end = curve.epochs[0].score, curve.kept.score
    said = f"The given weights began at {tell(start)}, training ends at {tell(end)}"
    if end >= start:
        return f"{said}."
    return f"Warning: {said}: worse than it began. Lower --rate, or give --patience: it keeps the best epoch, be it the start."


def axes_of(given: Blueprint | Network) -> int:
    """Return the axes of space of what a network reads, which arrays do not say themselves: see `ReadAs.axes`."""
    return len(given.input) - 1 if isinstance(given, Blueprint) else given.preprocessing.stored_axes


def document(trained: Trained) -> dict[str, Any]:
    """Return a training as plain values, as `striate train --json` prints it."""
    curve = trained.curve
    last = curve.kept
    return {
        "schema": schema.stamp("training", SCHEMA_VERSION),
        "run": str(trained.run.folder),
        "status": trained.run.document.status,
        "score": {"name": curve.score_name, "value": last.score, "samples": curve.validation_count},
        "recipe": asdict(curve.recipe),
        "epochs": [asdict(row) for row in curve.epochs],
        "kept_epoch": last.epoch,
        "gap": None if curve.gap is None else asdict(curve.gap),
        "guard": [asdict(row) for row in curve.guard],
        "seconds": curve.seconds,
        "trial": trained.run.document.settings.get("trial"),
    }
