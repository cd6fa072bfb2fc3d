"""Asking a network: scores, what they mean, and leaving the module as it came."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted, ShapeError
from striate.graph import times
from striate.nets import Network
from striate.trace.state import eval_mode, kept_randomness

# Inputs held at once. What a network keeps of them while it runs is some twenty times as much.
INPUT_BYTES = 16 * 2**20
MOST_IMAGES = 256


@contextmanager
def undisturbed(module: nn.Module) -> Iterator[None]:
    """Run the block in eval mode with random numbers of its own; put everything back afterwards.

    Modes of every submodule, buffers and the global random states return to what they were, also
    after an exception. Neither parameters nor their gradients are touched. Inference mode, which
    knows no gradients, is left for the time of the block.
    """
    with torch.inference_mode(mode=False), eval_mode(module), kept_randomness():
        yield


def taken(network: Network, images: Tensor, *, axes: tuple[int, ...] = (1, 2)) -> Tensor:
    """Return images on the module's device and in its floating type, detached.

    Args:
        network: Who is asked.
        images: Preprocessed, (n, channels, axes of space).
        axes: Numbers of spatial axes the caller can do.

    Raises:
        ShapeError: Images of another shape.
        InputError: Images that are not floats, or not finite.
    """
    if images.ndim - 2 not in axes:
        raise ShapeError(
            f"images must be a batch with channels and {' or '.join(map(str, axes))} axes of space",
            got=Quoted(times(tuple(images.shape))),
        )
    channels = network.input_shape[0]
    if images.shape[1] != channels:
        raise ShapeError(
            f"images must have the network's {channels} channels",
            got=Quoted(times(tuple(images.shape))),
        )
    if not images.is_floating_point():
        raise InputError("images must be preprocessed floats", got=str(images.dtype), hint="Use data.prepare.")
    first = next((p for p in network.module.parameters() if p.is_floating_point()), None)
    like = images if first is None else first
    with torch.inference_mode(mode=False):
        # An inference tensor from the caller cannot take part in gradients; its clone can.
        taken = images.detach().clone().to(device=like.device, dtype=like.dtype)
    if not bool(torch.isfinite(taken).all()):
        raise InputError("images must hold finite numbers", got=Quoted("NaN or infinity"))
    return taken


def scores(network: Network, images: Tensor) -> Tensor:
    """Return the scores (n, outputs), before softmax; the caller decides about gradients.

    Raises:
        InputError: The module answers with anything else.
    """
    return as_scores(network, network.module(images), len(images))


def as_scores(network: Network, answer: Any, count: int) -> Tensor:  # noqa: ANN401 - a network returns anything
    """Return what a network answered to so many images as scores (n, outputs).

    Raises:
        InputError: It is anything else.
    """
    wanted = (count, network.output.count)
    if isinstance(answer, Tensor) and answer.shape == wanted[:1] and wanted[1] == 1:
        answer = answer[:, None]
    if not isinstance(answer, Tensor) or answer.shape != wanted:
        got = tuple(answer.shape) if isinstance(answer, Tensor) else type(answer).__name__
        raise InputError(
            f"a network must answer with one tensor of scores, {times(wanted)}",
            got=Quoted(times(got) if isinstance(got, tuple) else got),
            where=type(network.module).__name__,
        )
    return answer


def meant(network: Network, raw: Tensor) -> Tensor:
    """Return what scores (n, outputs) mean: probabilities, or values on their own scale."""
    if network.output.kind == "classes":
        return raw.softmax(1)
    if network.output.kind == "labels":
        return raw.sigmoid()
    how = network.preprocessing
    if not how.value_std:
        return raw
    return raw * raw.new_tensor(how.value_std) + raw.new_tensor(how.value_mean)


def answers(raw: Tensor) -> Tensor:
    """Return the class that scores (n, classes) answer with, −1 where a score is no finite number.

    Example:
        >>> answers(torch.tensor([[0.0, 2.0], [float("nan"), 1.0]])).tolist()
        [1, -1]
    """
    return torch.where(raw.isfinite().all(1), raw.argmax(1), -1)


def fitting(image: Tensor, *, least: int = 1) -> int:
    """Return how many inputs like `image` are run at once: at most 16 MiB of them, and 256.

    Example:
        >>> fitting(torch.zeros(3, 224, 224)), fitting(torch.zeros(1, 28, 28))
        (27, 256)
    """
    size = max(1, image.numel() * image.element_size())
    return max(least, min(MOST_IMAGES, INPUT_BYTES // size))


def parts(rows: Tensor, at_once: int) -> list[Tensor]:
    """Return a tensor in parts of at most so many rows; none for no rows."""
    return [rows[begin : begin + at_once] for begin in range(0, len(rows), at_once)]


def on_scale(network: Network, images: Tensor) -> Tensor:
    """Return inputs (n, c, …) on the stored scale, 0 … 1, not cut."""
    mean, std = channelwise(network, images)
    return images * std + mean


def channelwise(network: Network, like: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and std of the preprocessing, shaped to go with (n, c, …)."""
    how = network.preprocessing
    shape = (1, -1) + (1,) * (like.ndim - 2)
    return like.new_tensor(how.mean).view(shape), like.new_tensor(how.std).view(shape)
