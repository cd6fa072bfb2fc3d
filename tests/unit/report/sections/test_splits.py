"""The report shows the pairs of a leak, and says so first."""

import json

import numpy as np
import pytest

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.records import Recipe
from striate.report import inspect
from striate.train import train

pytestmark = pytest.mark.slow
PLAN = Blueprint.from_text("input 1x12x12; conv 3 4, relu; globalavgpool; classes 2")


def sections(path):
    return json.loads(path.read_text().split('id="striate-page">')[1].split("</script>")[0])["sections"]


def test_pairs_are_drawn_side_by_side(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (100, 12, 12)).astype(np.uint8)
    images[60:] = np.clip(images[:40].astype(int) + 2, 0, 255)
    data = load_data((images, np.arange(100) % 2))
    train(PLAN, data, Recipe(epochs=1, batch=16), tmp_path / "run")
    found = inspect(tmp_path / "run", data)
    (section,) = (one for one in sections(found.path) if one["id"] == "splits")
    tiles, counts = section["figures"]
    leaked = {pair.held_out for pair in found.evidence.leaks.pairs}
    seen = set(data.split().train) | set(data.split().validation)

    assert (
        leaked == {i for i in data.split().test if (i >= 60 and i - 60 in seen) or (i < 40 and i + 60 in seen)} != set()
    )
    assert section["judgement"] == "warning"
    assert "have a near-duplicate among those seen in training" in section["sentence"]
    assert [tile["label"] for tile in tiles["tiles"]] == ["held out", "seen"] * (len(tiles["tiles"]) // 2)
    assert len(tiles["table"]["rows"]) == len(leaked)
    assert [row[1:] for row in counts["table"]["rows"]] == [[35, 5, 10]] * 2
    assert "leak-between-splits" in {finding.name for finding in found.findings}


def test_data_the_network_was_not_trained_on_has_no_leaks_to_judge(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (60, 12, 12)).astype(np.uint8)
    found = inspect(PLAN, load_data((images, np.arange(60) % 2)), out=tmp_path / "report.html")

    assert found.evidence.leaks is None
    assert "leak-between-splits" in found.skipped
