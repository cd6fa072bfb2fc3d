"""`initialise`: give a module its first weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from striate.errors import DataError, InputError, Quoted, ShapeError
from striate.events import SILENT, Events
from striate.graph import Shape, times
from striate.nets.beginnings import Beginning, Ground, read_beginning
from striate.records.beginnings import Begun

LEAST_IMAGES = 2


def initialise(
    module: nn.Module,
    scheme: str = "he",
    *,
    seed: int,
    images: Tensor | None = None,
    shape: Shape | None = None,
    events: Events = SILENT,
) -> Begun:
    """Give every convolution and fully connected layer first weights, in place, and say what was done.

    Normalisation is reset to scale one, shift zero. The global random state is not touched; modes, and after an exception
    weights and buffers too, are as they were.

    Args:
        module: Any module; convolutions of one to three axes, transposed ones and fully connected layers are begun.
        scheme: Name of a beginning, with its argument behind a colon: "he", "he:fan-out", "lsuv", "kmeans:deep",
            "file:filters.npy", "network:timm:resnet18@weights.safetensors". `striate init --list` shows them all.
        seed: The same seed gives the same weights.
        images: Prepared training images, float32 (n, c, …), for beginnings that look at them.
        shape: Shape of one input, for those that need the network's table; read off the images if they are given.
        events: Hears progress; may cancel.

    Raises:
        UnknownNameError: A beginning nobody knows, with the nearest.
        DataError: No images where they are needed; too few, or not finite.
        InputError: A network that has not what the beginning asks for.

    When it misleads:
        The last layer is treated like all others; its first scores are therefore of order one, not zero.

    Source:
        Each beginning names its own. Differs: None.

    Example:
        >>> layer = nn.Linear(1000, 400)
        >>> begun = initialise(layer, "he", seed=0)
        >>> round(layer.weight.std().item(), 3)   # √(2 / 1000)
        0.045
    """
    beginning, argument = read_beginning(scheme)
    looked_at = _checked(beginning, images)
    if any(nn.parameter.is_lazy(parameter) for parameter in module.parameters()):
        raise InputError("weights must have a shape before they begin", got=Quoted("a lazy layer"), hint="Run it once.")
    ground = Ground(
        module=module,
        seed=seed,
        generator=torch.Generator().manual_seed(seed),
        argument=argument,
        images=looked_at,
        shape=shape if images is None else tuple(images.shape[1:]),
        events=events,
    )
    with _restored_on_error(module):
        told = beginning.begin(ground)
        _check_finite(module, scheme)
    return Begun(name=scheme, seed=seed, images=0 if looked_at is None else len(looked_at), told=told)


def _checked(beginning: Beginning, images: Tensor | None) -> Tensor | None:
    """Return the images the beginning is to look at; None if it looks at none."""
    if not beginning.needs_images:
        return None
    if images is None:
        raise DataError(
            f"{beginning.name} must be given training images",
            got="none",
            hint="Pass images=, or name the data on the command line.",
        )
    if images.ndim < 2 or not images.is_floating_point():
        raise ShapeError("images must be floats of shape (n, c, …)", got=f"{images.dtype} {times(tuple(images.shape))}")
    if len(images) < LEAST_IMAGES:
        raise DataError(f"{beginning.name} must be given at least {LEAST_IMAGES} images", got=len(images))
    images = images[: beginning.most_images]
    if not bool(images.isfinite().all()):
        raise DataError("images must be finite", got=Quoted("a value that is not a number or infinite"))
    return images


def _check_finite(module: nn.Module, scheme: str) -> None:
    broken = [name for name, parameter in module.named_parameters() if not bool(parameter.isfinite().all())]
    if broken:
        raise InputError("first weights must be finite", got=Quoted(", ".join(broken[:3])), where=scheme)


@contextmanager
def _restored_on_error(module: nn.Module) -> Iterator[None]:
    """Put parameters and buffers back if the block raises."""
    tensors = [*module.parameters(), *module.buffers()]
    before = [tensor.detach().clone() for tensor in tensors]
    try:
        yield
    except BaseException:
        with torch.no_grad():
            for tensor, values in zip(tensors, before, strict=True):
                tensor.copy_(values)
        raise
