"""Stored small pictures: one size, nothing stretched, nothing that cannot be read."""

import io

import numpy as np

from striate.report.pictures.thumbnails import spread_evenly, to_pictures


def png(pixels):
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def test_one_colour_picture_makes_all_of_them_colour():
    grey, red = png([[7, 8], [9, 10]]), png([[[255, 0, 0], [0, 0, 0]], [[0, 0, 0], [0, 0, 0]]])

    pictures, scale, kept = to_pictures([grey, red], 32)

    assert scale.kind == "colour"
    assert kept == [0, 1]
    assert pictures[0].tolist() == [[[7] * 3, [8] * 3], [[9] * 3, [10] * 3]]
    assert pictures[1, 0, 0].tolist() == [255, 0, 0]


def test_upright_and_lying_pictures_stand_in_one_square_unstretched():
    upright, lying = png(np.full((4, 2), 100)), png(np.full((2, 4), 200))

    pictures, _, _ = to_pictures([upright, lying], 32)

    assert pictures.shape == (2, 4, 4)
    assert pictures[0].tolist() == [[0, 100, 100, 0]] * 4
    assert pictures[1].tolist() == [[0] * 4, [200] * 4, [200] * 4, [0] * 4]


def test_large_pictures_shrink_by_averaging():
    pictures, _, _ = to_pictures([png(np.kron([[0, 200]], np.ones((64, 32))))], 2)

    assert pictures.tolist() == [[[0, 200], [0, 200]]]


def test_what_is_no_picture_is_left_out():
    pictures, _, kept = to_pictures([b"", png([[1]]), png([[2]])[:40]], 32)

    assert kept == [1]
    assert pictures.tolist() == [[[1]]]


def test_none_at_all():
    pictures, _, kept = to_pictures([b"x"], 32)

    assert kept == []
    assert len(pictures) == 0


def test_pictures_are_spread_over_the_plane_and_not_over_the_crowd():
    rng = np.random.default_rng(1)
    crowd, rest = rng.normal(0, 0.01, (9000, 2)), rng.uniform(-1, 1, (1000, 2))
    points = np.concatenate([crowd, rest])

    chosen = spread_evenly(points, 400)
    first_of_file = list(range(400))
    covered = [
        len({tuple(cell) for cell in np.floor(points[rows] * 5).astype(int)}) for rows in (chosen, first_of_file)
    ]

    assert len(chosen) == len(set(chosen)) == 400
    assert covered[0] == 100
    assert covered[1] <= 4


def test_points_without_a_place_have_no_picture_unless_they_must():
    points = np.array([[0.0, 0.0], [np.nan, np.nan], [1.0, 1.0]])

    assert spread_evenly(points, 3) == [0, 2]
    assert spread_evenly(points, 3, first=[1]) == [0, 1, 2]
