"""Places by hand, and what their pixels say against scikit-learn's nearest neighbour and plain loops."""

import numpy as np
import pytest
import torch

from striate.explain.shortcuts.regions import (
    marking_pixels,
    mask_of,
    pasted,
    places,
    spread_at,
    spread_within,
    telling_pixels,
    told,
)


def test_places_cover_every_pixel_and_end_at_the_border():
    boxes = places(28, 20)
    seen = np.zeros((28, 20), int)
    for top, left, bottom, right in boxes[:-4]:
        seen[top:bottom, left:right] += 1

        assert (bottom - top, right - left) == (7, 5)
    assert seen.min() == 1
    assert max(box[2] for box in boxes) == 28
    assert max(box[3] for box in boxes) == 20
    assert boxes[-4:] == ((0, 0, 4, 20), (24, 0, 28, 20), (0, 0, 28, 3), (0, 17, 28, 20))


@pytest.mark.parametrize("sides", [(1, 1), (2, 3), (5, 40)])
def test_places_of_small_and_long_images_stay_inside(sides):
    for top, left, bottom, right in places(*sides):
        assert 0 <= top < bottom <= sides[0]
        assert 0 <= left < right <= sides[1]


def test_only_the_masked_pixels_are_taken():
    images, donors = torch.zeros(2, 3, 4, 5), torch.ones(2, 3, 4, 5)
    found = pasted(images, donors, mask_of((1, 2, 3, 4), 4, 5))

    assert found.sum() == 2 * 3 * 4
    assert found[:, :, 1:3, 2:4].min() == 1
    assert images.sum() == 0


def test_what_pixels_tell_equals_the_nearest_neighbour_left_out_of_scikit_learn():
    from sklearn.model_selection import LeaveOneOut, cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], 10)
    images = torch.from_numpy(rng.normal(size=(30, 2, 5, 5)) + labels[:, None, None, None])
    mask = mask_of((1, 1, 4, 3), 5, 5)
    rows = images.numpy()[:, :, mask].reshape(30, -1)
    expected = cross_val_score(KNeighborsClassifier(1), rows, labels, cv=LeaveOneOut()).mean()

    assert 0.4 < expected < 1
    assert told(images, labels, mask) == pytest.approx(expected)


def test_pixels_that_are_all_the_same_tell_no_more_than_a_draw():
    labels = np.repeat([0, 1], 5)

    assert told(torch.zeros(10, 1, 2, 2), labels, np.ones((2, 2), bool)) == pytest.approx(4 / 9)


def test_the_spread_within_classes_is_that_of_plain_loops():
    rng = np.random.default_rng(1)
    labels = np.array([0, 0, 0, 2, 2, 2, 2])
    images = rng.normal(size=(7, 3, 4, 4))
    found = spread_within(torch.from_numpy(images), labels)

    for row, label in enumerate((0, 2)):
        for y in range(4):
            for x in range(4):
                variances = [images[labels == label, channel, y, x].var() for channel in range(3)]
                assert found[row, y, x] == pytest.approx(np.sqrt(np.mean(variances)))


def test_a_place_is_held_against_the_whole_image():
    spread = np.zeros((4, 4))
    spread[:2] = 1.0

    assert spread_at(spread, (0, 0, 2, 2)) == 2.0
    assert spread_at(spread, (2, 0, 4, 4)) == 0.0
    assert spread_at(np.zeros((4, 4)), (0, 0, 2, 2)) == 0.0


def test_a_mark_of_each_class_tells_and_noise_does_not():
    rng = np.random.default_rng(2)
    labels = np.repeat([0, 1, 2], 20)
    images = rng.normal(size=(60, 1, 6, 6))
    images[:, 0, 5, 5] = labels + 0.05 * rng.normal(size=60)
    mask = telling_pixels(torch.from_numpy(images), labels)

    assert np.argwhere(mask).tolist() == [[5, 5]]
    assert not telling_pixels(torch.from_numpy(images), rng.permutation(labels)).any()


def test_one_classs_mark_is_found_in_pictures_that_vary_everywhere():
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 255, (120, 3, 9, 9)).astype(np.float32) / 255, np.repeat(np.arange(4), 30)
    images[labels == 2, :, 0:2, 5:7] = 1.0
    # Three of its thirty images were missed: no longer nearly all of them.
    images[labels == 1, :, 8, 8] = 0.0
    images[np.flatnonzero(labels == 1)[:3], :, 8, 8] = 0.5
    expected = np.zeros((9, 9), bool)
    expected[0:2, 5:7] = True

    np.testing.assert_array_equal(marking_pixels(torch.from_numpy(images), labels), expected)
    assert not telling_pixels(torch.from_numpy(images), labels).any()


def test_what_is_empty_in_one_class_is_no_mark():
    rng = np.random.default_rng(1)
    images, labels = np.zeros((80, 1, 1, 2), np.float32), np.repeat(np.arange(4), 20)
    images[labels != 0] = rng.random((60, 1, 1, 2))
    # A quarter of the others is empty there as well.
    images[np.flatnonzero(labels != 0)[::4], 0, 0, 0] = 0

    assert marking_pixels(torch.from_numpy(images), labels).tolist() == [[False, True]]
