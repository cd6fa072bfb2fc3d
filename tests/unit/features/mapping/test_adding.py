"""One more vector on a map: its nearest by brute force, its place beside them, and whether it is like anything there."""

import numpy as np
import pytest

from striate.errors import InputError
from striate.features.mapping import MapSettings, add_to_map, adding, map_layer
from vector_maps import digits_store

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def mapped(tmp_path_factory, digits):
    """A map of 200 digits by their pooled pixels, and those of 40 others."""
    store = digits_store(tmp_path_factory.mktemp("vectors") / "store", digits, count=240)
    values = store.vectors("pooled").values
    is_new = np.arange(240) % 6 == 5
    layer, _ = map_layer("pooled", values[~is_new], None, settings=MapSettings(is_compared=False))
    return layer, values[~is_new], values[is_new]


def test_its_nearest_are_those_of_the_largest_cosine(mapped):
    from sklearn.metrics.pairwise import cosine_similarity

    layer, values, others = mapped
    centred = values - values.mean(0)
    for other in others[::8]:
        found = add_to_map(layer, values, other)
        likeness = cosine_similarity((other - values.mean(0))[None], centred)[0]

        assert list(found.nearest) == np.argsort(-likeness, kind="stable")[:5].tolist()
        assert found.distance == pytest.approx(np.sqrt(2 - 2 * likeness.max()), abs=1e-4)


def test_it_stands_among_them(mapped):
    layer, values, others = mapped
    spread = np.linalg.norm(layer.points - np.median(layer.points, 0), axis=1).mean()
    away = [
        np.linalg.norm(np.array(found.place) - layer.points[list(found.nearest)].mean(0))
        for found in (add_to_map(layer, values, other) for other in others)
    ]

    assert np.median(away) < 0.25 * spread


def test_a_copy_of_a_point_stands_beside_it_and_what_no_point_is_like_is_far_from_all(mapped):
    layer, values, _ = mapped
    centre = values.mean(0)
    # The direction in which the points differ least.
    unlike = np.linalg.svd(values - centre, full_matrices=False)[2][-1]
    copy = add_to_map(layer, values, values[17])
    alone = add_to_map(layer, values, centre + 100 * unlike)

    assert copy.nearest[0] == 17
    assert not copy.is_far
    assert np.linalg.norm(np.array(copy.place) - layer.points[17]) < 0.15
    assert alone.is_far
    assert alone.distance == pytest.approx(np.sqrt(2), abs=0.2)
    # By brute force: what 99 % of the points keep to their nearest.
    ways = (values - centre) / np.linalg.norm(values - centre, axis=1, keepdims=True)
    apart = np.linalg.norm(ways[:, None] - ways[None], axis=2) + 9 * np.eye(len(ways))
    assert copy.limit == pytest.approx(np.quantile(apart.min(1), 0.99), abs=1e-5)


def test_the_limit_of_an_earlier_answer_is_not_worked_out_again(mapped, monkeypatch):
    layer, values, others = mapped
    first = add_to_map(layer, values, others[0])
    monkeypatch.setattr(adding, "far_limit", lambda *_: pytest.fail("it is worked out again"))

    assert add_to_map(layer, values, others[0], limit=first.limit) == first


def test_what_has_no_place_is_refused(mapped):
    layer, values, _ = mapped
    for one in (np.zeros(48, np.float32), np.full(49, np.nan, np.float32)):
        with pytest.raises(InputError, match="must be 49 finite numbers"):
            add_to_map(layer, values, one)
    with pytest.raises(InputError, match="vectors that differ"):
        add_to_map(layer, np.ones((8, 3), np.float32), np.ones(3, np.float32))
