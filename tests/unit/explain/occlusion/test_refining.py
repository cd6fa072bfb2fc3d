import numpy as np
import pytest

from striate.explain import positions
from striate.explain.occlusion.refining import coarse, finer


@pytest.mark.parametrize(
    ("shape", "window", "stride"),
    [
        ((1, 17, 23), (5, 4), (2, 1)),
        ((1, 12, 12), (3, 3), (3, 3)),
        ((1, 30), (1, 7), (1, 2)),
        ((1, 5, 9, 8), (2, 4, 3), (1, 2, 1)),
    ],
)
def test_coarse_windows_cover_every_pixel(shape, window, stride):
    counts = positions(shape, window, stride)
    sides = (1, shape[-1]) if len(shape) == 2 else shape[1:]
    numbers = coarse(counts, window, stride)
    covered = np.zeros(sides, dtype=bool)
    for place in np.array(np.unravel_index(numbers, counts)).T:
        covered[
            tuple(slice(p * step, p * step + side) for p, step, side in zip(place, stride, window, strict=True))
        ] = True
    assert covered.all()
    assert len(set(numbers.tolist())) == len(numbers) <= np.prod(counts)


def test_windows_near_the_coarse_ones_that_changed_most_follow():
    changes = np.full(9, np.nan)
    # Every third place was looked at, and the last: at 0, 3, 6 and 8.
    changes[[0, 3, 6, 8]] = [0.1, 0.9, 0.2, 0.5]
    assert finer((9,), (6,), (2,), changes, 0.4).tolist() == [2, 4]
    # 7 stands between 6 and 8, and counts to the lower.
    assert finer((9,), (6,), (2,), changes, 1.0).tolist() == [2, 4, 5, 7, 1]
    assert finer((9,), (6,), (2,), changes, 0.0).tolist() == []
