"""What a unit saw: the part of an image that it reads, and the whole image with the box around that part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from striate.report.pictures.sheets import fitted

if TYPE_CHECKING:
    from PIL import Image

BOX = "#e8781e"
_BESIDE = "#eeeeea"
# What a border cuts off a part.
_CUT = 236


def part(image: NDArray[np.uint8], box: NDArray[np.int64], field_px: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return the part of an image (h, w, c) that a unit reads, grey where the border cuts it, so that all have one size.

    Args:
        image: As it entered the network.
        box: ((top, bottom), (left, right)), inside the image.
        field_px: Sizes of the unit's field; larger ones than the image are cut to it.

    Example:
        >>> image = np.arange(4, dtype=np.uint8).reshape(2, 2, 1)
        >>> part(image, np.array([[0, 1], [1, 2]]), (2, 2))[..., 0].tolist()      # cut above: its one row lies below
        [[236, 236], [1, 236]]
    """
    (top, bottom), (left, right) = box.tolist()
    found = image[top:bottom, left:right]
    sides = tuple(min(pair) for pair in zip(field_px, image.shape[:2], strict=True))
    whole = np.full((*sides, image.shape[2]), _CUT, np.uint8)
    height, width = (min(pair) for pair in zip(found.shape[:2], sides, strict=True))
    down = sides[0] - height if top == 0 else 0
    across = sides[1] - width if left == 0 else 0
    whole[down : down + height, across : across + width] = found[:height, :width]
    return whole


def part_cell(image: NDArray[np.uint8], box: NDArray[np.int64], field_px: tuple[int, ...], side_px: int) -> Image.Image:
    """Return the part a unit reads in a square cell: enlarged by a whole number, or averaged where it is larger."""
    return _cell(part(image, box, field_px), side_px)[0]


def whole_cell(
    image: NDArray[np.uint8], box: NDArray[np.int64] | None, side_px: int, *, width_px: int = 2
) -> Image.Image:
    """Return the whole image in a square cell, with a box around what a unit reads; None draws none."""
    from PIL import ImageDraw

    cell, scale, (across, down) = _cell(image, side_px)
    if box is not None:
        (top, bottom), (left, right) = (box * scale).tolist()
        outline = (across + left, down + top, across + max(right - 1, left), down + max(bottom - 1, top))
        ImageDraw.Draw(cell).rectangle(outline, outline=BOX, width=width_px)
    return cell


def size_words(field_px: tuple[int, ...], side_px: int) -> str:
    """Return how a part of this size is drawn in a cell.

    Example:
        >>> size_words((5, 5), 96), size_words((60, 60), 96), size_words((200, 200), 96)
        ('each part is enlarged 19 times', 'each part is at its own size', 'each part is reduced to 96 px')
    """
    longest = max(field_px)
    if longest > side_px:
        return f"each part is reduced to {side_px} px"
    by = side_px // longest
    return "each part is at its own size" if by == 1 else f"each part is enlarged {by} times"


def _cell(picture: NDArray[np.uint8], side_px: int) -> tuple[Image.Image, float, tuple[int, int]]:
    """Return a picture in a square cell, its scale, and where it begins."""
    from PIL import Image

    plain = Image.fromarray(picture[..., 0] if picture.shape[2] == 1 else np.ascontiguousarray(picture))
    drawn = fitted(plain, side_px)
    cell = Image.new("RGB", (side_px, side_px), _BESIDE)
    at = ((side_px - drawn.width) // 2, (side_px - drawn.height) // 2)
    cell.paste(drawn, at)
    return cell, max(drawn.size) / max(plain.size), at
