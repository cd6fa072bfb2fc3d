"""`stored_duplicates`: planted pairs are found, those of two labels first, and rows of equal bytes."""

import numpy as np
import pytest

from striate.data import load_data
from striate.errors import DataError, InputError
from striate.features import likeness
from striate.features.neighbours import stored_duplicates


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


def test_the_measured_limit_is_that_of_the_data_set(stored):
    digits = load_data("digits")
    pixels = np.stack([digits.read(place)[0].numpy().reshape(-1) for place in range(0, 5000, 20)]).astype(np.float32)
    targets = digits.targets().tolist()[::20]
    subset = load_data((pixels.reshape(-1, 28, 28).astype(np.uint8), targets))
    store = stored(list(pixels), label=[str(target) for target in targets], targets=[[float(t)] for t in targets])

    found, wanted = stored_duplicates(store), likeness(subset)

    # The data set compares grey pixels of 32×32, the store those of 28×28: alike, not equal.
    assert found.limit == pytest.approx(wanted.limit, abs=2e-3)
    assert "another class" in found.limit_from
    assert "another class" in wanted.limit_from
    assert found.pair_count == wanted.pair_count


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
