"""Stored bytes to pixels, within bounds.

The size is read from the header before anything is decoded, so that a small file cannot ask for a
large memory. The readers of Pillow are called one by one and not through `Image.open`: that would
warn and refuse by a limit which is global to the process, and would offer the bytes to readers that
start other programs.
"""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from striate.errors import DataError, Quoted

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS = 64_000_000
MAX_BYTES = 512 * 2**20
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp"}
    | {".pbm", ".pgm", ".ppm", ".pnm"}
)

# EXIF orientation: what brings (h, w, …) pixels upright.
_UPRIGHT: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: pixels[::-1].swapaxes(0, 1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: pixels[:, ::-1].swapaxes(0, 1),
}
_ORIENTATION = 0x0112


class UnreadableError(DataError):
    """A file that cannot be read as it is; `reason` says why in words."""

    what = "a file"

    def __init__(self, reason: str, *, where: str = "") -> None:
        super().__init__(f"{self.what} must be readable as a whole", got=Quoted(reason), where=where)
        self.reason = reason


class ImageError(UnreadableError):
    """An image that cannot be read as it is; `reason` says why in words."""

    what = "an image"


def read_bytes(path: Path) -> bytes:
    """Return a file's bytes; only ordinary files of at most `MAX_BYTES` bytes are opened.

    Raises:
        ImageError: Missing, empty, not an ordinary file, too large, or the disk refused.
    """
    try:
        _check_status(path.stat())
        with path.open("rb") as file:
            data = file.read(MAX_BYTES)
    except UnreadableError:
        raise
    except FileNotFoundError:
        reason = "the link leads nowhere" if path.is_symlink() else "the file does not exist"
        raise ImageError(reason) from None
    except OSError as error:
        raise ImageError(f"cannot be opened ({error.strerror or type(error).__name__})") from None
    except ValueError:
        raise ImageError("not a possible file name") from None
    if not data:
        raise ImageError("empty file (0 bytes)")
    return data


