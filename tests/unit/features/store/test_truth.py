"""What rows say is true of their samples, told in one way for every reader."""

import pytest

from striate.errors import DataError
from striate.features.mapping.known import known_of
from striate.features.store.truth import truth_of
from striate.records import Output


def test_classes_are_told_by_name_in_the_order_of_their_numbers():
    # "a" was counted 1 first, and 0 by what was added later.
    output, truths = truth_of(["a", "b", "a"], [[1.0], [1.0], [0.0]])

    assert output == Output(kind="classes", names=("a", "b"))
    assert truths == [0, 1, 0]


def test_one_label_that_does_not_always_hold_is_no_class():
    labels, targets = ["red", "", "red"], [[1.0], [0.0], [1.0]]
    output, truths = truth_of(labels, targets)
    known, names, colours = known_of(labels, targets)

    assert output == Output(kind="labels", names=("red",))
    assert truths == [(1,), (0,), (1,)]
    assert (known.truth, names) == ("labels", ("red",))
    assert known.targets.tolist() == [[1], [0], [1]]
    assert colours.tolist() == [0, -1, 0]


def test_rows_without_words_are_values():
    output, truths = truth_of([None, None], [[1.5, 2.0], [0.0, 1.0]])

    assert output == Output(kind="values", names=("value 0", "value 1"))
    assert truths == [(1.5, 2.0), (0.0, 1.0)]


@pytest.mark.parametrize(
    ("labels", "targets", "words"),
    [
        (["red", "round"], [[1, 0], [1, 0]], "a label must have one name; got red and round .at label 0"),
        (["red;dark", ""], [[1, 0], [0, 0]], "as many as the targets that hold; got 'red;dark' for 1"),
        (["", "red"], [[1, 0], [1, 0]], "as many as the targets that hold; got '' for 1"),
        (["red", "red;round"], [[1], [1, 1]], r"as many targets; got \[1, 2\]"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(labels, targets, words):
    with pytest.raises(DataError, match=words):
        truth_of(labels, targets)
    with pytest.raises(DataError, match=words):
        known_of(labels, targets)
