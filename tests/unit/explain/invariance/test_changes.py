"""Changes of images against numpy, scikit-image and by hand."""

import numpy as np
import pytest
import torch

from striate.explain.invariance.changes import (
    brightness,
    contrast,
    mirror,
    quarter_turn,
    shift,
    shifted,
    turn,
    usual_changes,
    zoom,
)


def pictures(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("down", "right"), [(1, 0), (0, -2), (-1, 1), (3, 3)])
def test_a_shift_repeats_the_border(down, right):
    images = pictures(2, 3, 5, 7)

    padded = np.pad(images.numpy(), ((0, 0), (0, 0), (3, 3), (3, 3)), mode="edge")
    expected = padded[..., 3 - down : 8 - down, 3 - right : 10 - right]
    assert np.array_equal(shifted(images, down, right).numpy(), expected)


def test_a_shift_goes_to_eight_neighbours():
    image = torch.zeros(1, 1, 5, 5)
    image[0, 0, 2, 2] = 1

    places = {tuple(way(image)[0, 0].nonzero()[0].tolist()) for way in shift(1).directions}
    assert places == {(row, column) for row in (1, 2, 3) for column in (1, 2, 3)} - {(2, 2)}


def test_turns_by_a_right_angle_are_quarter_turns():
    images = pictures(2, 1, 6, 6)

    for bilinear, exact in zip(turn(90).directions, quarter_turn().directions, strict=True):
        assert torch.allclose(bilinear(images), exact(images), atol=1e-5)


@pytest.mark.parametrize("sides", [(24, 24), (20, 30)])
def test_turns_and_scales_are_those_of_scikit_image(sides):
    from skimage.transform import AffineTransform, rotate, warp

    image = torch.nn.functional.avg_pool2d(pictures(1, 1, *sides), 5, 1, 2)
    plain = image[0, 0].double().numpy()
    inside = (slice(4, -4), slice(4, -4))

    turned = turn(12).directions[0](image)[0, 0].numpy()
    assert np.allclose(turned[inside], rotate(plain, 12, order=1, mode="edge")[inside], atol=1e-4)
    middle = (np.array(sides[::-1]) - 1) / 2
    about = AffineTransform(translation=-middle) + AffineTransform(scale=1.2) + AffineTransform(translation=middle)
    larger = zoom(1.2).directions[0](image)[0, 0].numpy()
    assert np.allclose(larger[inside], warp(plain, about.inverse, order=1, mode="edge")[inside], atol=1e-4)


def test_mirror_and_light_by_hand():
    image = torch.tensor([[[[0.0, 0.2], [0.4, 0.6]]]])

    assert mirror().directions[0](image).flatten().tolist() == pytest.approx([0.2, 0.0, 0.6, 0.4])
    lighter, darker = (way(image).flatten().tolist() for way in brightness(0.1).directions)
    assert lighter == pytest.approx([0.1, 0.3, 0.5, 0.7])
    assert darker == pytest.approx([-0.1, 0.1, 0.3, 0.5])
    # About the mean, 0.3.
    more, less = (way(image).flatten().tolist() for way in contrast(0.5).directions)
    assert more == pytest.approx([-0.15, 0.15, 0.45, 0.75])
    assert less == pytest.approx([0.15, 0.25, 0.35, 0.45])


def test_small_and_oblong_images_are_spared_what_they_cannot_bear():
    names = [change.name for change in usual_changes((8, 12))]

    assert "shift by 1 px" in names
    assert "shift by 2 px" not in names
    assert "turned by 90°" not in names
