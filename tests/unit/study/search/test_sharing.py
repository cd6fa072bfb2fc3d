import json
import shutil
import sqlite3
from dataclasses import replace

import pytest

from striate import Blueprint, fingerprint
from striate.data import load_data
from striate.events import Events
from striate.records import Recipe
from striate.runs import Run
from striate.study.search import Limits, Search, search

PLAN = Blueprint.from_text("input 1x8x8; let w {2,3,4,6}; conv {3,5} w, relu; globalavgpool; classes 3")
ASKED = Search(plan=PLAN, limits=Limits(), recipe=Recipe(epochs=1, batch=10, rate=0.02), prune=False, seed=3)

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")]


class Heard(Events):
    def __init__(self):
        self.lines = []

    def log(self, message):
        self.lines.append(message)


def texts(found):
    return [trial.text for trial in found.trials]


def test_the_same_data_under_another_path_are_one_search_in_a_database(pictures, tmp_path):
    shutil.copytree(pictures, tmp_path / "copy")
    storage, heard = f"sqlite:///{tmp_path / 'shared.db'}", Heard()
    first = search(ASKED, load_data(str(pictures)), tmp_path / "a", trials=2, workers=1, storage=storage)
    data = load_data(str(tmp_path / "copy"))
    found = search(ASKED, data, tmp_path / "b", trials=3, workers=1, storage=storage, events=heard)

    assert texts(found)[:2] == texts(first)
    assert len(set(texts(found))) == 3
    assert "Joined the search that is in the database: 2 designs were tried or are under way." in heard.lines
    # Other data, or other settings, are another search.
    heard.lines.clear()
    search(replace(ASKED, seed=4), data, tmp_path / "c", trials=1, workers=1, storage=storage, events=heard)
    assert not [line for line in heard.lines if "Joined" in line]


def test_a_search_that_was_named_by_the_path_of_its_data_goes_on(pictures, tmp_path):
    data, folder = load_data(str(pictures)), tmp_path / "a"
    first = search(ASKED, data, folder, trials=2, workers=1)
    # As it was kept before: no name beside the designs, and the one in the database of the path as well.
    kept, document = json.loads((folder / "designs.json").read_text()), Run.read(folder).document
    del kept["name"]
    (folder / "designs.json").write_text(json.dumps(kept))
    before = fingerprint.short(fingerprint.of_json([document.inputs, document.settings, kept["designs"]]))
    with sqlite3.connect(folder / "search.db") as base:
        base.execute("UPDATE studies SET study_name = ?", (f"striate {before}",))
    base.close()
    found = search(ASKED, data, folder, trials=3, workers=1)

    with sqlite3.connect(folder / "search.db") as base:
        # Under a new name a second one would begin with the same designs.
        assert base.execute("SELECT study_name FROM studies").fetchall() == [(f"striate {before}",)]
    base.close()
    assert document.inputs["data"]["reference"] == str(pictures)
    assert texts(found)[:2] == texts(first)
    assert len(texts(found)) == 3
