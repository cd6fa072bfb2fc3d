"""How much of an image enters, held against the pixels that move what is prepared."""

import pytest
import torch

from striate.data import prepare
from striate.data.entering import said_entering, seen_share
from striate.records import Preprocessing

CASES = [
    ((1, 120, 40), {}),
    ((1, 40, 120), {}),
    ((1, 64, 64), {}),
    ((1, 40, 40), {"scaled_px": (40, 40)}),
    ((1, 100, 200), {"scaled_px": (40, 40)}),
    ((1, 100, 200), {"scaled_px": (32, 32), "crop": "squash"}),
    ((1, 100, 200), {"scaled_px": (32, 32), "crop": "border"}),
]


@pytest.mark.parametrize(("shape", "how"), CASES)
def test_the_share_is_that_of_the_pixels_that_matter(shape, how):
    preprocessing = Preprocessing(shape=(1, 32, 32), mean=(0.0,), std=(1.0,), scale=(0.0, 1.0), **how)
    image = torch.full(shape, 0.5, requires_grad=True)
    prepare(image, preprocessing).sum().backward()

    # Antialiasing reads a little beyond the cut.
    assert seen_share(shape[1:], preprocessing) == pytest.approx(float((image.grad != 0).float().mean()), abs=0.06)


def test_what_is_done_is_said():
    how = Preprocessing(shape=(1, 28, 28), mean=(0.0,), std=(1.0,))
    colour = Preprocessing(shape=(3, 224, 224), mean=(0.0,) * 3, std=(1.0,) * 3, scaled_px=(256, 256))

    assert said_entering((1, 28, 28), how) == ""
    assert said_entering((3, 28, 28), how) == "28×28×3 → 28×28×1: made grey; 100\u202f% of it seen"
    assert "3.57 times smaller, its centre cut out; 50\u202f% of it seen" in said_entering((1, 100, 200), how)
    assert said_entering((1, 28, 28), colour) == (
        "28×28×1 → 224×224×3: grey in all channels, 9.14 times larger, its centre cut out; 77\u202f% of it seen"
    )
    assert said_entering((2, 400), Preprocessing(shape=(2, 100), mean=(0.0,) * 2, std=(1.0,) * 2)) == ""
