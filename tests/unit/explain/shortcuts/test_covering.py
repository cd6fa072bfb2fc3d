"""Which images are covered, what that may cost, and what chance is."""

import numpy as np
import pytest
import torch

from striate.errors import Cancelled
from striate.events import Events
from striate.explain import shortcut_census
from striate.explain.shortcuts.covering import on_object
from striate.explain.shortcuts.crowd import Asked, gathered
from striate.lint import lint
from striate.records import Evidence, OnObject, Shortcuts

MARK = slice(0, 2)
SIDE = 16
# The square is 2 px and its step 1 px: ceil((16 - 2) / 1) + 1 along each side.
POSITIONS = 15 * 15


@pytest.fixture
def seen(planted):
    network, data = planted.network(planted.Reads(MARK, MARK)), planted.marked(each=40)
    with torch.no_grad():
        crowd = gathered(Asked(network), network, data, range(120))
    mask = np.zeros((SIDE, SIDE), bool)
    mask[:3, :3] = True

    def look(**asked):
        return on_object(network, crowd, dict.fromkeys(range(120), mask), np.random.default_rng(0), **asked)

    return look


def test_images_sorted_by_class_are_looked_at_from_every_class(seen):
    samples = seen().samples

    # Covered by black the mark is nearest to the first class, from whose answers nothing is taken: the other two remain.
    assert len(samples) == 21
    assert {sample // 40 for sample in samples} == {1, 2}


def test_no_more_passes_are_taken_than_may_be(seen):
    assert len(seen(most_passes=10 * POSITIONS + 7).samples) <= 10
    assert seen(most_passes=8 * POSITIONS) is not None
    assert seen(most_passes=8 * POSITIONS - 1) is None


def test_covering_hears_of_a_stop(planted):
    class Stops(Events):
        is_covering = False

        def progress(self, progress):
            self.is_covering = progress.task != "shortcuts"

        def is_cancelled(self):
            return self.is_covering

    mask = np.zeros((SIDE, SIDE), bool)
    mask[:3, :3] = True
    with pytest.raises(Cancelled):
        shortcut_census(
            planted.network(planted.Reads(MARK, MARK)), planted.marked(), range(36),
            masks=dict.fromkeys(range(36), mask), events=Stops(),
        )  # fmt: skip


def test_the_lower_end_of_chance_is_that_of_means_over_all_images(seen):
    found = seen()

    # A mask of 3 × 3 in 256 pixels: a fall of 3 × 3 pixels at random meets (9 / 256) of itself in the mean.
    assert found.shifted.mean() == pytest.approx(9 / 256, rel=0.25)
    assert 0.0 <= found.shifted_low < found.shifted.mean()


@pytest.mark.parametrize(("images", "share"), [(8, 0.05), (8, 0.1), (32, 0.05), (32, 0.1)])
def test_effects_that_lie_anywhere_are_seldom_called_off_the_object(images, share):
    rng, alarms = np.random.default_rng(0), 0
    for _ in range(400):
        own, *moved = (rng.random((201, images)) < share).astype(np.float32)
        by_move = np.array(moved)
        found = OnObject(
            shares=own, areas=np.full(images, share, np.float32), shifted=by_move.mean(axis=0),
            samples=tuple(range(images)), window_px=(4, 4), shifted_low=float(np.sort(by_move.mean(axis=1))[4]),
        )  # fmt: skip
        report = lint(Evidence(shortcuts=Shortcuts(images=200, right=180, on_object=found)), select=["SHC005"])
        alarms += bool(report.findings)

    assert alarms <= 0.05 * 400
