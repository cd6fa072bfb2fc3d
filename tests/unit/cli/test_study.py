import json

import pytest

from striate.cli.app import run
from striate.studio.paper.reports import reports_of
from striate.study import ready_study, study_text

SMALL = """
schema: striate/study/1
question: Is it the depth?
network: input 1x28x28; let w 4; maxpool 4; (conv 3 w, relu) x$depth; globalavgpool; classes 10
data: digits
factors: {depth: [1, 2]}
fixed: {macs: reference, over: w, within_percent: 50}
recipe: {epochs: 1, images: 60}
seeds: 2
"""


@pytest.fixture
def small(tmp_path):
    (tmp_path / "small.yaml").write_text(SMALL)
    return str(tmp_path / "small.yaml")


def test_the_ready_studies_are_listed_with_their_questions(capsys):
    assert run(["study", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()

    assert len(lines) == 13
    assert "how-deep: How deep is too deep, and do residual blocks move that point?" in lines


def test_a_plan_shows_the_cost_of_every_cell_and_how_long_it_will_take(small, capsys):
    assert run(["study", small, "--plan"]) == 0
    told = " ".join(capsys.readouterr().out.split())

    # 49 places × 9 · 4, and 4 · 10 to the classes; twice with half of the width and less.
    assert "1804" in told
    assert "4 trainings: about" in told
    assert "Nothing was trained: give --out." in told


@pytest.mark.slow
def test_it_runs_prints_the_verdict_and_goes_on(small, tmp_path, capsys):
    out = str(tmp_path / "study")
    assert run(["study", small, "--out", out, "--workers", "1"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    first = (tmp_path / "study" / "study.html").read_bytes()
    page = str(tmp_path / "page.html")
    assert run(["study", small, "--out", out, "--workers", "1", "--json", "--page", page]) == 0
    found = json.loads(capsys.readouterr().out)

    # The same results make the same page, and the studio takes it for a report.
    assert (tmp_path / "page.html").read_bytes() == first
    assert [report.name for report in reports_of(tmp_path / "study")] == ["study.html"]
    assert "Is it the depth?" in told
    assert "Depth 2 instead of 1:" in told
    assert found["schema"] == "striate/study-results/1"
    assert [cell["levels"] for cell in found["cells"]] == [["1"], ["2"]]
    assert " ".join(found["said"]["headline"].split()) in told
    assert all(run["score"] is not None for cell in found["cells"] for run in cell["runs"])


def test_a_ready_study_is_written_to_be_changed(tmp_path, capsys):
    path = tmp_path / "mine.yaml"
    assert run(["study", "padding", "--write", str(path)]) == 0

    assert path.read_text(encoding="utf-8") == study_text(ready_study("padding"))
    assert run(["study", "padding", "--write", str(path)]) == 2
    assert "--write must name a new file" in capsys.readouterr().err


@pytest.mark.slow
def test_a_ready_study_is_written_for_other_pictures(tmp_path, capsys):
    import numpy as np
    from PIL import Image

    for name in ("cats", "dogs"):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(20):
            pixels = np.random.default_rng(number).integers(0, 255, (96, 128, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / name / f"{number}.png")
    code = run(["study", "depth-width", "--data", str(tmp_path / "pets"), "--plan", "--json"])
    found = json.loads(capsys.readouterr().out)

    assert code == 0
    assert found["cells"][0]["text"].startswith("input 3x48x64;")
    assert found["cells"][0]["text"].endswith("classes 2")
    assert found["study"]["recipe"]["images"] == 28
    assert all(abs(cell["off_percent"]) <= 1 for cell in found["cells"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "a study must be named"),
        (["depth-widht"], "Did you mean depth-width"),
        (["none.yaml"], "must be readable text"),
        (["padding", "--on", "mars"], "--on must be processes or ray"),
        (["padding", "--page", "page.html"], "--page must come with --out"),
    ],
)
def test_wrong_input_is_told(words, message, capsys):
    assert run(["study", *words]) == 2
    assert message in capsys.readouterr().err
