"""`search` in a real store: filters first, copies apart, and what cannot be searched."""

import shutil

import numpy as np
import pytest

from striate.errors import DataError, InputError, ShapeError, StorageError, UnknownNameError
from striate.features.neighbours import search, searching, vector_query
from striate.features.neighbours.query import stored_row
from striate.features.store import VectorStore

LABELS = ["cat", "it's", 'say "hi"', "a;b", None]


@pytest.fixture
def zoo(stored):
    """300 rows of 6 numbers, five labels in turn, two splits, every 50th row broken."""
    draw = np.random.default_rng(1)
    vectors = [None if number % 50 == 49 else row for number, row in enumerate(draw.normal(size=(300, 6)))]
    return stored(
        vectors,
        label=[LABELS[number % 5] for number in range(300)],
        split=["train" if number % 3 else "test" for number in range(300)],
    )


def plain(store, query, metric, keeps):
    """The nearest by NumPy over everything the store returns, with the rows that a filter would keep."""
    held = store.vectors()
    values, asked = held.values.astype(np.float64), query.astype(np.float64)
    if metric == "l2":
        far = np.linalg.norm(values - asked, axis=1)
    else:
        far = 1 - values @ asked / np.linalg.norm(values, axis=1) / np.linalg.norm(asked)
    rows = held.rows.to_pylist()
    return [name for _, name in sorted((far[place], row["id"]) for place, row in enumerate(rows) if keeps(row))]


@pytest.mark.parametrize("metric", ["cosine", "l2"])
@pytest.mark.parametrize(
    ("filters", "keeps"),
    [
        ({}, lambda row: True),
        ({"label": "cat"}, lambda row: row["label"] == "cat"),
        ({"label": "it's"}, lambda row: row["label"] == "it's"),
        ({"label": 'say "hi"'}, lambda row: row["label"] == 'say "hi"'),
        ({"label": "b"}, lambda row: row["label"] == "a;b"),
        ({"label": "cat", "split": "test"}, lambda row: (row["label"], row["split"]) == ("cat", "test")),
        ({"where": "label IS NULL OR split = 'test'"}, lambda row: row["label"] is None or row["split"] == "test"),
        (
            {"where": "label IS NULL OR split = 'test'", "split": "train"},
            lambda row: row["label"] is None and row["split"] == "train",
        ),
    ],
)
def test_all_neighbours_satisfy_the_filters_and_none_nearer_is_left_out(zoo, metric, filters, keeps):
    vector = np.random.default_rng(2).normal(size=6)

    found = search(zoo, vector_query(vector, zoo), count=9, metric=metric, **filters)

    wanted = plain(zoo, vector.astype(np.float32), metric, keeps)
    assert [one.image.id for one in found.neighbours] == wanted[:9]
    assert found.searched == len(wanted)
    assert found.index is None


def test_a_label_is_a_name_and_no_sql(zoo):
    query = vector_query(np.ones(6), zoo)

    for name in ("x' OR '1'='1", "cat' --", "') OR (1=1"):
        with pytest.raises(UnknownNameError, match="label must be a known name"):
            search(zoo, query, label=name)


def test_a_label_nobody_has_is_told_with_near_ones(zoo):
    with pytest.raises(UnknownNameError, match="Did you mean cat"):
        search(zoo, vector_query(np.ones(6), zoo), label="cats")
    with pytest.raises(UnknownNameError, match="a split"):
        search(zoo, vector_query(np.ones(6), zoo), split="validation")


@pytest.mark.parametrize(
    "where", ["label = ", "nothing = 3", "1=1) OR (1=1", "label = 'a' -- b", "(1=1", "label = 'a", "1=1 /* b"]
)
def test_sql_that_is_none_is_one_line(zoo, where):
    with pytest.raises(InputError) as refused:
        search(zoo, vector_query(np.ones(6), zoo), where=where)

    assert "\n" not in str(refused.value)


def test_what_stands_between_quotes_is_a_label_and_no_sql(stored):
    names = ["pre--post", "a)", "it's /*", "plain"]
    store = stored([[1.0, float(number)] for number in range(4)], label=names)

    for number, name in enumerate(names):
        where = "label = '" + name.replace("'", "''") + "'"
        found = search(store, vector_query(np.ones(2), store), where=where)
        assert [one.image.id for one in found.neighbours] == [f"row{number}"]


def test_a_filter_that_leaves_nothing_says_so(zoo):
    with pytest.raises(DataError, match="at least one vector"):
        search(zoo, vector_query(np.ones(6), zoo), label="cat", where="split = 'train' AND split = 'test'")


def test_more_neighbours_than_rows_are_all_rows(zoo):
    found = search(zoo, vector_query(np.ones(6), zoo), count=1000)

    assert len(found.neighbours) == found.searched == 294


@pytest.mark.parametrize("count", [0, 1001])
def test_a_count_out_of_bounds_is_refused(zoo, count):
    with pytest.raises(InputError, match="1 … 1,000"):
        search(zoo, vector_query(np.ones(6), zoo), count=count)


