from __future__ import annotations

import time

import pytest

from striate.features.mapping import forecast_map, nearest_rows, place_points, principal_axes


@pytest.mark.slow
def test_a_map_takes_about_what_was_told():
    import numpy as np

    points = np.random.default_rng(0).normal(0, 1, (1500, 40)).astype(np.float32)
    told = forecast_map(1500, (40,), pixels=0, is_compared=False)
    began = time.perf_counter()

    place_points(nearest_rows(points, 90), principal_axes(points).place(points), perplexity=30.0)

    # The machine may be busy by turns; a forecast of a wrong order of magnitude would be out of this.
    assert 0.2 < told.placing_s / (time.perf_counter() - began) < 5
    assert told.comparing_s == 0
    assert "Mapping 1\u202f500 points at 1 layer" in told.words() or "Mapping 1500 points" in told.words()


def test_the_words_of_a_map_that_is_there():
    told = forecast_map(60, (4, 4), pixels=0, is_continued=True)

    assert told.placing_s == 0
    assert told.words().startswith(
        "There is a map of this store: new points are placed on it. Measuring 60 points at 2 layers"
    )
