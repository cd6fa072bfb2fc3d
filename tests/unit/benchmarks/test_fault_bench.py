"""The bench from end to end, with one fault and its healthy twin; and how counts become text."""

import json
from dataclasses import asdict

import numpy as np
import pytest
from benchmarks.faults import __main__ as bench
from benchmarks.faults import judging, pictures
from benchmarks.faults.cases import Case, cases, short_cases
from benchmarks.faults.faults import FAULTS
from benchmarks.faults.judging import JUDGED, grave, judge, source_key
from benchmarks.faults.telling import named, preface, report, share
from benchmarks.faults.training import MADE, make, pictures_of, subject_of

from striate.data import load_data
from striate.nets import load_network

HEALTHY = Case(part="development", fault="none", architecture="lenet", task="small", seed=0)
UNTRAINED = Case(part="development", fault="untrained", architecture="lenet", task="small", seed=0)
WITHHELD = Case(part="development", fault="class-missing", architecture="lenet", task="small", seed=0)


def row(fault, rules, part="held-out", severity="warning", silent=()):
    case = {"part": part, "fault": fault, "architecture": "residual", "task": "small", "seed": 2}
    findings = [{"rule": rule, "severity": severity} for rule in rules]
    return {"case": case, "findings": findings, "refused": "", "score": 0.5, "silent": list(silent)}


def test_a_note_is_neither_caught_nor_an_alarm():
    assert grave(row("none", ["dead-units"], severity="note")) == []
    assert grave(row("none", ["dead-units"], severity="error")) == ["dead-units"]


def test_only_rules_that_name_the_fault_count_as_caught():
    assert named(row("dead-by-start", ["dead-units", "overfitting-gap"])) == ["dead-units"]
    assert named(row("dead-by-start", ["overfitting-gap"])) == []


def test_a_share_bears_wilsons_interval():
    # 9 of 10: Wilson's interval is 0.5958 to 0.9821.
    assert share(9, 10) == "9 of 10, 90 % (60–98)"
    assert share(0, 0) == "0 of 0"


def test_misses_and_false_alarms_are_listed_by_name():
    rows = [row("none", ["twin-units"]), row("none", []), row("watermark", []), row("untrained", ["score-near-chance"])]
    text = report(rows).split("## Held-out part")[1]

    assert "planted faults caught by a rule that names them: 1 of 2, 50 %" in text
    assert "healthy networks with any warning or error: 1 of 2, 50 %" in text
    assert "- missed: watermark, residual, small, seed 2 (score 0.500); found nothing" in text
    assert "- false alarm: none, residual, small, seed 2 (score 0.500); found twin-units" in text
    assert "| twin-units | 0 of 0 | 0 of 2, 0 % (0–66) | 1 of 2, 50 % (9–91) |" in text


def test_rules_that_never_fired_are_listed_with_how_often_they_were_asked():
    rows = [
        row("none", ["sure-mistakes"], severity="note", silent=["nothing-matters", "twin-units"]),
        row("none", ["copied-filters"], silent=["nothing-matters"]),
        row("duplicated-filters", [], silent=["twin-units"]),
    ]
    lines = report(rows).splitlines()

    assert "- nothing-matters: asked 2, fired 0; never planted" in lines
    assert "- sure-mistakes: asked 1, fired 0, 1 with a note; never planted" in lines
    assert "- twin-units: asked 2, fired 0; its fault was planted" in lines
    assert not any(line.startswith("- copied-filters: asked") for line in lines)


def test_the_page_says_what_was_left_out():
    rows = [row("none", []) | {"key": "a quick"}, row("none", []) | {"key": "a"}]

    assert "Of 1 of 2 networks no class images were grown" in preface(rows)
    assert "no class images" not in preface(rows[1:])


def test_the_short_form_has_every_fault_once():
    faults = [case.fault for case in short_cases()]

    assert sorted(set(faults) - {"none"}) == sorted(fault for fault in faults if fault != "none")
    assert set(faults) == set(FAULTS)


