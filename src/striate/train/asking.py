"""From what a command line says to what `train` takes, and its result as plain values."""

from __future__ import annotations

import os
from dataclasses import asdict, replace
from typing import Any

from striate import schema
from striate.blueprint import Blueprint, is_blueprint, read_blueprint
from striate.data.load import BUILT_IN
from striate.errors import unknown_name
from striate.nets import Network, load_network
from striate.records.training import Recipe
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


def document(trained: Trained) -> dict[str, Any]:
    """Return a training as plain values, as `striate train --json` prints it."""
    curve = trained.curve
    last = curve.epochs[-1]
    return {
        "schema": schema.stamp("training", SCHEMA_VERSION),
        "run": str(trained.run.folder),
        "status": trained.run.document.status,
        "score": {"name": curve.score_name, "value": last.score, "samples": curve.validation_count},
        "recipe": asdict(curve.recipe),
        "epochs": [asdict(row) for row in curve.epochs],
        "seconds": curve.seconds,
        "trial": trained.run.document.settings.get("trial"),
    }
