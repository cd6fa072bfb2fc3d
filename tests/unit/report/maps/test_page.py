"""The page of a map: every figure is that of the map and its store, and the file stays within bounds."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from striate.errors import DataError, InputError
from striate.features.store import VectorStore
from striate.report.arrays import ArrayStore
from striate.report.maps import figure as map_figure
from striate.report.maps.page import map_page, write_map_page
from striate.report.maps.points import read_points, read_thumbnails
from vector_maps import WRONG, digits_map, digits_store

COUNT = 240

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def store(tmp_path_factory, digits):
    return digits_store(tmp_path_factory.mktemp("vectors") / "store", digits, count=COUNT)


@pytest.fixture(scope="module")
def found(store):
    return digits_map(store)


def composed(found, store):
    arrays = ArrayStore()
    page = map_page(found, read_points(found, store), store, arrays)
    return page, arrays.arrays, {section.id: section for section in page.sections}


def channel_of(figure, arrays, name):
    found = next(channel for channel in figure.channels if channel.name == name)
    return found, arrays[found.array]


@pytest.fixture(scope="module")
def made(found, store):
    return composed(found, store)


def test_points_are_those_of_the_map_whatever_its_order(found, store):
    turned = replace(found, ids=found.ids[::-1])

    points = read_points(turned, store)

    assert points.places[0] == f"digits/{5000 // COUNT * (COUNT - 1)}"
    assert points.labels[COUNT - 1 - 37] == "2"  # a 1, labelled wrongly
    assert points.splits[-1] == "test"
    assert np.isfinite(points.losses).all()


def test_a_point_that_is_no_longer_stored_is_named(found, store):
    lost = replace(found, ids=("gone", *found.ids[1:]))

    with pytest.raises(DataError, match=r"every point of a map must be in its store.*gone"):
        read_points(lost, store)


def test_colours_say_what_the_store_says(made, store):
    _, arrays, sections = made
    figure = sections["map"].figures[0]
    stored = store.rows(("label", "prediction", "split")).to_pydict()
    label, codes = channel_of(figure, arrays, "label")
    prediction, answers = channel_of(figure, arrays, "prediction")
    _, wrong = channel_of(figure, arrays, "answer")
    split, parts = channel_of(figure, arrays, "split")

    assert [label.words[code] for code in codes] == stored["label"]
    assert [prediction.words[code] for code in answers] == stored["prediction"]
    assert wrong.tolist() == [a != b for a, b in zip(stored["label"], stored["prediction"], strict=True)]
    assert [split.words[code] for code in parts] == stored["split"]
    assert label.colours == prediction.colours == list(range(10))


def test_places_are_the_maps_with_y_turned_downwards(made, found):
    _, arrays, sections = made
    figure = sections["map"].figures[0]
    drawn = [(placing.layer, placing.method) for placing in figure.placings]
    placed = arrays[figure.placings[2].points] / 32767
    wished = found.layers[1].points * (1, -1)
    scale = placed[0, 0] / wished[0, 0]

    assert drawn == [("pixels", "t-SNE"), ("pixels", "PCA"), ("pooled", "t-SNE"), ("pooled", "PCA")]
    assert scale > 0
    np.testing.assert_allclose(placed, scale * wished, atol=1e-4)


def test_neighbours_are_the_nearest_by_angle(made, store):
    _, arrays, sections = made
    values = store.vectors("pooled").values.astype(np.float64)
    values -= values.mean(0)
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    cosine = values @ values.T
    np.fill_diagonal(cosine, -2)

    near = arrays[sections["map"].figures[0].neighbours]

    np.testing.assert_array_equal(near, np.argsort(-cosine, axis=1)[:, :5])


def test_captions_say_by_what_neighbours_were_found_and_what_raw_pixels_are(made):
    page, _, sections = made

    for name in ("map", "separation", "overlaps", "doubtful"):
        assert "the angle between vectors" in sections[name].caption.source
        assert "over all 49 features" in sections[name].caption.source
    assert sections["map"].figures[0].neighbours_of.endswith("over all 49 features")
    assert "raw pixels (the small pictures, at 32 × 32)" in sections["separation"].caption.source
    assert next(fact.note for fact in page.facts if fact.label == "Raw pixels do") == "of pictures at 32 × 32"


def test_the_store_s_default_layer_is_judged_and_shown_first(found, store):
    page, arrays, sections = composed(replace(found, default="pixels"), store)
    figure = sections["map"].figures[0]

    assert page.verdict.startswith("At pixels the classes")
    assert figure.shown == "pixels"
    assert [placing.layer for placing in figure.placings if placing.is_drawn] == ["pixels", "pooled"]
    assert sections["separation"].caption.should_see.endswith("pixels highest.")
    np.testing.assert_array_equal(arrays[figure.neighbours], found.layers[0].neighbours)


def test_planted_labels_stand_with_what_their_neighbours_say(made, store):
    _, arrays, sections = made
    tiles = sections["doubtful"].figures[0]
    ids = [row[0] for row in tiles.table.rows]
    planted = [place for place, name in enumerate(ids) if int(name[2:]) in WRONG]
    stored = read_thumbnails([ids[planted[0]]], store)

    assert planted
    for place in planted:
        _, _, label, say, _ = tiles.table.rows[place]
        assert int(label) == (int(say) + 1) % 10
        assert (tiles.tiles[place].label, tiles.tiles[place].value) == (f"says {label}", f"neighbours {say}")
    assert _decoded(stored[ids[planted[0]]]) == arrays[tiles.array][tiles.tiles[planted[0]].index].tolist()


def test_pairs_that_mix_show_the_points_at_their_border(made, found):
    _, _, sections = made
    pair = found.judged.separation.overlaps[0]
    tiles = sections["overlaps"].figures[0]
    names = {found.names[pair.first], found.names[pair.second]}

    assert len(tiles.tiles) == min(16, len(pair.border))
    assert {tile.label for tile in tiles.tiles} <= names
    assert set(tiles.title.split(" and ")) == names


def test_the_verdict_is_the_measured_one(made, found):
    page, _, sections = made
    separation = found.judged.separation

    assert f"{100 * separation.accuracy.value:.1f}" in page.verdict
    assert page.verdict == sections["separation"].sentence
    assert sections["separation"].figures[0].charts[0].curves[0].y == pytest.approx(
        [100 * separation.pixels, *(100 * layer.separation.accuracy.value for layer in found.layers)]
    )


def test_the_file_holds_the_page_and_opens_from_disk(found, store, tmp_path):
    write_map_page(found, store, tmp_path)
    text = (tmp_path / "map.html").read_text(encoding="utf-8")
    page = json.loads(re.search(r'id="striate-page">(.*?)</script>', text, re.DOTALL)[1])

    assert page["sections"][0]["figures"][0]["ids"] == list(found.ids)


def test_a_page_is_a_file(found, store, tmp_path):
    (tmp_path / "map.html").mkdir()

    with pytest.raises(InputError, match="a page must be written to a file"):
        write_map_page(found, store, tmp_path)


def test_without_pictures_there_are_tables(found, tmp_path, digits):
    bare = digits_store(tmp_path / "bare", digits, count=COUNT, pictured=False)

    _, _, sections = composed(found, bare)

    assert sections["map"].figures[0].pictures is None
    assert "no pictures" in sections["map"].figures[0].note
    assert [figure.kind for figure in sections["doubtful"].figures] == ["table"]


def test_without_labels_nothing_is_said_of_classes(found, store):
    last = found.judged
    blind = tuple(replace(layer, separation=None, doubtful=()) for layer in found.layers)
    unlabelled = replace(found, truth="none", names=(), labels=np.full(COUNT, -1), layers=blind)

    page, _, sections = composed(unlabelled, store)

    assert "cannot be told" in page.verdict
    assert list(sections) == ["map", *(["odd"] if last.odd else []), "made"]
    assert "label" not in [channel.name for channel in sections["map"].figures[0].channels]


def test_a_map_of_nothing_is_refused(found, store):
    with pytest.raises(InputError, match="a layer and a point"):
        composed(replace(found, layers=()), store)


def test_too_many_points_are_thinned_at_random_and_those_spoken_of_stay(found, store, monkeypatch):
    monkeypatch.setattr(map_figure, "MOST_POINT_BYTES", 16_000)
    _, arrays, sections = composed(found, store)
    figure = sections["map"].figures[0]
    spoken = {found.ids[row] for row in map_figure.spoken_of(found)}
    label, codes = channel_of(figure, arrays, "label")
    stored = dict(zip(*store.rows(("id", "label")).to_pydict().values(), strict=True))

    assert len(spoken) < len(figure.ids) < COUNT
    assert spoken <= set(figure.ids)
    assert f"{len(figure.ids)} of {COUNT} points are in this file" in figure.note
    assert [label.words[code] for code in codes] == [stored[name] for name in figure.ids]
    assert figure.places == []
    near = found.judged.neighbours
    for own, others in zip(figure.ids, arrays[figure.neighbours].tolist(), strict=True):
        wished = [found.ids[other] for other in near[found.ids.index(own)]]
        assert [figure.ids[other] if other >= 0 else None for other in others] == [
            name if name in figure.ids else None for name in wished
        ]
    assert "where they are in this file" in figure.note


def test_too_many_pictures_are_chosen_evenly_and_said(found, store, monkeypatch):
    monkeypatch.setattr(map_figure, "MOST_SHEET_PIXELS", 120 * 28 * 28)
    _, arrays, sections = composed(found, store)
    figure = sections["map"].figures[0]
    pictured = arrays[figure.pictured]
    spoken = map_figure.spoken_of(found)
    stored = read_thumbnails([figure.ids[pictured[5]]], store)

    assert len(pictured) == len(arrays[figure.pictures]) == 120
    assert set(spoken[:120]) <= set(pictured.tolist()) or len(spoken) > 120
    assert f"120 of {COUNT} points have a picture" in figure.note
    assert _decoded(stored[figure.ids[pictured[5]]]) == arrays[figure.pictures][5].tolist()


def test_a_whole_store_is_asked_for_no_more_than_it_has(store):
    assert read_thumbnails([], store) == {}
    assert read_thumbnails(["it's not there"], VectorStore.open(store.address)) == {}


def _decoded(data):
    from striate.data.decoding import decode

    return decode(data)[0].tolist()
