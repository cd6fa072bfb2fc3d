import json

import pytest

from striate.cli.app import run
from striate.report.reading import read_report

OPEN = "input 1x28x28; let w {2,3,4}; maxpool 4; conv {3,5} w, relu; globalavgpool; classes 10"

pytestmark = pytest.mark.slow


@pytest.fixture
def asked(tmp_path):
    from striate import Blueprint

    (tmp_path / "open.yaml").write_text(Blueprint.from_text(OPEN).to_yaml(), encoding="utf-8")
    words = ["--macs", "4000", "--images", "60", "--epochs", "1", "--workers", "1"]
    return ["search", str(tmp_path / "open.yaml"), "digits", *words]


def test_it_searches_trains_the_best_again_and_goes_on(asked, tmp_path, capsys):
    out = str(tmp_path / "a")
    assert run([*asked, "--trials", "2", "--best", "2", "--seeds", "2", "--out", out]) == 0
    told = " ".join(capsys.readouterr().out.split())
    first = (tmp_path / "a" / "search.html").read_bytes()
    page = str(tmp_path / "page.html")
    assert run([*asked, "--trials", "2", "--best", "2", "--seeds", "2", "--out", out, "--json", "--page", page]) == 0
    same = json.loads(capsys.readouterr().out)
    assert run([*asked, "--trials", "3", "--best", "0", "--out", out, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    shown, _ = read_report(tmp_path / "a" / "search.html")

    assert "2 designs tried: 2 to the end, 0 stopped early, 0 failed." in told
    assert "Fewer than 10 scores" in told
    assert "Which of the designs that a search found is best" in told
    assert f"Wrote {out}/search.html." in told
    assert f"Next: the same command with --trials 4 goes on in {out}." in told
    # 49 places · k² · w, and w · 10: all within 4000 but side 5 at width 4, 4940.
    assert found["space"]["designs"] == 5
    assert [trial["ended"] for trial in found["trials"]] == ["done"] * 3
    assert found["best"] is None
    # The same search makes the same page, and its numbers are those of --json.
    assert (tmp_path / "page.html").read_bytes() == first
    assert same["best"] is not None
    assert shown["verdict"].startswith("Nothing is claimed")
    [tried] = [part for part in shown["sections"] if part["id"] == "trials"]
    scores = {trial["number"]: trial["score"] for trial in found["trials"]}
    assert {row[0]: row[1] for row in tried["figures"][0]["table"]["rows"]} == {
        number: 100 * score for number, score in scores.items()
    }


def test_designs_that_fail_say_why_and_the_command_fails(asked, tmp_path, capsys):
    failing = [*asked, "--rate", "1e30", "--trials", "2", "--best", "2", "--out", str(tmp_path / "a")]
    assert run(failing) == 1
    told = " ".join(capsys.readouterr().out.split())

    assert "0 to the end, 0 stopped early, 2 failed." in told
    assert "failed: the " in told
    assert "[diverged]" in told
    assert "Nothing was trained again: fewer than two designs are left to compare." in told


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--best", "1"], "--best must be 0 or at least 2"),
        (["--sampler", "grid"], "--sampler must be tpe or random"),
        (["--known", "w=7"], "--known"),
        (["--macs", "1"], "some design must keep the limits"),
    ],
)
def test_wrong_input_is_told(words, message, asked, tmp_path, capsys):
    assert run([*asked, *words, "--out", str(tmp_path / "a")]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
