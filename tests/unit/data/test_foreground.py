"""Where the object is."""

import pytest
import torch

from striate.data import apart_from_border, foreground, load_data
from striate.errors import ShapeError


def grey(rows):
    return torch.tensor([rows], dtype=torch.uint8)


def test_the_object_is_what_differs_by_64_widened_by_one():
    image = torch.full((1, 6, 7), 20, dtype=torch.uint8)
    image[0, 3, 3] = 84  # 64 away
    image[0, 0, 0] = 83  # 63 away
    mask = foreground(image)
    assert mask is not None
    assert mask.nonzero().tolist() == [[row, column] for row in (2, 3, 4) for column in (2, 3, 4)]


def test_dark_objects_on_a_light_background_count_too():
    image = torch.full((1, 5, 5), 255, dtype=torch.uint8)
    image[0, 4, 4] = 0
    mask = foreground(image)
    assert mask is not None
    assert mask.nonzero().tolist() == [[3, 3], [3, 4], [4, 3], [4, 4]]


def test_exactly_half_of_the_pixels_within_8_is_a_background():
    assert foreground(grey([[0, 0, 8, 200], [9, 200, 100, 8]])) is not None
    assert foreground(grey([[0, 0, 9, 200], [9, 200, 100, 8]])) is None


def test_of_equally_common_values_the_darker_is_the_background():
    mask = foreground(grey([[0, 0, 0, 0, 255, 255, 255, 255]]))
    assert mask is not None
    assert mask.tolist() == [[False, False, False, True, True, True, True, True]]


@pytest.mark.parametrize("shape", [(3, 4, 4), (1, 4, 4), (1, 0, 4)])
def test_colour_images_and_images_of_one_value_have_none(shape):
    assert foreground(torch.full(shape, 9, dtype=torch.uint8)) is None


def test_every_digit_has_a_foreground_that_holds_its_ink():
    data = load_data("digits")
    for index in range(0, 5000, 250):
        image = data.read(index)
        mask = foreground(image)
        assert mask is not None
        assert bool(mask[image[0] >= 64].all())
        assert 0.05 < mask.float().mean() < 0.6


@pytest.mark.parametrize("image", [torch.zeros(1, 4, 4), torch.zeros(4, 4, dtype=torch.uint8)])
def test_what_is_no_stored_image_is_refused(image):
    with pytest.raises(ShapeError):
        foreground(image)


def test_in_colour_the_object_is_what_differs_from_the_border():
    image = torch.full((3, 6, 7), 100, dtype=torch.uint8)
    image[:, ::2, ::2] += 20  # an uneven ground
    image[1, 3, 3] = 190
    mask = apart_from_border(image)
    assert mask is not None
    assert mask.nonzero().tolist() == [[row, column] for row in (2, 3, 4) for column in (2, 3, 4)]


def test_a_busy_border_and_an_object_larger_than_the_ground_are_not_told_apart():
    busy = torch.randint(0, 256, (3, 8, 8), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    large = torch.zeros(3, 8, 8, dtype=torch.uint8)
    large[:, 1:7, 1:7] = 200
    broken = torch.zeros(3, 8, 8, dtype=torch.uint8)
    broken[:, 0] = 200  # a third of the border
    assert apart_from_border(busy) is None
    assert apart_from_border(broken) is None
    assert apart_from_border(large) is None
    assert apart_from_border(torch.full((3, 4, 4), 9, dtype=torch.uint8)) is None
