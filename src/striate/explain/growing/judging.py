"""What a network makes of grown images: scores, ranks, probabilities."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from striate.errors import InputError, Quoted, ShapeError
from striate.explain.answers import channelwise, fitting, meant, parts, scores, taken, undisturbed
from striate.nets import Network


def scored(network: Network, images: Tensor) -> Tensor:
    """Return the scores (n, outputs) of images (n, c, h, w) on the stored scale, float32.

    Raises:
        InputError: They are not finite.
    """
    mean, std = channelwise(network, images)
    inputs = taken(network, (images - mean) / std)
    found = [torch.zeros((0, network.output.count))]
    with undisturbed(network.module), torch.no_grad():
        found += [scores(network, part).float().cpu() for part in parts(inputs, fitting(inputs[:1]))]
    return finite(network, torch.cat(found))


def finite(network: Network, found: Tensor, what: str = "answers") -> Tensor:
    """Return what a network computed.

    Raises:
        InputError: It holds NaN or infinity: nothing could be climbed or compared.
    """
    if not bool(torch.isfinite(found).all()):
        raise InputError(
            f"a network's {what} must be finite numbers",
            got=Quoted("NaN or infinity"),
            where=type(network.module).__name__,
            hint="Does it divide by zero, or take the root or the logarithm of zero?",
        )
    return found


def ranks(answered: Tensor, units: Sequence[int]) -> tuple[int, ...]:
    """Return the place of each image's unit among all, 1 the highest; equals share the lower place.

    Example:
        >>> ranks(torch.tensor([[1.0, 3.0, 2.0], [0.0, 0.0, 0.0]]), [2, 0])
        (2, 3)
    """
    own = answered[torch.arange(len(answered)), list(units)]
    return tuple(((answered >= own[:, None]).sum(1)).tolist())


def judged(judge: Network, network: Network, images: Tensor, units: Sequence[int]) -> tuple[tuple[int, ...], Tensor]:
    """Return rank and probability (n,) of each image's class by another network, the images resized to its input.

    Raises:
        InputError: It answers with other outputs.
        ShapeError: It reads another number of channels.
    """
    if judge.output.kind != network.output.kind or judge.output.names != network.output.names:
        raise InputError(
            "a judge must have the outputs of the network",
            got=Quoted(f"{judge.output.count} {judge.output.kind}"),
            hint=f"{network.output.count} {network.output.kind} of the same names, in the same order.",
        )
    if len(judge.input_shape) != 3 or judge.input_shape[0] != network.input_shape[0]:
        raise ShapeError(f"a judge must read {network.input_shape[0]} channels", got=judge.input_shape)
    size = (judge.input_shape[1], judge.input_shape[2])
    if len(images) and tuple(images.shape[2:]) != size:
        images = functional.interpolate(images, size=size, mode="bilinear", align_corners=False, antialias=True)
    answered = scored(judge, images)
    means = meant(judge, answered)
    return ranks(answered, units), means[torch.arange(len(means)), list(units)]
