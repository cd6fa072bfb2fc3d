"""Turns and their labels, by hand."""

import pytest
import torch
from torch import nn

from striate.errors import InputError, ShapeError
from striate.nets import initialise
from striate.train.rotation import as_pictures, images_for, passes, turned


def test_each_picture_comes_in_four_turns_with_their_labels():
    picture = torch.tensor([[[[1, 2], [3, 4]]], [[[5, 6], [7, 8]]]])
    made, turns = turned(picture)

    assert made[:, 0].tolist() == [
        [[1, 2], [3, 4]],
        [[2, 4], [1, 3]],  # a quarter turn against the clock
        [[4, 3], [2, 1]],
        [[3, 1], [4, 2]],
        [[5, 6], [7, 8]],
        [[6, 8], [5, 7]],
        [[8, 7], [6, 5]],
        [[7, 5], [8, 6]],
    ]
    assert turns.tolist() == [0, 1, 2, 3, 0, 1, 2, 3]


def test_pictures_that_are_not_square_are_refused():
    with pytest.raises(ShapeError, match="must be square"):
        turned(torch.zeros(2, 1, 4, 5))


def test_prepared_images_are_stretched_to_bytes_channel_by_channel():
    images = torch.tensor([[[[-1.0, 1.0]], [[0.0, 0.5]]], [[[0.0, 0.0]], [[1.0, 0.25]]]])

    assert as_pictures(images).flatten().tolist() == [0, 255, 0, 128, 128, 128, 255, 64]


@pytest.mark.parametrize(
    ("steps", "images", "used"),
    [
        (200, 10_000, 7144),  # 5,000 to learn from: 100 steps, twice
        (50, 252, 216),  # 150: 3 steps, sixteen times
        (500, 2000, 2000),  # 1,400: 28 steps, seventeen times: 476
    ],
)
def test_as_many_images_are_used_as_whole_passes_allow(steps, images, used):
    assert images_for(steps, images) == used


@pytest.mark.parametrize(
    ("steps", "learned", "times"), [(200, 5000, 2), (50, 152, 12), (50, 151, 16), (50, 20, 50), (50, 5000, 1)]
)
def test_passes_stay_within_the_steps(steps, learned, times):
    # 152 images are four steps, the last of two images; 151 are three: one image alone is left out
    assert passes(steps, learned) == times


def test_a_network_without_convolutions_is_refused():
    images = torch.rand(8, 1, 4, 4)
    with pytest.raises(InputError, match="rotation must have convolutions"):
        initialise(nn.Sequential(nn.Flatten(), nn.Linear(16, 3)), "rotation", seed=0, images=images)
