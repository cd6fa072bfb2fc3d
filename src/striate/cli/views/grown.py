"""What both views of grown images share: settings, real images and a start, from what was written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from striate.cli.explaining import Setting
from striate.cli.views.view import Request
from striate.errors import InputError, UsageError

if TYPE_CHECKING:
    from torch import Tensor

    from striate.explain import Prior
    from striate.nets import Network

# Settings of the ascent, and those of its prior; `coarse` is the first of two sides.
_ASCENT: Mapping[str, Setting] = {"steps": int, "seed": int}
_PRIOR: Mapping[str, Setting] = {
    "views": int,
    "total_variation": float,
    "contrast": float,
    "l2": float,
    "natural": float,
    "blur_px": float,
    "shift": float,
    "turn_degrees": float,
    "scale": float,
    "rate": float,
}
_OTHER: Mapping[str, Setting] = {"real": str, "coarse": float, "pixels": int, "decorrelated": int}
# Of unit images; class images can be judged by another network, too.
SETTINGS: Mapping[str, Setting] = {**_ASCENT, **_PRIOR, **_OTHER}
TAKES = "no image, or one to begin at"
# Real images that natural scores rest on.
REAL_IMAGES = 200


def asked(request: Request, network: Network, prior: Prior, *, with_judge: bool) -> dict[str, Any]:
    """Return the arguments of an ascent: steps, seed, prior, real images, a start, a judge.

    Raises:
        UsageError: More than one image to begin at; a setting that is not known.
        InputError: A value of another type.
    """
    from striate.cli.explain_inputs import inputs_of
    from striate.nets import load_network

    given = request.read({**SETTINGS, **({"judge": str} if with_judge else {})})
    if len(request.images) > 1:
        raise UsageError(f"{request.method} must begin at one image, or at noise", got=str(len(request.images)))
    changes: dict[str, Any] = {name: given[name] for name in _PRIOR if name in given}
    if "coarse" in given:
        changes["sides"] = (given["coarse"], 1.0)
    if given.get("pixels"):
        changes["waves"] = False
    if given.get("decorrelated"):
        changes["decorrelated"] = True
    arguments: dict[str, Any] = {name: given[name] for name in _ASCENT if name in given}
    arguments["prior"] = replace(prior, **changes)
    if request.images:
        arguments["start"] = inputs_of(request.images, network)[0][0]
    if "real" in given:
        arguments["real"] = real_images(given["real"], network)
    if "judge" in given:
        arguments["judge"] = load_network(given["judge"])
    return arguments


def real_images(reference: str, network: Network) -> Tensor:
    """Return up to 200 images, evenly spread over a data set, preprocessed for a network."""
    import torch

    from striate.data import load_data, prepare

    dataset = load_data(reference)
    if not len(dataset):
        raise InputError("real images must be at least one", got=reference, where="--set real")
    count = min(REAL_IMAGES, len(dataset))
    places = [number * len(dataset) // count for number in range(count)]
    return torch.stack([prepare(dataset.read(place), network.preprocessing) for place in places])
