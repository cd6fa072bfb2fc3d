"""Drawings are centred as MNIST's digits lie."""

import numpy as np
import pytest

from striate.studio.looks.drawing import centred


def mass_of(picture):
    picture = np.asarray(picture, float)
    rows, columns = np.indices(picture.shape) + 0.5
    return (rows * picture).sum() / picture.sum(), (columns * picture).sum() / picture.sum()


def cut(picture):
    rows, columns = np.flatnonzero(picture.any(1)), np.flatnonzero(picture.any(0))
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def test_an_l_is_halved_and_its_centre_of_mass_lies_in_the_middle():
    # An upright of 40 × 8 and a foot of 8 × 16 beside it: halved, 20 × 4 and 4 × 8, of 80 and 32 pixels.
    drawn = np.zeros((90, 70), np.uint8)
    drawn[50:90, 3:11] = 200
    drawn[82:90, 11:27] = 200
    image, words = centred(drawn)
    # Its centre of mass: down (80 × 10 + 32 × 18) / 112 = 12.29, across (80 × 2 + 32 × 8) / 112 = 3.71.
    # 14 − 12.29 = 1.71 and 14 − 3.71 = 10.29, to whole pixels 2 and 10.
    wanted = np.zeros((28, 28), np.uint8)
    wanted[2:22, 10:14] = 200
    wanted[18:22, 14:22] = 200

    assert (image[0].numpy() == wanted).all()
    assert words == "Centred: the strokes, 24×40 pixels, were made 12×20 and moved to the middle."


@pytest.mark.parametrize("number", [3, 600, 1200, 1700, 2300, 2900, 3300, 3800, 4400, 4900])
def test_a_digit_drawn_large_and_at_the_border_comes_to_lie_as_it_is_stored(digits, number):
    stored = digits.read(number)[0].numpy()
    strokes = cut(np.kron(stored, np.ones((9, 9), np.uint8)))
    canvas = np.zeros((400, 340), np.uint8)
    # In the lower right corner, at its very border.
    canvas[-strokes.shape[0] :, -strokes.shape[1] :] = strokes
    image = centred(canvas)[0][0].numpy()

    assert max(cut(image).shape) == 20
    assert (cut(image) == cut(stored)).all()
    assert np.abs(np.subtract(mass_of(image), mass_of(stored))).max() <= 1
    assert np.abs(np.subtract(mass_of(image), 14)).max() <= 0.5


def test_a_small_drawing_is_enlarged():
    drawn = np.zeros((50, 50), np.uint8)
    drawn[40:45, 40:42] = 255
    image, words = centred(drawn)

    assert cut(image[0].numpy()).shape == (20, 8)
    assert words == "Centred: the strokes, 2×5 pixels, were made 8×20 and moved to the middle."


def test_without_a_stroke_there_is_nothing():
    image, words = centred(np.zeros((5, 9), np.uint8))

    assert image.shape == (1, 28, 28)
    assert image.sum() == 0
    assert words == "Nothing is drawn yet."


def test_a_thin_line_keeps_a_pixel_and_stays_inside():
    drawn = np.zeros((300, 300), np.uint8)
    drawn[7] = 255
    image = centred(drawn)[0][0].numpy()

    assert cut(image).shape == (1, 20)
    assert mass_of(image)[1] == 14


def test_strokes_that_fill_bytes_nobody_may_write_to_are_drawn_without_a_warning():
    """As they come over the wire: warnings are errors here."""
    image, _ = centred(np.frombuffer(bytes([200]) * 100, np.uint8).reshape(10, 10))

    assert cut(image[0].numpy()).shape == (20, 20)
