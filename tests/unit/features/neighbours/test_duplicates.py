"""`stored_duplicates`: planted pairs are found, those of two labels first, and rows of equal bytes."""

import tracemalloc

import numpy as np
import pytest

from striate.data import load_data
from striate.errors import DataError, InputError
from striate.features.near_duplicates import feature_rows, likeness_of
from striate.features.neighbours import duplicates, stored_duplicates


def directions(count, size=32, seed=0):
    return np.random.default_rng(seed).normal(size=(count, size)).astype(np.float32)


def test_planted_pairs_are_found_and_no_others(stored):
    rows = directions(60)
    rows[10], rows[40] = rows[50] + 1e-3, rows[41] + 1e-3
    store = stored(list(rows), label=["a" if number < 41 else "b" for number in range(60)], targets=[[0.0]] * 60)

    found = stored_duplicates(store, limit=0.999)

    assert {(pair.first.id, pair.second.id) for pair in found.pairs} == {("row10", "row50"), ("row40", "row41")}
    assert all(pair.is_apart for pair in found.pairs)
    assert (found.pair_count, found.copies, found.differing, found.groups, found.held) == (2, 0, 2, 2, 4)


def test_pairs_of_two_labels_stand_before_alikier_ones_of_one(stored):
    rows = directions(30)
    rows[1] = rows[0] + 1e-4
    rows[3] = rows[2] + 1e-2
    store = stored(list(rows), label=["a", "a", "a", "b"] + ["a"] * 26, targets=[[0.0]] * 30)

    found = stored_duplicates(store, limit=0.99)

    assert [(pair.first.id, pair.second.id, pair.is_apart) for pair in found.pairs] == [
        ("row2", "row3", True),
        ("row0", "row1", False),
    ]
    assert found.differing == 1


def test_rows_of_equal_bytes_are_copies_and_a_copy_with_another_label_is_named(stored):
    rows = directions(20)
    rows[7] = rows[3]
    contents = [f"c{number}" for number in range(20)]
    contents[7] = contents[3]
    store = stored(list(rows), content=contents, label=["a"] * 7 + ["b"] + ["a"] * 12, targets=[[0.0]] * 20)

    found = stored_duplicates(store, limit=0.999)

    [pair] = found.pairs
    assert (pair.first.id, pair.second.id, pair.is_copy, pair.is_apart, pair.cosine) == (
        "row3",
        "row7",
        True,
        True,
        1.0,
    )
    assert (found.pair_count, found.copies, found.differing, found.groups, found.held) == (0, 1, 1, 1, 2)


def test_everything_is_as_the_data_set_finds_it_from_the_same_features(stored):
    digits = load_data("digits")
    pixels = np.stack([digits.read(place)[0].numpy() for place in range(0, 5000, 20)])
    targets = digits.targets().tolist()[::20]
    # Beside 250 digits ten that are hardly changed, one of them in another class, and two copies, one in another class.
    changed = np.clip(pixels[:100:10].astype(int) + np.random.default_rng(0).integers(-3, 4, (10, 28, 28)), 0, 255)
    pixels = np.concatenate([pixels, changed.astype(np.uint8), pixels[[7, 30]]])
    targets += [*targets[:90:10], 9, targets[7], 8]
    subset = load_data((pixels, targets))
    vectors = pixels.reshape(-1, 784).astype(np.float32)
    store = stored(
        list(vectors),
        content=[sample.content for sample in subset.samples],
        label=[str(target) for target in targets],
        targets=[[float(target)] for target in targets],
    )

    found, wanted = stored_duplicates(store), likeness_of(subset, feature_rows(vectors), "pixels")

    assert (found.limit, found.limit_from) == (wanted.limit, wanted.limit_from)
    assert "another class" in found.limit_from
    assert found.pair_count == wanted.pair_count == 10
    pairs = {(pair.first.id, pair.second.id, pair.cosine) for pair in found.pairs if not pair.is_copy}
    assert pairs == {(*sorted((f"row{one}", f"row{other}")), cosine) for one, other, cosine in wanted.pairs}
    sizes = np.bincount(wanted.clusters)
    assert (found.groups, found.held) == ((sizes > 1).sum(), sizes[sizes > 1].sum())
    assert (wanted.differing, found.differing, found.copies) == (1, 2, 2)


def test_what_is_compared_takes_the_memory_of_itself_once():
    values = directions(20_000, 128)
    tracemalloc.start()

    feature_rows(values, np.arange(0, 20_000, 2))

    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Half of them, and blocks of 1,024 rows as float64.
    assert peak < values.nbytes


def test_more_bytes_than_there_shall_be_memory_for_are_refused(stored, monkeypatch):
    monkeypatch.setattr(duplicates, "MOST_BYTES", 40 * 32 * 4 - 1)

    with pytest.raises(DataError, match="--where"):
        stored_duplicates(stored(list(directions(40))))
    assert stored_duplicates(stored(list(directions(39)), name="fewer")).rows == 39


@pytest.mark.parametrize("where", ["label='a') OR (1=1", "label = 'a' -- b", "(label = 'a'"])
def test_sql_that_would_undo_the_rest_is_refused(stored, where):
    store = stored([*directions(20), None], label=["a", "b"] * 10 + ["a"])

    with pytest.raises(InputError, match="one whole SQL expression"):
        stored_duplicates(store, where=where)


def test_rows_without_labels_have_a_limit_of_their_own_and_differ_from_nobody(stored):
    rows = directions(40)
    rows[1] = rows[0]

    found = stored_duplicates(stored(list(rows)))

    assert "every other" in found.limit_from
    assert (found.pair_count, found.differing) == (1, 0)


def test_a_thousand_identical_pictures_are_one_group(stored):
    store = stored([[1.0, 2.0, 3.0]] * 1000 + [[3.0, -2.0, 1.0]] * 2)

    found = stored_duplicates(store, limit=0.999)

    assert (found.pair_count, found.groups, found.held, len(found.pairs)) == (1000 * 999 // 2 + 1, 2, 1002, 1000)


@pytest.mark.parametrize("count", [0, 1])
def test_one_vector_has_no_duplicates(stored, count):
    with pytest.raises(DataError, match=r"2 … 200,000"):
        stored_duplicates(stored(list(directions(count)), size=32))


def test_a_limit_must_be_a_cosine(stored):
    with pytest.raises(InputError, match="cosine"):
        stored_duplicates(stored(list(directions(3))), limit=1.5)
