"""An inspection leaves the network alone, says what it found, and refuses what does not belong together."""

import json

import pytest

from striate.blueprint import Blueprint
from striate.errors import InputError
from striate.lint import RULES
from striate.report import inspect

pytestmark = pytest.mark.slow


def test_every_picture_of_the_mission_is_in_the_report(small_inspection):
    text = small_inspection.path.read_text()
    page = json.loads(text.split('id="striate-page">')[1].split("</script>")[0])

    assert [section["id"] for section in page["sections"]] == [
        "network",
        "training",
        "splits",
        "filters",
        "weights",
        "activations",
        "through-training",
        "patches",
        "units",
        "map",
        "occlusion",
        "saliency",
        "shortcuts",
        "backward",
        "class-images",
        "invariance",
        "entering",
        "mistakes",
        "made",
    ]
    for section in page["sections"]:
        caption = section["caption"]
        assert all(caption[part] for part in ("shown", "should_see", "wrong_if", "source"))
        assert section["figures"]


def test_the_small_network_is_really_good(small_inspection):
    board = small_inspection.evidence.scoreboard

    assert board.count == 1000
    assert 0.93 < board.main < 1
    assert board.confusion.sum() == 1000
    assert board.confusion.trace() == round(board.main * 1000)


def test_the_document_is_plain_json_with_score_and_findings(small_inspection):
    document = json.loads(json.dumps(small_inspection.document(), allow_nan=False))

    right = int(small_inspection.evidence.scoreboard.confusion.trace())
    low, high = document["score"]["interval"]
    assert document["score"]["name"] == "accuracy"
    assert document["score"]["value"] == right / 1000
    assert low < right / 1000 < high
    assert {finding["name"] for finding in document["findings"]}.isdisjoint(document["silent"])
    assert len(document["findings"]) + len(document["silent"]) + len(document["skipped"]) == len(RULES)


def test_regression_goes_the_same_way_with_r2_and_mae(ink_inspection):
    board = ink_inspection.evidence.scoreboard

    assert board.main_name == "R²"
    assert 0.8 < board.main <= 1
    assert 0 < board.mae < 0.05
    assert "variance" in ink_inspection.verdict


def test_a_report_about_values_does_not_speak_of_classes(ink_inspection):
    page = json.loads(ink_inspection.path.read_text().split('id="striate-page">')[1].split("</script>")[0])
    said = [page["verdict"], page["prose"]]
    for section in page["sections"]:
        said += [section["sentence"], *(text for text in section["caption"].values() if isinstance(text, str))]

    for text in said:
        for word in ("softmax", "right surely", "a class", "the class", "classes"):
            assert word not in text, text


def test_an_untrained_network_is_called_so_and_what_its_blueprint_allows_is_no_finding(digits, tmp_path):
    text = (
        'input 1x28x28; conv 3 4 padding 0, relu; maxpool 4; classes 10; allow SHP002 at conv1 because "Empty border."'
    )

    found = inspect(Blueprint.from_text(text), digits, out=tmp_path / "r.html")

    assert found.verdict.startswith("This network was not trained here: its weights are random.")
    assert "unaligned-padding" not in {finding.name for finding in found.findings}
    assert [row["reason"] for row in found.document()["allowed"]] == ["Empty border."]
    assert found.unused == found.failures == ()


def test_a_network_with_other_outputs_than_the_data_is_refused(digits, tmp_path):
    plan = Blueprint.from_text("input 1x28x28; conv 3 4, relu; classes 7")

    with pytest.raises(InputError, match="network 7 classes, data 10 classes"):
        inspect(plan, digits, out=tmp_path / "r.html")

    assert list(tmp_path.iterdir()) == []


def test_the_units_of_the_report_are_those_of_a_survey_of_its_own(small_run, small_inspection, digits):
    from striate.nets import load_network
    from striate.observe.survey import judge_units, survey
    from striate.report.held_out import run_of, training_of

    page = json.loads(small_inspection.path.read_text().split('id="striate-page">')[1].split("</script>")[0])
    section = next(section for section in page["sections"] if section["id"] == "units")
    table = section["figures"][0]["table"]
    held_out = training_of(run_of(small_run), digits)[1].test
    own = survey(load_network(small_run), digits, held_out)
    known = [layer.layer for layer in own.layers]
    rows = {row[0]: row[1:] for row in table["rows"]}

    assert list(rows) == [*known, "all", "by chance"]
    columns = [column["label"] for column in table["columns"]][1:]
    for layer in own.layers:
        judged = [one for one in judge_units(own, layer.layer) if not (one.is_dead and layer.is_rectified)]
        row = dict(zip(columns, rows[layer.layer], strict=True))
        assert row["Units"] == layer.units
        assert row["Judged"] == len(judged)
        assert row["Alike"] == sum(one.coherence > one.chance_coherence[1] for one in judged)
        assert row["Pick classes"] == sum(one.entropy_bits < one.chance_entropy_bits[0] for one in judged)
        assert row["Two things"] == sum(one.two_groups_p is not None and one.two_groups_p <= 0.01 for one in judged)
        assert row["Repeat another"] == sum(bool(one.twins) for one in judged)
    titles = [figure["title"] for figure in section["figures"][1:]]
    assert titles[0].startswith("The most alike: ")
    assert section["judgement"] is None


def test_a_rule_that_found_nothing_tells_its_figure_on_the_page(small_inspection):
    page = json.loads(small_inspection.path.read_text().split('id="striate-page">')[1].split("</script>")[0])
    census = small_inspection.evidence.occlusion_census
    (told,) = [line for line in page["found_nothing"] if line.startswith("background matters")]

    assert told.replace("\u202f", "") == (
        f"background matters ({census.off_changed} of {census.off_squares} squares off the object change an answer)"
    )
