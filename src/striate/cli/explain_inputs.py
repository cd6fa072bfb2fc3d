"""Images and classes of `striate explain`, from what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from striate.errors import InputError, UsageError, unknown_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from striate.nets import Network
    from striate.records import Output

_ALL = "all"


def inputs_of(images: Sequence[str], network: Network) -> tuple[Tensor, tuple[str, ...]]:
    """Return the images (n, c, axes…) as the network wants them; what was done to each, where it entered not as it is.

    Raises:
        UsageError: No image.
        InputError: One cannot be read.
    """
    import torch

    from striate.data import read_noted

    if not images:
        raise UsageError("an image must be named", got="none", hint="A file, or a sample of data, like digits:17.")
    read = [read_noted(image, network.preprocessing) for image in images]
    notes = [f"{image} entered as {note}." for image, (_, note) in zip(images, read, strict=True) if note]
    return torch.stack([one for one, _ in read]), tuple(notes)


def units_of(classes: Sequence[str], output: Output) -> list[int]:
    """Return output units by name or number; "all" is every one, unless a class is called that.

    Raises:
        UnknownNameError: No such class.
        InputError: Several have that name.
    """
    if _ALL in classes and _ALL not in output.names:
        return list(range(output.count))
    return [_unit(word, output) for word in classes]


def targets_of(classes: Sequence[str], output: Output, count: int) -> Tensor | None:
    """Return the same units (n, k) for every image; None if no class was named."""
    import torch

    return torch.tensor([units_of(classes, output)] * count) if classes else None


def _unit(word: str, output: Output) -> int:
    if output.names.count(word) > 1:
        raise InputError(
            "a class must be named unmistakably",
            got=word,
            where="--class",
            hint="Several have that name: say its number.",
        )
    if word in output.names:
        return output.names.index(word)
    if word.isdecimal() and int(word) < output.count:
        return int(word)
    if word.lstrip("-").isdecimal():
        raise InputError(f"a class's number must be 0 … {output.count - 1}", got=int(word), where="--class")
    raise unknown_name("class", word, list(output.names), where="--class")
