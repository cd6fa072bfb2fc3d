"""Reports on networks and data that are not the demo's: labels, several values, other names, other data, no convolution."""

import json
from dataclasses import replace

import numpy as np
import pytest

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.errors import DataError, InputError
from striate.nets import load_network
from striate.records import Recipe
from striate.report import inspect
from striate.train import train

pytestmark = pytest.mark.slow
RECIPE = Recipe(epochs=1, batch=16)


@pytest.fixture
def images():
    drawn = np.random.default_rng(0).integers(0, 60, (80, 12, 12)).astype(np.uint8)
    drawn[:40, 2:6, 2:6] = 250
    drawn[20:60, 7:10, 7:10] = 200
    return drawn


def _trained(text, dataset, folder):
    return train(Blueprint.from_text(text), dataset, RECIPE, folder)


def test_labels_are_reported_also_where_none_holds(images, tmp_path):
    labels = np.stack([np.arange(80) < 40, (np.arange(80) >= 20) & (np.arange(80) < 60)], 1).astype(np.int64)
    data = load_data((images, labels))
    _trained("input 1x12x12; conv 3 4, relu; globalavgpool; labels 2", data, tmp_path / "run")

    found = inspect(tmp_path / "run", data)

    assert found.evidence.scoreboard.count == 16
    assert "of the labels of 16 held-out samples" in found.verdict
    page = json.loads(found.path.read_text().split('id="striate-page">')[1].split("</script>")[0])
    (mistakes,) = (section for section in page["sections"] if section["id"] == "mistakes")
    truth = labels[found.evidence.predictions.samples].astype(bool)
    said = found.evidence.predictions.scores >= 0.5
    for label, row in enumerate(mistakes["figures"][0]["table"]["rows"]):
        held, guessed = truth[:, label], said[:, label]
        assert row[1:] == [held.sum(), (held & guessed).sum(), (held & ~guessed).sum(), (~held & guessed).sum()]


def test_several_values_are_reported(images, tmp_path):
    values = np.stack([images.mean((1, 2)) / 255, np.arange(80) / 80], 1)
    data = load_data((images, values))
    _trained("input 1x12x12; conv 3 4, relu; globalavgpool; values 2", data, tmp_path / "run")

    assert inspect(tmp_path / "run", data).evidence.scoreboard.main_name == "R²"


def test_a_network_without_a_convolution_has_a_report_without_filters(images, tmp_path):
    data = load_data((images, np.arange(80) % 2))
    _trained("input 1x12x12; classes 2", data, tmp_path / "run")

    found = inspect(tmp_path / "run", data)

    assert found.evidence.filters is None
    assert '"id":"filters"' not in found.path.read_text()


def test_other_names_for_the_classes_are_refused(images, tmp_path):
    trained = _trained(
        "input 1x12x12; conv 3 4, relu; globalavgpool; classes 2",
        load_data((images, ["cat"] * 40 + ["dog"] * 40)),
        tmp_path / "run",
    )
    other = load_data((images, ["dog"] * 40 + ["zebra"] * 40))

    with pytest.raises(InputError, match="network 'cat', data 'dog'"):
        inspect(trained.network, other, out=tmp_path / "r.html")


def test_samples_that_were_trained_on_are_never_held_out_of_other_data(images, tmp_path):
    data = load_data((images, np.arange(80) % 2))
    trained = _trained("input 1x12x12; conv 3 4, relu; globalavgpool; classes 2", data, tmp_path / "run")
    more = np.concatenate([images, 255 - images[:40]])
    larger = load_data((more, np.arange(120) % 2))

    found = inspect(tmp_path / "run", larger)

    seen = {data.samples[index].content for index in (*trained.split.train, *trained.split.validation)}
    judged = {larger.samples[index].content for index in found.evidence.predictions.samples.tolist()}
    assert judged
    assert not judged & seen


def test_data_that_were_all_trained_on_are_refused(images, tmp_path):
    data = load_data((images, np.arange(80) % 2))
    trained = _trained("input 1x12x12; conv 3 4, relu; globalavgpool; classes 2", data, tmp_path / "run")
    known = list(trained.split.train[:40])
    part = load_data((images[known], np.array(known) % 2))

    with pytest.raises(DataError, match="must not have been trained on"):
        inspect(tmp_path / "run", part)


def test_out_may_be_a_folder(images, tmp_path):
    data = load_data((images, np.arange(80) % 2))
    network = replace(
        load_network(Blueprint.from_text("input 1x12x12; conv 3 4, relu; globalavgpool; classes 2")), output=data.output
    )

    assert inspect(network, data, out=tmp_path).path == tmp_path / "report.html"
