"""Registries take each name once and know their neighbours; schemas are checked and migrated."""

import pytest

from striate import schema
from striate.errors import InputError, SchemaError, UnknownNameError
from striate.registry import Registry


def test_a_name_is_taken_once():
    registry = Registry[int]("shape", "striate.nothing")
    registry.add("square", 4)

    with pytest.raises(InputError, match="must be unique; got 'square'"):
        registry.add("square", 5)


def test_an_unknown_member_names_the_nearest():
    registry = Registry[int]("shape", "striate.nothing")
    registry.add("square", 4)

    with pytest.raises(UnknownNameError, match="shape must be a known name; got 'sqare'. Did you mean square"):
        registry["sqare"]


def test_plug_ins_are_read_from_their_entry_points(monkeypatch):
    class Point:
        name = "circle"

        def load(self):
            return 0

    monkeypatch.setattr(
        "importlib.metadata.entry_points",
        lambda *, group: [Point()] if group == "striate.s" else [],
    )
    registry = Registry[int]("shape", "striate.s")

    assert "circle" in registry
    assert registry["circle"] == 0


def test_a_plug_in_may_add_its_members_itself(monkeypatch):
    registry = Registry[int]("shape", "striate.s")

    class Point:
        name = "circle"

        def load(self):
            return registry.add("circle", 0)

    monkeypatch.setattr("importlib.metadata.entry_points", lambda *, group: [Point()])

    assert list(registry) == ["circle"]


def test_an_old_document_is_migrated_step_by_step():
    migrations = {
        1: lambda document: document | {"b": document["a"] + 1},
        2: lambda document: document | {"c": document["b"] + 1},
    }

    document = schema.accept({"schema": "striate/thing/1", "a": 1}, "thing", 3, where="x", migrations=migrations)

    assert document == {"schema": "striate/thing/3", "a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize("found", ["striate/thing/4", "striate/other/3", "thing/3", "striate/thing/x", 7, None])
def test_another_noun_or_a_newer_version_is_refused(found):
    with pytest.raises(SchemaError):
        schema.accept({"schema": found}, "thing", 3, where="x")


def test_an_old_document_without_a_migration_is_refused_with_its_version():
    with pytest.raises(SchemaError, match="got 1"):
        schema.accept({"schema": "striate/thing/1"}, "thing", 3, where="x")
