import io

import numpy as np
import pytest

from striate.records.dense import PredictionMaps, Strongest
from striate.report.dense.pictures import coloured, map_picture, outline, segmentation_picture

FIRST = Strongest(output=0, name="cat", value=1.0, position=(0, 1), centre_px=(30.0, 70.0))


@pytest.fixture
def maps():
    values = np.array([[[0.0, 1.0]], [[0.5, 0.25]]], np.float32)
    return PredictionMaps(
        names=("cat", "dog"), unit="probability", size_px=(60, 120), stride_px=(40.0, 40.0), centre_px=(30.0, 30.0),
        kept=(0, 1), maps=values, winner=values.argmax(0), winner_value=values.max(0), strongest=(FIRST,),
    )  # fmt: skip


def even(mode, size, colour=0):
    from PIL import Image

    return Image.new(mode, size, colour)


def opened(data):
    from PIL import Image

    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def test_the_map_stands_beside_the_image_and_each_position_has_its_colour(maps):
    image = even("RGB", (120, 60), (200, 30, 40))
    picture = opened(map_picture(image, maps, FIRST, source="a network"))
    # Enlarged four times; the image from 24, the map from 24 + 480 + 24; both 58 from the top.
    assert picture.getpixel((24 + 240, 58 + 120)) == (200, 30, 40)
    left, middle, right = ((24 + 480 + 24 + 4 * x, 58 + 120) for x in (30, 70, 115))
    assert picture.getpixel(left) == (252, 252, 250)
    assert picture.getpixel(middle) == (25, 27, 28)
    # Beyond half a stride from the last centre there is no position.
    assert picture.getpixel(right) == (252, 252, 250)


def test_the_segmentation_has_the_colours_of_its_legend(maps):
    picture = opened(segmentation_picture(even("L", (120, 60)), maps, source="a network"))
    dog = picture.getpixel((24 + 480 + 24 + 4 * 20, 58 + 120))
    cat = picture.getpixel((24 + 480 + 24 + 4 * 100, 58 + 120))

    assert dog != cat
    assert {dog, cat} == {(0x2C, 0x67, 0xBA), (0xB0, 0x52, 0x05)}
    # Dog stands first in the legend, or cat: each wins at half of the positions.
    legend = picture.getpixel((24 + 6, 58 + 240 + 12 + 8)), picture.getpixel((24 + 480 + 24 + 6, 58 + 240 + 12 + 8))
    assert set(legend) == {dog, cat}


def test_the_scale_is_that_of_the_page():
    colours = coloured(np.linspace(0, 1, 9)[None])[0]
    anchors = ["fcfcfa", "c4e4d1", "8dccb4", "55b19e", "1b938b", "057375", "01545d", "18363e", "191b1c"]
    for colour, anchor in zip(colours.astype(int), anchors, strict=True):
        assert abs(colour - [int(anchor[i : i + 2], 16) for i in (0, 2, 4)]).max() <= 2


def test_the_outline_is_where_the_image_changes():
    pixels = np.zeros((40, 40), np.uint8)
    pixels[:, 20:] = 255
    from PIL import Image

    found = outline(Image.fromarray(pixels))

    assert found[:, 19:21].any(1).all()
    assert not found[:, :15].any()
    assert not outline(even("L", (40, 40), 90)).any()
    assert not outline(even("L", (1, 1))).any()
