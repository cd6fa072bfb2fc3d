from __future__ import annotations

import time

import pytest

from striate.features.mapping import forecast, forecast_map, nearest_rows, place_points, principal_axes


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


def test_pixels_cost_once_and_a_larger_perplexity_more(monkeypatch):
    monkeypatch.setattr(forecast, "_product_s", lambda count, size: 256.0 * size)
    monkeypatch.setattr(forecast, "_ranking_s", lambda count: 0.0)
    monkeypatch.setattr(forecast, "_step_s", lambda count, perplexity, threads: perplexity)

    one, two = (forecast_map(100, sizes, pixels=1000, perplexity=10.0) for sizes in ((4,), (4, 4)))
    wide = forecast_map(100, (4,), perplexity=30.0)

    # Neighbours of 100 and three products, by 4 numbers; those and a silhouette by 1,000.
    assert one.neighbours_s == 4 * (100 + 300) + 1000 * (100 + 100)
    assert two.neighbours_s - one.neighbours_s == 4 * (100 + 300)
    assert wide.placing_s == 3 * one.placing_s
