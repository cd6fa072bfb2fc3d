"""`load_network`: from a reference to a `Network`."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from striate.blueprint import Blueprint, is_blueprint, read_blueprint
from striate.errors import InputError
from striate.nets.network import Network
from striate.nets.origin import Origin
from striate.nets.pretrained import RANDOM, load_pretrained, wrapped
from striate.nets.zoo.published import IMAGENET
from striate.records.output import Preprocessing

__all__ = ["RANDOM", "from_blueprint", "is_untrained", "load_network"]

_KNOWN = (
    "net.yaml, a run or network folder, known:name, timm:name, torchvision:name, hub:owner/name, "
    "python:package.module:factory"
)


def load_network(reference: str | Path | Blueprint | nn.Module | Network, *, seed: int = 0) -> Network:
    """Return the network that a reference names, in eval mode.

    Args:
        reference: `net.yaml` · `known:resnet50` · `runs/x` or a network folder · `timm:resnet50` · `torchvision:resnet50` ·
            `hub:owner/name` · `python:package.module:factory`, the last four also with `@file.safetensors` for local weights,
            the first three of them with `+weights` for the published ones · a `Blueprint`, an `nn.Module` or a `Network`.
        seed: Start of random weights: of a blueprint, or of a zoo network without a file.

    Raises:
        InputError: Nothing of that name.
        WeightsError: Weights that are unsafe or do not fit.

    When it misleads:
        A zoo network without `@file` or `+weights` has random weights here: nothing is fetched. What became of every tensor
        is told by `load_pretrained`, which can also load by order or in part.
    """
    if isinstance(reference, Network):
        return reference
    if isinstance(reference, Blueprint):
        return from_blueprint(reference, seed=seed)
    if isinstance(reference, nn.Module):
        return wrapped(reference, Origin(kind="module", text=type(reference).__name__), IMAGENET)
    text = str(reference)
    if not text.strip():
        raise InputError("a network must be named", got=text, hint=f"Known forms: {_KNOWN}.")
    prefix, _, rest = text.partition(":")
    if prefix in {"timm", "torchvision", "hub", "python"} and rest:
        return load_pretrained(text, seed=seed)[0]
    if is_blueprint(text):
        return from_blueprint(read_blueprint(text), seed=seed)
    path = Path(text)
    if path.is_dir():
        for folder in (path, path / "network"):
            if (folder / "network.json").is_file():
                return Network.read(folder)
        raise InputError(
            "a folder must hold a network or a run with one",
            got=text,
            hint="Was the training stopped before its first epoch ended?",
        )
    # A blueprint's line where its file belongs: the commonest first mistake.
    hint = 'Write it into a file first: striate new net.yaml --text "…".' if text.startswith("input ") else ""
    raise InputError("a network reference must name something", got=text, hint=hint or f"Known forms: {_KNOWN}.")


def is_untrained(network: Network) -> bool:
    """Return whether the receipt says that the weights are where they began: random, of a blueprint or a zoo network.

    Example:
        >>> is_untrained(from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3")))
        True
    """
    weights = str(network.receipt.get("weights", ""))
    return weights.endswith(", untrained") or weights == RANDOM


def from_blueprint(plan: Blueprint, *, seed: int = 0) -> Network:
    """Return the untrained network of a blueprint, He-initialised, with preprocessing that changes nothing."""
    from striate.nets.build import build
    from striate.nets.initialise import initialise

    # Torch draws weights while it builds; ours replace them, and the caller's random state is left alone.
    with torch.random.fork_rng():
        module = build(plan)
    initialise(module, "he", seed=seed)
    channels = plan.input[0]
    return Network(
        module=module.eval(),
        preprocessing=Preprocessing(shape=plan.input, mean=(0.0,) * channels, std=(1.0,) * channels),
        output=plan.outputs,
        origin=Origin(kind="blueprint", text=plan.to_yaml()),
        receipt={"weights": f"He, seed {seed}, untrained"},
    )
