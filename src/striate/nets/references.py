"""`load_network`: from a reference to a `Network`."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from striate.blueprint import Blueprint, is_blueprint, read_blueprint
from striate.errors import InputError
from striate.nets.network import Network
from striate.nets.origin import Origin
from striate.nets.weights import load_weights, read_weights
from striate.records.output import Output, Preprocessing

_KNOWN = "net.yaml, a run or network folder, known:name, timm:name, torchvision:name, python:package.module:factory"
# Pictures of a clip, where torchvision's video networks were trained on as many.
_CLIP = 16
# What the receipt of a zoo network says that was named without a weight file.
RANDOM = "random: no @file was given"
# What ImageNet networks were trained with, where a zoo entry does not say otherwise.
_IMAGENET = Preprocessing(shape=(3, 224, 224), mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))


def load_network(reference: str | Path | Blueprint | nn.Module | Network, *, seed: int = 0) -> Network:
    """Return the network that a reference names, in eval mode.

    Args:
        reference: `net.yaml` · `known:resnet50` · `runs/x` or a network folder · `timm:resnet50` · `torchvision:resnet50` ·
            `python:package.module:factory`, the last three also with `@file.safetensors` for local weights · a
            `Blueprint`, an `nn.Module` or a `Network`.
        seed: Start of random weights: of a blueprint, or of a zoo network without a file.

    Raises:
        InputError: Nothing of that name.
        WeightsError: Weights that are unsafe or do not fit.

    When it misleads:
        A zoo network without `@file` has random weights here: nothing is fetched.
    """
    if isinstance(reference, Network):
        return reference
    if isinstance(reference, Blueprint):
        return from_blueprint(reference, seed=seed)
    if isinstance(reference, nn.Module):
        return _wrapped(reference, Origin(kind="module", text=type(reference).__name__), _IMAGENET)
    text = str(reference)
    prefix, _, rest = text.partition(":")
    if prefix in {"timm", "torchvision", "python"} and rest:
        return _from_zoo(prefix, rest, seed=seed)
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


def _from_zoo(prefix: str, rest: str, *, seed: int) -> Network:
    name, _, weights = rest.partition("@")
    origin = Origin(kind=prefix, text=name)  # type: ignore[arg-type]  # one of three, checked by the caller
    # What a factory draws at random is drawn from the seed, and the caller's random state is left alone.
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = origin.build().eval()
    if weights:
        load_weights(module, read_weights(weights), where=weights)
    preprocessing = _published(name) if prefix == "torchvision" else _IMAGENET
    config = getattr(module, "pretrained_cfg", None)
    if isinstance(config, dict) and "input_size" in config:
        preprocessing = Preprocessing(
            shape=tuple(config["input_size"]), mean=tuple(config["mean"]), std=tuple(config["std"])
        )
    receipt = {"weights": weights or RANDOM}
    return _wrapped(module, origin, preprocessing, receipt)


def _published(name: str) -> Preprocessing:
    """Return what torchvision prepares images with for a network's published weights."""
    from torchvision.models import get_model_weights

    preset = get_model_weights(name).DEFAULT.transforms()
    if not hasattr(preset, "crop_size"):
        return _IMAGENET
    side = preset.crop_size[0]
    # A preset for clips states two sides, and leaves the number of pictures to whoever loads them.
    shape = (3, side, side) if len(preset.crop_size) == 1 else (3, _CLIP, *preset.crop_size)
    return Preprocessing(shape=shape, mean=tuple(preset.mean), std=tuple(preset.std))


def _wrapped(
    module: nn.Module,
    origin: Origin,
    preprocessing: Preprocessing,
    receipt: dict[str, str] | None = None,
) -> Network:
    count = next(
        (layer.out_features for layer in reversed(list(module.modules())) if isinstance(layer, nn.Linear)),
        0,
    )
    return Network(
        module=module,
        preprocessing=preprocessing,
        output=Output(kind="classes", names=tuple(str(number) for number in range(count))),
        origin=origin,
        receipt=receipt or {},
    )
