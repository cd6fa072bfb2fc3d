"""Every error says rule, value, place and cure, in one line, and keeps them as facts."""

import json

import pytest

from striate import errors
from striate.errors import InputError, Quoted, StorageError, StriateError


def test_the_parts_stand_in_order_and_are_facts_too():
    error = InputError("kernel must be at least 1", got=0, where="conv2", hint="Write kernel 3.")

    assert str(error) == "kernel must be at least 1; got 0 (at conv2). Write kernel 3. [input]"
    assert json.loads(json.dumps(error.facts())) == {
        "code": "input",
        "message": str(error),
        "rule": "kernel must be at least 1",
        "got": 0,
        "where": "conv2",
        "hint": "Write kernel 3.",
    }


def test_words_are_shown_without_quotation_marks_and_text_with():
    assert str(InputError("a must be b", got=Quoted("2 of 3"))) == "a must be b; got 2 of 3. [input]"
    assert str(InputError("a must be b", got="2 of 3")) == "a must be b; got '2 of 3'. [input]"


def _tree():
    return [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, StriateError)]


def test_every_code_belongs_to_one_error():
    codes = [error.code for error in _tree()]

    assert len(codes) == len(set(codes))


def test_the_tree_is_drawn_whole_in_the_modules_docstring():
    for error in _tree():
        assert f"`{error.__name__}`" in (errors.__doc__ or "") or error is StriateError


@pytest.mark.parametrize(("error", "builtin"), [(InputError, ValueError), (StorageError, OSError)])
def test_a_stranger_can_catch_the_builtin(error, builtin):
    with pytest.raises(builtin):
        raise error("a must be b")
