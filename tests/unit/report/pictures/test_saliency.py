import io

import numpy as np
import pytest

from striate.records import Attribution, Output
from striate.report.pictures.saliency import _signal, _source, attribution_picture, limit_of

OUTPUT = Output(kind="classes", names=("cat", "dog", "cow"))


def record(maps, **fields):
    count = len(maps)
    known = {
        "method": "gradient", "sample": 0, "targets": tuple(range(count)), "maps": np.array(maps, dtype=np.float32),
        "scores": np.ones(count, np.float32), "probabilities": np.full(count, 0.3, np.float32), "unit": "score",
    }  # fmt: skip
    return Attribution(**known | fields)


def drawn(one, image):
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(attribution_picture(one, image, OUTPUT, source="a net"))), dtype=int)


def test_above_zero_is_warm_below_is_cool_and_zero_is_paper():
    # Four quarters, 480 px in all: +1, −1, 0, 0. The map is the right panel.
    values = np.zeros((1, 1, 2, 2))
    values[0, 0, 0] = 1, -1
    pixels = drawn(record(values), np.zeros((1, 2, 2)))
    left, top = 2 * 24 + 480, 58 + 36
    warm, cool, blank = (pixels[top + y, left + x] for y, x in ((120, 120), (120, 360), (360, 120)))
    assert warm[0] > warm[2] + 50
    assert cool[2] > cool[0] + 50
    np.testing.assert_allclose(blank, [252, 252, 250], atol=1)


def test_all_maps_of_an_image_share_one_scale():
    values = np.ones((2, 1, 2, 2))
    values[1] /= 10
    pixels = drawn(record(values), np.zeros((1, 2, 2)))
    # The image, then two maps of 240 px.
    left, top = 24 + 264, 58 + 36
    strong, weak = pixels[top + 60, left + 60], pixels[top + 60, left + 264 + 60]
    assert strong.sum() < weak.sum() - 200


@pytest.mark.parametrize("sides", [(40,), (10, 14), (5, 8, 9)])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_signals_images_and_volumes_are_drawn(sides, channels):
    maps = np.random.default_rng(0).normal(size=(2, channels, *sides))
    assert drawn(record(maps), np.random.default_rng(1).random((channels, *sides))).shape[1] >= 720


def test_a_map_of_zeros_and_a_map_of_a_layer_are_drawn():
    assert drawn(record(np.zeros((1, 1, 4, 4))), np.zeros((1, 4, 4))).shape[2] == 3
    assert drawn(record(np.ones((1, 1, 2, 2)), layer="conv2"), np.zeros((3, 9, 7))).shape[2] == 3


def test_more_maps_than_fit_are_left_out():
    few, many = (drawn(record(np.ones((n, 1, 4, 4)), targets=(0,) * n), np.zeros((1, 4, 4))) for n in (11, 14))
    assert few.shape == many.shape


def test_the_scale_ends_where_nearly_all_is_within():
    values = np.ones(1000)
    values[0] = 50
    assert limit_of(values) == 1
    assert limit_of(np.eye(40)[0]) == pytest.approx(0.805)
    assert limit_of(np.eye(1, 1000)) == 1


def test_the_source_says_how_much_lies_beyond_the_ends():
    maps = np.zeros((1, 10, 10))
    maps[0, 0, :2] = 5

    said = _source(record(maps[None]), maps, 1.0, (10, 10)).replace("\u202f", " ")
    assert said.endswith("beyond the ends in their colour (2.0 %)")
    assert "beyond" not in _source(record(maps[None]), maps, 5.0, (10, 10))


def test_a_signals_curve_has_its_values_at_its_ends():
    rising = np.linspace(-3, 7, 40)[None]
    paper = np.full((40, 3), 252, np.uint8)

    ends = np.asarray(_signal(rising, paper), dtype=int)[:, :24].sum(2)
    # The curve begins at the bottom: ink at the top of these columns is the largest value, and below it nothing is drawn.
    assert (ends[:16] < 400).any()
    assert not (ends[20:120] < 400).any()
    flat = np.asarray(_signal(np.zeros((1, 40)), paper), dtype=int)[:, :24].sum(2)
    assert (flat[:16] < 400).any()