def _check_status(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ImageError("not an ordinary file")
    if status.st_size > MAX_BYTES:
        raise ImageError(f"larger than {MAX_BYTES // 2**20} MiB")


def decode(data: bytes, *, at_least_px: int = 0) -> Tensor:
    """Return the pixels of one stored image, upright.

    JPEG, PNG, BMP, GIF, TIFF, WebP and PNM are read, by what the bytes are and not by the file's
    name.
    What becomes of the kinds of pixels:

    * grey stays one channel and black-and-white becomes 0 and 255; colour, CMYK and YCbCr become
      RGB;
    * palettes become RGB, also when all their colours are grey;
    * transparency is laid on white;
    * of 16 bits the upper 8 are kept (value // 256), the same for every image: nothing is
      stretched;
    * floating-point, 32-bit and animated images are refused: their range, or their frame, would be
      a guess;
    * EXIF orientation is applied; of the several pictures in a phone's JPEG the first is read.

    Args:
        data: The file's bytes.
        at_least_px: A large JPEG is decoded at a half, a quarter or an eighth of its size, as long as its shorter side keeps so
            many pixels: the averages over 2, 4 or 8 pixels that its blocks hold anyway, in a third of the time. 0 decodes it
            whole.

    Returns:
        uint8, shape (1 or 3, h, w), 0 … 255.

    Raises:
        ImageError: Not an image; truncated or broken; more than `MAX_PIXELS` pixels; of a kind
            named above.

    Example:
        >>> decode(b"P5 3 2 255 " + bytes([0, 1, 2, 3, 4, 5])).tolist()
        [[[0, 1, 2], [3, 4, 5]]]
    """
    try:
        pixels = _pixels(data, at_least_px)
    except DataError:
        raise
    except MemoryError:
        raise ImageError("too large for the free memory") from None
    except Exception as error:  # noqa: BLE001 - a broken file makes Pillow raise anything
        raise ImageError(f"broken or truncated ({_short(error)})") from None
    planes = pixels[None] if pixels.ndim == 2 else pixels.transpose(2, 0, 1)
    return torch.from_numpy(np.array(planes, dtype=np.uint8, order="C"))


def opened(data: bytes, *, most_pixels: int = MAX_PIXELS, at_least_px: int = 0) -> Image.Image:
    """Return a decoded image as Pillow holds it, with its first orientation and its own kind of pixels.

    `at_least_px` as for `decode`.

    Raises:
        ImageError: As `decode` does; more than `most_pixels` pixels.
    """
    from PIL import Image

    factory, _ = Image.OPEN[_format(data, most_pixels)]
    picture: Image.Image = factory(io.BytesIO(data), "")
    check_size(*picture.size, most_pixels=most_pixels)
    if getattr(picture, "is_animated", False) and picture.format != "MPO":
        raise ImageError("holds several pictures; one is needed")
    if at_least_px:
        _reduce(picture, at_least_px)
    picture.load()
    return picture


def _reduce(picture: Image.Image, at_least_px: int) -> None:
    """Ask a JPEG's reader for the smallest of its sizes whose shorter side is long enough; other readers have one size."""
    share = min(picture.size) / at_least_px
    if share >= 2:
        picture.draft(None, (int(picture.width / share), int(picture.height / share)))


def _pixels(data: bytes, at_least_px: int) -> np.ndarray:
    """Return upright (h, w) or (h, w, 3) pixels."""
    from PIL import Image

    picture = opened(data, at_least_px=at_least_px)
    upright = _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1), _UPRIGHT[1])
    mode = picture.mode
    if mode == "F" or (mode == "I" and picture.format not in {"PNG", "PPM"}):
        raise ImageError("32-bit pixels, whose range is unknown; store 8 or 16 bits")
    if mode.startswith("I"):
        return upright((np.asarray(picture) // 256).astype(np.uint8))
    grey = mode in {"1", "L", "LA"}
    if picture.has_transparency_data:
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture.convert("RGBA"))
    return upright(np.asarray(picture.convert("L" if grey else "RGB")))


def _format(data: bytes, most_pixels: int) -> str:
    """Return Pillow's name for what the bytes are."""
    from PIL import Image, ImageFile

    if ImageFile.LOAD_TRUNCATED_IMAGES:
        raise DataError(
            "PIL.ImageFile.LOAD_TRUNCATED_IMAGES must be False",
            got=True,
            hint="Otherwise the missing part of a truncated image would be filled without a word.",
        )
    Image.init()
    for name in FORMATS:
        accept = Image.OPEN[name][1] if name in Image.OPEN else None
        if accept is None or accept(data[:16]) is not True:
            continue
        if name == "WEBP":
            check_size(*_webp_size(data), most_pixels=most_pixels)
        return name
    raise ImageError("not an image of a known kind (" + ", ".join(FORMATS) + ")")


def check_size(width: int, height: int, *, most_pixels: int = MAX_PIXELS) -> None:
    """Refuse sizes above `most_pixels`, or without a pixel."""
    if width * height > most_pixels:
        raise ImageError(f"larger than {most_pixels:,} pixels ({width}×{height})")
    if width < 1 or height < 1:
        raise ImageError(f"without pixels ({width}×{height})")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Return width and height from a WebP header.

    Its reader takes memory for the whole canvas before it tells the size.
    """
    kind, head = data[12:16], data[20:30]
    if kind == b"VP8X":
        return 1 + int.from_bytes(head[4:7], "little"), 1 + int.from_bytes(head[7:10], "little")
    if kind == b"VP8L":
        bits = int.from_bytes(head[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    return int.from_bytes(head[6:8], "little") & 0x3FFF, int.from_bytes(head[8:10], "little") & 0x3FFF


def _short(error: Exception) -> str:
    words = " ".join(str(error).split())
    return words[:120] or type(error).__name__
