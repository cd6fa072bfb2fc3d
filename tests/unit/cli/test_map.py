from __future__ import annotations

import json
import re

import numpy as np
import pytest

from striate.cli.app import run
from striate.features.store import VectorStore

pytestmark = pytest.mark.slow


def asked(capsys, *words):
    code = run([str(word) for word in words])
    return code, capsys.readouterr()


def write(folder, digits, indices):
    from PIL import Image

    for index in indices:
        place = folder / digits.output.names[digits.samples[index].target]
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(digits.read(index)[0].numpy()).save(place / f"{index}.png")


@pytest.fixture(scope="module")
def store(tmp_path_factory, small_run, digits):
    folder = tmp_path_factory.mktemp("digits")
    write(folder / "photos", digits, range(0, 5000, 25))
    assert run(["extract", str(small_run), str(folder / "photos"), "--out", str(folder / "v")]) == 0
    return folder


def test_a_map_is_told_beforehand_made_kept_and_continued(store, small_run, digits, tmp_path, capsys):
    page = tmp_path / "map.html"

    code, said = asked(capsys, "map", store / "v", "--page", page)

    assert code in {0, 1}
    assert re.search(r"Mapping 200 points at 1 layer will take about [\d.]+", said.out)
    assert "perplexity 30, drawn" in said.out
    assert re.search(r"At flatten1 the classes (do not )?separate", said.out)
    assert re.search(r"at the border \d/\d+\.png", said.out)
    assert not re.search(r"\b[0-9a-f]{16}\b", said.out)
    assert page.stat().st_size > 10_000
    write(store / "photos", digits, range(5, 5000, 500))
    asked(capsys, "extract", small_run, store / "photos", "--out", store / "v")

    code, said = asked(capsys, "map", store / "v", "--json", "--alone")

    document = json.loads(said.out)
    assert document["schema"] == "striate/map/1"
    assert sum(document["map"]["placed_later"]) == 10
    assert document["verdicts"]["flatten1"]["separates"] is (code == 0)
    rows = VectorStore.open(store / "v").rows(["id"])["id"].to_pylist()
    assert sorted(document["map"]["ids"]) == sorted(rows)
    assert np.isfinite(document["map"]["layers"][0]["points"]).all()

    VectorStore.open(store / "v").delete(f"id = '{rows[0]}'")

    code, said = asked(capsys, "map", store / "v", "--alone")

    assert "1 point of the store's map is no longer in it: the map is made anew." in said.out
    assert "Mapping 209 points at 1 layer will take about" in said.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["{store}", "--where", "label = '1') OR (1=1"], "where must be one whole SQL expression"),
        (["nowhere"], "a store must have been written first"),
        (["{store}", "--layer", "conv9"], "conv9"),
        (["{store}", "--perplexity", "200"], "a perplexity must be within 1 and a third"),
        (["{store}", "--where", "label = 'nothing'"], "at least one vector"),
        (["{store}", "--page", "map.pdf"], "--page must be an HTML file"),
    ],
)
def test_what_cannot_be_is_one_line(store, capsys, words, told):
    code, said = asked(capsys, "map", *(word.format(store=store / "v") for word in words))

    assert code == 2
    assert told in said.err
    assert "Traceback" not in said.err