def test_networks_without_a_judgement_are_listed_by_name():
    wanted = [
        Case(part="held-out", fault="none", architecture=name, task="small", seed=2) for name in ("residual", "vgg")
    ]

    assert [line for line in report([row("none", [])], wanted).splitlines() if "never judged" in line] == [
        "- never judged, in no count: none, vgg, small, seed 2"
    ]
    # 65 healthy networks and 70 faults are asked of this part.
    asked = next(case for case in cases("held-out") if case.fault == "none")
    assert report([row("none", []) | {"case": asdict(asked)}]).count("never judged") == 134


def test_a_healthy_network_that_was_refused_is_listed():
    assert "- not looked at: none, residual, small, seed 2 (score 0.500); refused: it broke" in report(
        [row("none", []) | {"refused": "it broke"}]
    )


def test_an_inspection_that_breaks_makes_a_row(tmp_path, monkeypatch):
    def broken(*_given, **_how):
        raise IndexError("out of range")

    monkeypatch.setattr(judging, "inspect", broken)
    monkeypatch.setattr(pictures, "EACH", 60)
    (tmp_path / HEALTHY.name).mkdir()

    found = judge(HEALTHY, tmp_path, is_quick=True)

    assert found["refused"] == "IndexError: out of range"
    assert json.loads((tmp_path / HEALTHY.name / JUDGED).read_text())["refused"] == "IndexError: out of range"


def test_a_page_written_again_keeps_what_people_wrote(tmp_path, monkeypatch, capsys):
    page, written = tmp_path / "faults.md", "\n## What to know of these figures\nBy hand.\n\n## More\nToo.\n"
    page.write_text(f"# Fault bench\n\nof another day\n{written}")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / JUDGED).write_text(json.dumps(row("watermark", []) | {"key": source_key()}))
    monkeypatch.setattr(bench, "PAGE", page)

    bench._tell(tmp_path, write=True)
    text = page.read_text()
    bench._tell(tmp_path, write=True)

    assert "- missed: watermark" in text
    assert "of another day" not in text
    assert text.endswith(f"\n{written}")
    assert page.read_text() == text


@pytest.mark.slow
def test_a_network_that_was_never_trained_is_caught_and_its_twin_is_not_told_so(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "EACH", 60)
    for case in (HEALTHY, UNTRAINED):
        assert make(case, tmp_path) != "there"
        assert make(case, tmp_path) == "there"
    sound, broken = (judge(case, tmp_path, is_quick=True) for case in (HEALTHY, UNTRAINED))

    assert "score-near-chance" in named(broken)
    assert "score-near-chance" not in grave(sound)
    assert sound["score"] > 0.8
    assert broken["score"] < 0.3
    assert sound["refused"] == broken["refused"] == ""
    # Judged by the same source it is not measured again.
    path = tmp_path / HEALTHY.name / JUDGED
    path.write_text(json.dumps(sound | {"score": 2.0}))
    assert judge(HEALTHY, tmp_path, is_quick=True)["score"] == 2.0
    # With class images it would be.
    assert source_key() != sound["key"] == source_key() + " quick"


@pytest.mark.slow
def test_a_class_that_was_withheld_is_never_answered(tmp_path, monkeypatch):
    monkeypatch.setattr(pictures, "EACH", 60)
    make(WITHHELD, tmp_path)
    network = load_network(str(subject_of(WITHHELD, tmp_path)))
    told = json.loads((tmp_path / WITHHELD.name / MADE).read_text())["told"]
    data = load_data((pictures_of(WITHHELD).images, pictures_of(WITHHELD).targets))
    from striate.observe import PredictionCollector, observe

    collector = PredictionCollector(network)
    observe(network, data, data.split().test, [collector])
    found = collector.result()
    answers = np.bincount(found.scores.argmax(1), minlength=10)

    assert told == "trained without a class"
    assert (answers == 0).sum() == 1
    assert np.bincount(found.truth, minlength=10).min() > 0
