"""The tables of an adaptation in a terminal of 80 columns."""

import pytest

from adaptations import adaptation, large, regression
from striate.cli.adapt_tables import show_adaptation
from striate.numbers import THIN


def shown(capsys, found):
    show_adaptation(found, width=80)
    return capsys.readouterr().out.replace(THIN, " ").splitlines()


@pytest.mark.parametrize("found", [adaptation(), regression(), large()], ids=["classes", "values", "large"])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(found, capsys):
    lines = shown(capsys, found)

    assert max(map(len, lines)) <= 80
    assert not any("…" in line for line in lines)


def test_the_verdict_comes_first_and_the_case_last(capsys):
    lines = shown(capsys, adaptation(told=(), events=()))

    assert lines[0].startswith("Cut after blocks.4 and train two new layers: 88.4 %")
    assert " ".join(lines[-2:]).endswith("was chosen.")


def test_cuts_have_their_share_and_score_and_the_chosen_one_its_mark(capsys):
    lines = shown(capsys, adaptation())
    cuts = [line.split() for line in lines if "to 86.6)" in line or "to 57.2)" in line]

    assert cuts[0] == ["blocks.1", "21", "%", "707", "700", "55.2", "(53.2", "to", "57.2)"]
    assert cuts[1] == ["→", "blocks.4", "63", "%", "2.12", "million", "84.6", "(82.6", "to", "86.6)"]


def test_regimes_have_outcome_score_difference_and_time(capsys):
    lines = [" ".join(line.split()) for line in shown(capsys, adaptation())]

    assert "cut + fine-tune as good 87.9 ± 2.0 −0.5 ± 1.6 5 min 1 s" in lines
    assert any(line.startswith("→ cut at blocks.4") for line in lines)
    assert "probe then fine-tune not measured 9 min 0 s" in lines
    assert "first block, dropped: behind by more than both intervals after the first look." in lines


def test_values_are_shown_as_r2(capsys):
    text = "\n".join(shown(capsys, regression()))

    assert "R² ±" in text
    assert "0.410 ± 0.020" in text
    assert "%, 95" not in text
