"""Bytes to pixels: every kind of pixel, every kind of broken file, and the bounds."""

import io
import os
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageFile, ImageOps  # noqa: TID253 - tests write real files

from striate.data.decoding import MAX_PIXELS, ImageError, decode, read_bytes
from striate.errors import DataError


def stored(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def noise(height: int = 4, width: int = 6) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def png_header(width: int, height: int) -> bytes:
    """A PNG that says how large it is and then holds a few bytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b"")


def webp_header(width: int, height: int, kind: bytes) -> bytes:
    bodies = {
        b"VP8X": b"\0\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"),
        b"VP8L": b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little") + bytes(5),
        b"VP8 ": bytes(3) + b"\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little"),
    }
    return b"RIFF" + bytes(4) + b"WEBP" + kind + bytes(4) + bodies[kind]


def test_colour_is_read_as_three_planes():
    assert decode(stored(Image.fromarray(noise()))).tolist() == noise().transpose(2, 0, 1).tolist()


def test_grey_stays_one_channel():
    pixels = np.array([[0, 100, 255]], dtype=np.uint8)
    assert decode(stored(Image.fromarray(pixels))).tolist() == [[[0, 100, 255]]]


def test_black_and_white_becomes_0_and_255():
    assert decode(stored(Image.fromarray(np.array([[True, False]])))).tolist() == [[[255, 0]]]


def test_a_palette_becomes_its_colours():
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 100, 0])
    picture.putdata([1, 0])
    assert decode(stored(picture)).tolist() == [[[200, 10]], [[100, 20]], [[0, 30]]]


def test_transparency_is_laid_on_white():
    # opaque red, half red: 255·(128/255) + 255·(127/255) = 255 and 0·… + 255·(127/255) = 127, nothing at all
    rgba = np.array([[[255, 0, 0, 255], [255, 0, 0, 128], [1, 2, 3, 0]]], dtype=np.uint8)
    assert decode(stored(Image.fromarray(rgba))).tolist() == [
        [[255, 255, 255]],
        [[0, 127, 255]],
        [[0, 127, 255]],
    ]


def test_grey_with_transparency_stays_one_channel():
    assert decode(stored(Image.merge("LA", [Image.new("L", (1, 1), 40), Image.new("L", (1, 1), 0)]))).tolist() == [
        [[255]]
    ]


def test_a_palette_with_a_transparent_entry_is_laid_on_white():
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 100, 0])
    picture.putdata([1, 0])
    assert decode(stored(picture, transparency=1)).tolist() == [
        [[255, 10]],
        [[255, 20]],
        [[255, 30]],
    ]


def test_a_palette_with_half_transparent_entries_is_read_without_a_warning():
    picture = Image.new("P", (2, 1))
    picture.putpalette([10, 20, 30, 200, 100, 0])
    picture.putdata([1, 0])
    assert decode(stored(picture, transparency=b"\xff\x00")).tolist() == [
        [[255, 10]],
        [[255, 20]],
        [[255, 30]],
    ]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
def test_of_sixteen_bits_the_upper_eight_are_kept(kind):
    pixels = np.array([[0, 255, 256, 65535]], dtype=np.uint16)
    assert decode(stored(Image.fromarray(pixels), kind)).tolist() == [[[0, 0, 1, 255]]]


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_pixels_of_32_bits_are_refused(dtype):
    with pytest.raises(ImageError, match="32-bit pixels, whose range is unknown"):
        decode(stored(Image.fromarray(np.ones((2, 2), dtype)), "TIFF"))


def test_cmyk_becomes_rgb():
    assert decode(stored(Image.new("CMYK", (8, 8), (0, 255, 255, 0)), "TIFF"))[:, 0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_honoured_as_pillow_does(kind, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = stored(Image.fromarray(noise(16, 24)), kind, exif=exif)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert decode(data).tolist() == np.asarray(upright).transpose(2, 0, 1).tolist()


def test_orientation_6_turns_the_first_row_into_the_last_column():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = stored(Image.fromarray(np.array([[1, 2, 3], [4, 5, 6]], dtype=np.uint8)), exif=exif)
    assert decode(data).tolist() == [[[4, 1], [5, 2], [6, 3]]]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "PNG"])
def test_several_pictures_in_one_file_are_refused(kind):
    frames = [Image.new("RGB", (3, 3), colour) for colour in ("red", "blue")]
    data = stored(frames[0], kind, save_all=True, append_images=frames[1:])
    with pytest.raises(ImageError, match="holds several pictures; one is needed"):
        decode(data)


def test_the_first_picture_of_a_phones_jpeg_is_read():
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    data = stored(frames[0], "MPO", save_all=True, append_images=frames[1:])
    red, green, blue = decode(data)[:, 0, 0].tolist()
    assert red > 250
    assert max(green, blue) < 5


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_a_truncated_file_is_refused(kind, kept):
    data = stored(Image.fromarray(noise(64, 64)), kind)
    with pytest.raises(ImageError):
        decode(data[: int(len(data) * kept)])


@pytest.mark.parametrize(
    "data",
    [
        b"hello, this is no image",
        b"P",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF0000WEBP",
        b"GIF89a",
        b"P5 x y",
    ],
)
def test_bytes_that_are_no_image_are_refused(data):
    with pytest.raises(ImageError):
        decode(data)


def test_postscript_is_not_handed_to_another_program():
    with pytest.raises(ImageError, match="not an image of a known kind"):
        decode(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 2 2\n")


@pytest.mark.parametrize(("width", "height"), [(30_000, 30_000), (8_001, 8_000), (10_000, 10_000), (1_000_000, 65)])
def test_a_large_png_is_refused_by_its_header(width, height):
    tracemalloc.start()
    with pytest.raises(ImageError, match=f"larger than 64,000,000 pixels .{width}×{height}"):
        decode(png_header(width, height))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * 2**20


@pytest.mark.parametrize("kind", [b"VP8X", b"VP8L", b"VP8 "])
def test_a_large_webp_is_refused_before_its_reader_sees_it(kind, monkeypatch):
    Image.init()
    monkeypatch.setitem(Image.OPEN, "WEBP", (None, Image.OPEN["WEBP"][1]))
    with pytest.raises(ImageError, match=r"larger than 64,000,000 pixels .12000×9000"):
        decode(webp_header(12_000, 9_000, kind))


def test_the_size_in_a_webp_header_is_read_as_pillow_reads_it(monkeypatch):
    seen = []
    monkeypatch.setattr("striate.data.decoding.check_size", lambda width, height, **_: seen.append((width, height)))
    decode(stored(Image.fromarray(noise(5, 7)), "WEBP"))
    decode(stored(Image.fromarray(noise(5, 7)), "WEBP", lossless=True))
    decode(stored(Image.new("RGBA", (7, 5), (1, 2, 3, 100)), "WEBP"))
    assert set(seen) == {(7, 5)}
    assert len(seen) == 6


def test_pillows_own_limit_is_neither_used_nor_changed():
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = 10
    try:
        assert decode(stored(Image.new("L", (10, 10)))).shape == (1, 10, 10)
        assert Image.MAX_IMAGE_PIXELS == 10
    finally:
        Image.MAX_IMAGE_PIXELS = before


def test_the_bound_is_64_million_pixels():
    assert MAX_PIXELS == 64_000_000
    with pytest.raises(ImageError, match="broken or truncated"):  # the size is allowed, the pixels are missing
        decode(png_header(8_000, 8_000))


def test_a_setting_that_fills_truncated_images_is_refused(monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    with pytest.raises(DataError, match="LOAD_TRUNCATED_IMAGES must be False; got True") as caught:
        decode(stored(Image.new("L", (2, 2))))
    assert not isinstance(caught.value, ImageError)


def test_the_pixels_are_the_callers_to_change():
    image = decode(stored(Image.new("L", (2, 2))))
    image[0, 0, 0] = 7
    assert image.is_contiguous()
    assert image.dtype == torch.uint8


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "the file does not exist"),
        (lambda path: path.symlink_to("nowhere"), "the link leads nowhere"),
        (lambda path: path.touch(), "empty file .0 bytes."),
        (lambda path: path.mkdir(), "not an ordinary file"),
        (os.mkfifo, "not an ordinary file"),
        (
            lambda path: path.symlink_to(path),
            "cannot be opened .Too many levels of symbolic links.",
        ),
    ],
)
def test_what_is_no_file_with_bytes_is_refused_by_name(tmp_path, make, reason):
    make(tmp_path / "x.png")
    with pytest.raises(ImageError, match=reason):
        read_bytes(tmp_path / "x.png")


def test_a_huge_file_is_refused_by_its_size(tmp_path):
    with (tmp_path / "x.png").open("wb") as file:
        file.truncate(512 * 2**20 + 1)
    with pytest.raises(ImageError, match="larger than 512 MiB"):
        read_bytes(tmp_path / "x.png")


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "x.png"
    path.write_bytes(b"x")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # a mode of 0 would not stop the superuser
    with pytest.raises(ImageError, match=r"cannot be opened .Permission denied."):
        read_bytes(path)


def test_an_impossible_name_is_refused():
    with pytest.raises(ImageError, match="not a possible file name"):
        read_bytes(Path("a\0b"))


def test_a_large_jpeg_is_decoded_at_the_size_that_is_still_enough():
    from skimage import data as pictures

    buffer = io.BytesIO()
    Image.fromarray(pictures.astronaut()).resize((1600, 1200)).save(buffer, "JPEG")
    whole = decode(buffer.getvalue())

    shapes = [tuple(decode(buffer.getvalue(), at_least_px=px).shape) for px in (100, 300, 301, 600, 601, 5000)]

    assert shapes == [(3, 150, 200), (3, 300, 400), (3, 600, 800), (3, 600, 800), (3, 1200, 1600), (3, 1200, 1600)]
    blocks = whole.float().reshape(3, 300, 4, 400, 4).mean((2, 4))
    assert (decode(buffer.getvalue(), at_least_px=300).float() - blocks).abs().mean() < 1.5


def test_other_kinds_are_decoded_whole():
    buffer = io.BytesIO()
    Image.new("RGB", (640, 480)).save(buffer, "PNG")

    assert decode(buffer.getvalue(), at_least_px=20).shape == (3, 480, 640)
