"""An adaptation goes to JSON and comes back as it was."""

import json
import math

import pytest

from adaptations import adaptation, large, regression
from striate.errors import SchemaError
from striate.records import adaptation_document, adaptation_from_document


def through_json(value):
    return json.loads(json.dumps(value, allow_nan=False))


@pytest.mark.parametrize("made", [regression(), large()], ids=["regression", "large"])
def test_an_adaptation_comes_back_equal(made):
    assert adaptation_from_document(through_json(adaptation_document(made))) == made


def test_lost_scores_come_back_as_no_number():
    made = adaptation()
    back = adaptation_from_document(through_json(adaptation_document(made)))
    scores = [row["score"] for row in back.candidates[6].tried]

    assert all(math.isnan(score) for score in scores)
    assert back.candidates[6].tried[0] | {"score": 0} == dict(made.candidates[6].tried[0]) | {"score": 0}
    assert back.candidates[:6] == made.candidates[:6]
    assert (back.cuts, back.probes, back.curves, back.inputs) == (made.cuts, made.probes, made.curves, made.inputs)


def test_the_document_bears_its_schema():
    document = adaptation_document(adaptation())

    assert document["schema"] == "striate/adaptation/1"
    assert document["candidates"][0]["estimate"]["interval"] == [0.864, 0.904]
    assert document["candidates"][7]["estimate"] is None


def test_whole_numbers_are_read_as_real_ones_where_the_field_is_one():
    document = adaptation_document(adaptation()) | {"chance": 0}

    chance = adaptation_from_document(document).chance

    assert isinstance(chance, float)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"folds": "5"}, r"a field must hold what its record declares, int; got '5' \(at a.json.folds\)"),
        ({"folds": True}, "int; got True"),
        ({"chance": True}, "float; got True"),
        ({"output": "pictures"}, "'classes', 'labels', 'values'"),
        ({"test": {"mean": 1.0}}, r"exactly the fields count, error, interval, mean; got no count \(at a.json.test\)"),
        ({"surplus": 1}, "got surplus"),
        ({"candidates": [1]}, r"Candidate; got 1 \(at a.json.candidates\[0\]\)"),
        ({"schema": "striate/adaptation/2"}, "at most 1"),
        ({"schema": "striate/graph/1"}, "must be striate/adaptation/1"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(change, message):
    document = adaptation_document(adaptation()) | change

    with pytest.raises(SchemaError, match=message):
        adaptation_from_document(document, where="a.json")
