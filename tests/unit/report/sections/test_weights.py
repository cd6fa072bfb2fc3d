"""The sections about weights and about activations through training say what was measured."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def sections(small_inspection):
    page = json.loads(small_inspection.path.read_text().split('id="striate-page">')[1].split("</script>")[0])
    return {section["id"]: section for section in page["sections"]}


def column(table, label):
    place = [one["label"] for one in table["columns"]].index(label)
    return [row[place] for row in table["rows"]]


def test_the_table_of_weights_is_that_of_the_file(sections, small_run):
    table = sections["weights"]["figures"][0]["table"]
    stored = load_file(small_run / "network" / "weights.safetensors")
    layers = column(table, "Layer")

    assert sorted(layers) == sorted(key.removesuffix(".weight") for key, value in stored.items() if value.ndim > 1)
    assert (layers[0], layers[-1]) == ("conv1", "classes")
    for layer, middle in zip(layers, column(table, "Middle length"), strict=True):
        weight = stored[f"{layer}.weight"]
        lengths = np.linalg.norm(weight.reshape(len(weight), -1).astype(np.float64), axis=1)
        assert middle == pytest.approx(float(np.median(lengths)), rel=1e-5)


def test_every_first_filter_is_in_both_histograms_or_a_blob(sections, small_inspection):
    first = small_inspection.evidence.weights[0]
    frequency, orientation = (figure for figure in sections["weights"]["figures"] if figure["kind"] == "histogram")

    assert sum(frequency["counts"]) == len(first.norms)
    assert sum(orientation["counts"]) == int((first.waves.cycles_per_px > 0).sum())


def test_effective_filters_are_drawn_of_the_second_convolution(sections, small_inspection):
    tiles = next(figure for figure in sections["weights"]["figures"] if figure["kind"] == "tiles")
    found = small_inspection.evidence.effective_filters

    assert len(tiles["tiles"]) == len(found.units)
    assert column(tiles["table"], "Largest") == pytest.approx(
        np.abs(found.filters).reshape(len(found.units), -1).max(1).tolist()
    )


def test_the_training_is_followed_from_its_start(sections, small_inspection):
    figure = sections["through-training"]["figures"][0]
    found = small_inspection.evidence.through_training

    assert sorted(set(column(figure["table"], "Step"))) == [0, 1, 4, 16, 64, 140]
    assert [chart["title"] for chart in figure["charts"]] == ["Active", "Units in use", "Explained by classes"]
    explained = figure["charts"][2]["curves"][-1]["y"]
    assert explained[0] == pytest.approx(100 * found.moments[0].layers[-1].explained)
    assert explained[-1] > explained[0] + 20
    # That a layer stayed as it was, or got denser, no rule judges.
    assert sections["through-training"]["judgement"] is None


def test_of_values_nothing_is_said_of_classes(ink_inspection):
    page = json.loads(ink_inspection.path.read_text().split('id="striate-page">')[1].split("</script>")[0])
    [section] = [one for one in page["sections"] if one["id"] == "through-training"]

    assert [chart["title"] for chart in section["figures"][0]["charts"]] == ["Active", "Units in use"]
    assert "class" not in json.dumps(section["caption"]) + section["sentence"]
