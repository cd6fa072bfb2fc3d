import numpy as np
import pytest
import torch

from striate.data import normalise, prepare, read_picture
from striate.data.decoding import ImageError, decode
from striate.data.picture import picture_of
from striate.errors import InputError, ShapeError
from striate.records import Preprocessing


def stored(tmp_path, mode, size=(5, 4), suffix="png", **options):
    from PIL import Image

    rng = np.random.default_rng(0)
    channels = {"L": (), "LA": (2,), "RGB": (3,), "RGBA": (4,), "I;16": (), "CMYK": (4,)}[mode]
    kind = np.uint16 if mode == "I;16" else np.uint8
    pixels = rng.integers(0, np.iinfo(kind).max, (*size, *channels), dtype=kind)
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(pixels, None if mode == "I;16" else mode).save(path, **options)
    return path


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
def test_it_holds_what_decode_makes_of_the_file(tmp_path, mode):
    path = stored(tmp_path, mode)
    picture = read_picture(path)

    assert torch.equal(picture.region((0, 5), (0, 4)), decode(path.read_bytes()))
    assert torch.equal(picture.region((1, 4), (2, 3)), decode(path.read_bytes())[:, 1:4, 2:3])
    assert picture.channels == (3 if mode.startswith("RGB") else 1)
    assert picture.held_bytes == 20 * (4 if mode.startswith("RGB") else 1)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_stands_upright(tmp_path, orientation):
    from PIL import Image

    exif = Image.Exif()
    exif[0x0112] = orientation
    path = stored(tmp_path, "RGB", exif=exif)
    picture, expected = read_picture(path), decode(path.read_bytes())

    assert picture.size_px == tuple(expected.shape[1:])
    assert torch.equal(picture.region((0, picture.size_px[0]), (0, picture.size_px[1])), expected)


def test_large_truncated_and_strange_files_are_refused(tmp_path):
    path = stored(tmp_path, "RGB", size=(40, 50))
    with pytest.raises(ImageError, match=r"larger than 1,999 pixels \(50×40\); --most-pixels"):
        read_picture(path, most_pixels=1999)
    assert read_picture(path, most_pixels=2000).size_px == (40, 50)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ImageError, match="truncated"):
        read_picture(path)
    path.write_bytes(b"no image at all, whatever its name says")
    with pytest.raises(ImageError, match="not an image"):
        read_picture(path)
    with pytest.raises(ImageError, match="does not exist"):
        read_picture(tmp_path / "nothing.png")


def test_regions_lie_inside():
    picture = picture_of(torch.zeros(1, 4, 5, dtype=torch.uint8))
    for rows, columns in (((0, 5), (0, 5)), ((-1, 2), (0, 5)), ((2, 2), (0, 5))):
        with pytest.raises(InputError, match="inside"):
            picture.region(rows, columns)


def test_a_smaller_one_is_an_average():
    picture = picture_of(torch.arange(24, dtype=torch.uint8).reshape(1, 4, 6) * 10)

    assert picture.scaled(3).size_px == (2, 3)
    assert picture.scaled(6) is picture
    # An even image stays even, however it is filtered.
    even = picture_of(torch.full((3, 40, 60), 7, dtype=torch.uint8)).resized((3, 5))
    assert even.region((0, 3), (0, 5)).unique().tolist() == [7]


def test_normalise_is_prepare_without_scaling():
    how = Preprocessing(shape=(3, 6, 7), mean=(0.1, 0.2, 0.3), std=(0.5, 0.6, 0.7))
    for channels in (1, 3):
        image = torch.randint(256, (channels, 6, 7), dtype=torch.uint8)
        assert torch.equal(normalise(image, how), prepare(image, how))
    assert normalise(torch.zeros(3, 9, 2, dtype=torch.uint8), how).shape == (3, 9, 2)
    with pytest.raises(ShapeError, match="1 and 3"):
        normalise(torch.zeros(4, 6, 7, dtype=torch.uint8), how)
    with pytest.raises(ShapeError, match="uint8"):
        normalise(torch.zeros(3, 6, 7), how)
