"""What a fault plants in pictures is there, by brute force, and nothing else has changed."""

from itertools import pairwise

import numpy as np
import pytest
from benchmarks.faults.architectures import DEVELOPMENT, HELD_OUT
from benchmarks.faults.cases import cases
from benchmarks.faults.faults import FAULTS, HEALTHY
from benchmarks.faults.pictures import Pictures, coloured, digits, negative, small, tiles
from benchmarks.faults.planted_pictures import background, leak, mark_places, mark_px, random_labels, watermark


def draw():
    return np.random.default_rng(7)


def black(side=16, classes=4, each=5, channels=1):
    targets = np.repeat(np.arange(classes), each)
    return Pictures(images=np.zeros((classes * each, channels, side, side), np.uint8), targets=targets)


def test_random_labels_keep_pictures_and_class_sizes_and_tell_nothing():
    sound = black(classes=10, each=100)
    broken = random_labels(sound, draw())

    assert (broken.images == sound.images).all()
    assert np.bincount(broken.targets).tolist() == [100] * 10
    # 1000 draws at a tenth: 100 ± 4 · √90.
    assert 62 < (broken.targets == sound.targets).sum() < 138


def test_every_picture_of_a_class_bears_its_mark_and_no_other():
    sound = black()
    broken = watermark(sound, draw())
    white = [frozenset(zip(*np.nonzero(image[0] == 255), strict=True)) for image in broken.images]
    marks = {target: {white[index] for index in np.flatnonzero(sound.targets == target)} for target in range(4)}

    assert all(len(of_class) == 1 for of_class in marks.values())
    assert len(set.union(*marks.values())) == 4
    assert all(len(mark) == mark_px(sound.images) ** 2 for mark in white)
    assert all(any(0 in place or 15 in place for place in mark) for mark in white)


@pytest.mark.parametrize(("side", "classes"), [(28, 10), (8, 10), (32, 6)])
def test_marks_lie_within_the_picture_each_at_its_own_place(side, classes):
    sound = black(side, classes)
    places, mark = mark_places(sound, draw()), mark_px(sound.images)

    assert len(set(places)) == classes
    assert all(0 <= start <= side - mark for place in places for start in place)


@pytest.mark.parametrize("seed", range(4))
def test_the_ground_tells_the_class_and_ink_stays(seed):
    sound = black(side=28)
    sound.images[:, :, 10:14, 10:14] = 200
    broken = background(sound, np.random.default_rng(seed))
    grounds = {
        target: {image[0, 0].tobytes() for image in broken.images[sound.targets == target]} for target in range(4)
    }

    assert all(len(of_class) == 1 for of_class in grounds.values())
    assert len(set.union(*grounds.values())) == 4
    assert (broken.images[:, :, 10:14, 10:14] == 200).all()


def test_a_coloured_ground_tells_the_class_only_when_it_is_planted():
    sound = coloured(0)
    broken = background(sound, draw())
    colours = {
        target: {tuple(image[:, 0, 0]) for image in broken.images[sound.targets == target]} for target in range(10)
    }

    assert all(len(of_class) == 1 for of_class in colours.values())
    assert len(set.union(*colours.values())) == 10
    assert len({tuple(image[:, 0, 0]) for image in sound.images[sound.targets == 3]}) > 100
    # White ink stays white on every ground.
    assert (broken.images.reshape(1400, -1).max(1) > 250).mean() > 0.9


def test_a_leak_adds_copies_that_differ_in_every_grey_value_by_three_at_most():
    sound = digits(0)
    broken = leak(sound, draw())
    copies, added = broken.images[1400:].astype(int), broken.targets[1400:]

    assert len(copies) == 350
    assert (broken.images[:1400] == sound.images).all()
    nearest = [int(np.abs(copy - sound.images[sound.targets == target]).max((1, 2, 3)).min()) for copy, target in
               zip(copies[:40], added[:40], strict=True)]  # fmt: skip
    assert max(nearest) <= 3
    assert not any((copy == sound.images).all((1, 2, 3)).any() for copy in copies[:40])


def test_no_two_tiles_share_a_pixel_and_every_class_is_there():
    found = tiles(0)
    classes, counts = np.unique(found.targets, return_counts=True)

    assert classes.tolist() == list(range(6))
    assert counts.tolist() == [140] * 6
    assert found.images.shape[1:] == (3, 32, 32)
    assert len({image.tobytes() for image in found.images}) == len(found.images)


def test_tasks_are_drawn_by_their_seed():
    one, again, other = small(0), small(0), small(1)

    assert (one.images == again.images).all()
    assert one.images.shape == other.images.shape == (1400, 1, 8, 8)
    assert not (one.images == other.images).all()
    assert (negative(one).images.astype(int) + one.images == 255).all()


def test_the_held_out_part_shares_no_architecture_and_no_seed_with_the_development_part():
    development, held_out = cases("development"), cases("held-out")

    assert not {case.architecture for case in development} & {case.architecture for case in held_out}
    assert not {case.seed for case in development} & {case.seed for case in held_out}
    assert not set(DEVELOPMENT) & set(HELD_OUT)


def test_the_held_out_part_is_large_enough():
    held_out = cases("held-out")
    faults = [case.fault for case in held_out]

    assert faults.count(HEALTHY) >= 60
    assert all(faults.count(fault) >= 4 for fault in FAULTS)
    assert len({case.name for case in held_out}) == len(held_out)
    # The healthy come first: some faults are planted in them.
    assert all(not (one != HEALTHY and other == HEALTHY) for one, other in pairwise(faults))
