"""Whether maps lie on objects that were given, as `striate explain --mask` and `--box` tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from striate.cli.terminal import print_line
from striate.errors import InputError, Quoted, UsageError
from striate.numbers import percent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from striate.nets import Network
    from striate.records import Attribution, Output


@dataclass(frozen=True, slots=True, kw_only=True)
class OnGiven:
    """Where one map lies.

    Attributes:
        method: Its method.
        image: As it was named.
        target: Output unit.
        area: Share of the image that the object covers.
        energy: Share of the map's positive values on the object; None if nothing is above zero.
        is_hit: Whether the largest value lies on it.
    """

    method: str
    image: str
    target: int
    area: float
    energy: float | None
    is_hit: bool


def objects_given(
    masks: Sequence[str], boxes: Sequence[str], images: Sequence[str], network: Network
) -> list[NDArray[np.bool_]]:
    """Return the object of each image on the network's input; none if none was given.

    Raises:
        UsageError: Masks and boxes, or another number of them than of images.
        DataError: A mask that cannot be read, or of another size than its image.
        InputError: A box that is none, or leaves its image; an object that the network does not see.
    """
    if not masks and not boxes:
        return []
    if masks and boxes:
        raise UsageError("objects must be given by --mask or by --box", got="both")
    if len(masks or boxes) != len(images):
        option = "--mask" if masks else "--box"
        raise UsageError(f"{option} must be given once for each image, {len(images)}", got=str(len(masks or boxes)))
    import torch

    from striate.data import box_mask, read_mask
    from striate.explain.objects import on_input

    found = []
    for image, given in zip(images, masks or boxes, strict=True):
        size = _size(image, network)
        mask = read_mask(given, size) if masks else box_mask(given, size, where="--box")
        seen = mask if image.endswith(".npy") else on_input(torch.from_numpy(mask), network.preprocessing)
        if seen is None:
            raise InputError("an object must be on what the network sees", got=Quoted("all of it cut off"), where=given)
        found.append(seen)
    return found


def _size(image: str, network: Network) -> tuple[int, ...]:
    from striate.data import read_stored

    if len(network.input_shape) != 3:
        raise UsageError("--mask and --box must come with images", got="a network of other inputs")
    if image.endswith(".npy"):
        return network.input_shape[1:]
    return tuple(read_stored(image, network.preprocessing)[0].shape[1:])


def on_given(
    found: Mapping[str, tuple[Attribution, ...]], masks: Sequence[NDArray[np.bool_]], images: Sequence[str]
) -> list[OnGiven]:
    """Return where each map lies; maps of a layer are enlarged to the input."""
    from striate.explain import energy_on_object, enlarged, pointing_hit

    if not masks:
        return []
    rows = []
    for name, records in found.items():
        for image, mask, record in zip(images, masks, records, strict=True):
            for target, one in zip(record.targets, record.maps, strict=True):
                whole = enlarged(one, mask.shape)
                rows.append(
                    OnGiven(
                        method=name,
                        image=image,
                        target=target,
                        area=float(mask.mean()),
                        energy=energy_on_object(whole, mask),
                        is_hit=pointing_hit(whole, mask),
                    )
                )
    return rows


def show_on_given(rows: Sequence[OnGiven], output: Output) -> None:
    """Print each in words, beside chance: a map without a preference has the object's share of the image on it."""
    for row in rows:
        energy = "nothing of it is above zero" if row.energy is None else f"{percent(row.energy)} of what is above zero"
        hit = "lies on it" if row.is_hit else "lies beside it"
        print_line(
            f"{row.method} of {row.image}, {output.names[row.target]}: on the object, {percent(row.area)} of the image, "
            f"{energy}; the largest value {hit}."
        )


def plain_on_given(rows: Sequence[OnGiven], output: Output) -> list[dict[str, Any]]:
    """Return them as plain values."""
    return [
        {
            "method": row.method,
            "image": row.image,
            "class": output.names[row.target],
            "area": row.area,
            "energy": row.energy,
            "hit": row.is_hit,
        }
        for row in rows
    ]
