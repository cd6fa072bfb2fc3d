import numpy as np
import pytest

from striate.records import EffectiveFilters
from striate.report.arrays import ArrayStore
from striate.report.sections.weights import _effective

FORMS = np.array([[[4.0, 0.0], [1.0, -2.0]], [[0.0, 0.5], [-1.0, 0.25]]])


def tiles_of(filters):
    found = EffectiveFilters(
        layer="conv2",
        units=(0, 1),
        place=(3, 3),
        filters=filters.astype(np.float32),
        corner_px=(0, 0),
        offsets=np.zeros(2, np.float32),
        passed=1,
        averaged=0,
    )
    store = ArrayStore()
    tiles = _effective(store, found)
    return tiles, store.arrays["effective-filters"] * store.scales["effective-filters"]


@pytest.mark.parametrize("channels", [(1.0,), (1.0, -0.9), (1.0, -0.3, -0.3, -0.3)], ids=len)
def test_filters_that_hold_channels_against_each_other_are_shown_by_what_they_share(channels):
    tiles, shown = tiles_of(FORMS[:, None] * np.array(channels)[:, None, None])

    np.testing.assert_allclose(shown, FORMS / np.array([4.0, 1.0])[:, None, None], atol=1 / 127)
    length = np.linalg.norm(channels)
    assert [float(tile.value) for tile in tiles.tiles] == pytest.approx([4 * length, length], abs=0.05)  # two digits
    said = f"combination of the {len(channels)} channels that varies most"
    assert (said in tiles.note) == (len(channels) > 1)