def test_copies_of_the_query_are_no_neighbours_however_many(stored):
    vectors = [[1.0, 0.0]] * 30 + [[1.0, float(number)] for number in range(1, 6)]
    names = [f"copy{number:02}" for number in range(30)] + [f"other{number}" for number in range(1, 6)]
    store = stored(vectors, id=names, content=["same"] * 30 + names[30:])

    found = search(store, stored_row(store, "copy07", store.layer()), count=2)

    assert [one.image.id for one in found.neighbours] == ["other1", "other2"]
    assert [one.image.id for one in found.copies] == names[:30]
    assert found.copy_count == 30
    assert all(one.is_copy and one.distance == 0 for one in found.copies)


def test_thousands_of_copies_are_counted_and_the_store_is_gone_through_once(stored, monkeypatch):
    vectors = [[1.0, 0.0]] * 3000 + [[1.0, float(number)] for number in range(1, 9)]
    names = [f"copy{number}" for number in range(3000)] + [f"other{number}" for number in range(1, 9)]
    store = stored(vectors, id=names, content=["it's"] * 3000 + names[3000:])
    passes = []
    exact = searching.exact_search
    monkeypatch.setattr(searching, "exact_search", lambda *a, **named: passes.append(a) or exact(*a, **named))

    found = search(store, stored_row(store, "copy2999", store.layer()), count=5)

    assert [one.image.id for one in found.neighbours] == [f"other{number}" for number in range(1, 6)]
    assert (found.searched, found.copy_count, len(found.copies)) == (3008, 3000, 100)
    assert len(passes) == 1


def test_a_store_of_copies_alone_has_no_neighbours(stored):
    store = stored([[1.0, 0.0]] * 4, content=["same"] * 4)

    found = search(store, stored_row(store, "row1", store.layer()), count=2)

    assert found.neighbours == ()
    assert found.copy_count == 4


def test_identical_vectors_of_different_pictures_stand_in_the_order_of_their_ids(stored):
    store = stored([[2.0, 1.0]] * 40, id=[f"r{number:02}" for number in range(39, -1, -1)])

    found = search(store, vector_query(np.array([2.0, 1.0]), store), count=5)

    assert [one.image.id for one in found.neighbours] == ["r00", "r01", "r02", "r03", "r04"]


def test_a_vector_of_another_size_or_not_finite_is_refused(zoo):
    with pytest.raises(ShapeError, match="6 numbers of flatten1"):
        vector_query(np.ones(7), zoo)
    with pytest.raises(InputError, match="finite"):
        search(zoo, vector_query(np.full(6, np.nan), zoo))


def test_an_empty_store_says_so(stored):
    store = stored([], size=3)

    with pytest.raises(DataError, match="none of 0 rows"):
        search(store, vector_query(np.ones(3), store))


def test_a_store_of_errors_only_says_so(stored):
    store = stored([None, None], size=3)

    with pytest.raises(DataError, match="none of 2 rows"):
        search(store, vector_query(np.ones(3), store))


def test_a_row_with_an_error_cannot_be_asked_about(zoo):
    with pytest.raises(DataError, match="broken"):
        stored_row(zoo, "row49", zoo.layer())


def test_a_store_deleted_meanwhile_is_one_line(zoo):
    opened = VectorStore.open(zoo.address)
    query = vector_query(np.ones(6), opened)
    shutil.rmtree(zoo.address)

    with pytest.raises(StorageError) as refused:
        search(opened, query)

    assert "\n" not in str(refused.value)
    assert zoo.address in str(refused.value)


def test_a_reader_sees_the_version_it_opened_until_it_refreshes(zoo, stored):
    opened = VectorStore.open(zoo.address)
    query = vector_query(np.full(6, 5.0), opened)
    stored.more(zoo, [[5.0] * 6], id=["new"])

    before = search(opened, query, count=1)
    opened.refresh()

    assert before.neighbours[0].image.id != "new"
    assert search(opened, query, count=1).neighbours[0].image.id == "new"


@pytest.mark.parametrize("metric", ["cosine", "l2"])
def test_zeros_and_equal_distances_at_the_last_place_are_as_exact_as_others(stored, metric):
    draw = np.random.default_rng(4)
    near, ring = draw.normal(size=(6, 3)) * 0.01 + [1, 0, 0], np.tile([0.0, 1.0, 0.0], (80, 1))
    rows = np.concatenate([near, ring, np.zeros((80, 3)), draw.normal(size=(80, 3)) - [9, 0, 0]])
    order = draw.permutation(len(rows))
    store = stored(list(rows[order]), id=[f"r{place:03}" for place in order])
    query = np.array([1.0, 0.0, 0.0])

    found = search(store, vector_query(query, store), count=100, metric=metric)

    held = rows.astype(np.float32).astype(np.float64)
    lengths = np.linalg.norm(held, axis=1)
    far = np.linalg.norm(held - query, axis=1) if metric == "l2" else 1 - held[:, 0] / np.where(lengths > 0, lengths, 1)
    wanted = sorted((distance, f"r{place:03}") for place, distance in enumerate(far.tolist()))[:100]
    assert [one.image.id for one in found.neighbours] == [name for _, name in wanted]
    assert [one.distance for one in found.neighbours] == pytest.approx([distance for distance, _ in wanted])
