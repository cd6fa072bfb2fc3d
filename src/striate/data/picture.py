"""One large image, decoded once within a bound and read in parts: tiles of it, never all of it as floats."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from striate.data.decoding import MAX_PIXELS, ImageError, opened, read_bytes
from striate.errors import DataError, InputError

if TYPE_CHECKING:
    from PIL import Image

# Pillow holds a pixel of colour in four bytes.
_HELD_BYTES = {"L": 1, "RGB": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A decoded image, upright; `read_picture` makes one.

    Attributes:
        size_px: Height and width.
        channels: 1 or 3.
        held_bytes: Memory its pixels take.
    """

    size_px: tuple[int, int]
    channels: int
    held_bytes: int
    _held: Image.Image = field(repr=False)

    def region(self, rows: tuple[int, int], columns: tuple[int, int]) -> Tensor:
        """Return a part, (first, last + 1) of rows and columns, as uint8 (channels, h, w).

        Raises:
            InputError: It does not lie inside the image.
        """
        inside = all(
            0 <= first < last <= size for (first, last), size in zip((rows, columns), self.size_px, strict=True)
        )
        if not inside:
            raise InputError("a region must lie inside the image", got=(rows, columns))
        part = np.asarray(self._held.crop((columns[0], rows[0], columns[1], rows[1])))
        planes = part[None] if part.ndim == 2 else part.transpose(2, 0, 1)
        return torch.from_numpy(np.array(planes, dtype=np.uint8, order="C"))

    def scaled(self, longest_px: int) -> Picture:
        """Return it with its longer side at most so long; itself if it is no longer."""
        height, width = self.size_px
        scale = longest_px / max(height, width)
        if scale >= 1:
            return self
        return self.resized((max(1, round(height * scale)), max(1, round(width * scale))))

    def resized(self, size_px: tuple[int, int]) -> Picture:
        """Return it at another height and width, by antialiased bilinear filtering."""
        from PIL.Image import Resampling

        return _picture(self._held.resize(size_px[::-1], Resampling.BILINEAR))


def read_picture(path: Path | str, *, most_pixels: int = MAX_PIXELS) -> Picture:
    """Return an image file to be read in parts.

    Kinds of pixels become what `decode` makes of them: grey or RGB, transparency on white, EXIF orientation applied, the upper 8
    of 16 bits.

    Args:
        path: JPEG, PNG, BMP, GIF, TIFF, WebP or PNM.
        most_pixels: Refused above, before anything is decoded. Whoever raises it should have 4 bytes a pixel of colour to spare,
            8 for an image that must be turned or whose pixels must be converted.

    Raises:
        ImageError: Not an image; truncated or broken; larger.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     path = Path(folder) / "a.pgm"
        ...     _ = path.write_bytes(b"P5 3 2 255 " + bytes([0, 1, 2, 3, 4, 5]))
        ...     picture = read_picture(path)
        >>> picture.size_px, picture.region((0, 2), (1, 3)).tolist()
        ((2, 3), [[[1, 2], [4, 5]]])
    """
    path = Path(path)
    try:
        return _picture(_upright(opened(read_bytes(path), most_pixels=most_pixels)))
    except ImageError as error:
        hint = (
            ""
            if "larger than" not in error.reason
            else f"; --most-pixels or most_pixels lifts the limit of {most_pixels:,}"
        )
        raise ImageError(error.reason + hint, where=str(path)) from None
    except DataError:
        raise
    except MemoryError:
        raise ImageError("too large for the free memory", where=str(path)) from None
    except Exception as error:  # noqa: BLE001 - a broken file makes Pillow raise anything
        words = " ".join(str(error).split())[:120] or type(error).__name__
        raise ImageError(f"broken or truncated ({words})", where=str(path)) from None


def picture_of(image: Tensor) -> Picture:
    """Return a stored image, uint8 (1 or 3, h, w), to be read in parts."""
    from PIL import Image

    array = image.numpy()
    return _picture(Image.fromarray(array[0] if len(array) == 1 else np.ascontiguousarray(array.transpose(1, 2, 0))))


def _picture(held: Image.Image) -> Picture:
    width, height = held.size
    channels = len(held.getbands())
    return Picture(
        size_px=(height, width), channels=channels, held_bytes=width * height * _HELD_BYTES[held.mode], _held=held
    )


def _upright(picture: Image.Image) -> Image.Image:
    """Return grey or RGB, as `decode` makes it."""
    from PIL import Image, ImageOps

    mode = picture.mode
    if mode == "F" or (mode == "I" and picture.format not in {"PNG", "PPM"}):
        raise ImageError("32-bit pixels, whose range is unknown; store 8 or 16 bits")
    ImageOps.exif_transpose(picture, in_place=True)
    turned = picture
    if mode.startswith("I"):
        return Image.fromarray((np.asarray(turned) // 256).astype(np.uint8))
    grey = mode in {"1", "L", "LA"}
    if turned.has_transparency_data:
        white = Image.new("RGBA", turned.size, "white")
        turned = Image.alpha_composite(white, turned.convert("RGBA"))
    wanted = "L" if grey else "RGB"
    return turned if turned.mode == wanted else turned.convert(wanted)
