"""The first words on an adaptation, from records written by hand."""

import pytest

from adaptations import CANDIDATES, adaptation, regime, regression
from striate.numbers import THIN
from striate.records import Estimate
from striate.report.adapting.verdict import facts, prose, verdict
from striate.report.adapting.words import score_words, signed_words, step_words


def said(text):
    return text.replace(THIN, " ")


def test_the_verdict_says_what_to_do_what_it_reaches_against_what_at_what_cost():
    assert said(verdict(adaptation())) == (
        "Cut after blocks.4 and train two new layers: 88.4 % (85.1 to 91.0) on 200 samples nobody looked at, "
        "4.1 points (1.2 to 7.0) above the usual way; 63 % of its MACs; measured in 3 min."
    )


def test_the_verdict_on_values_has_no_percent():
    assert said(verdict(regression())) == (
        "Keep the whole network frozen and exchange its output layer: R² 0.410 (0.390 to 0.430) on 800 samples, "
        "cross-validated, which is the usual way; measured in 3 min."
    )


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        ((0.012, 0.07), "4.1 points (1.2 to 7.0) above the usual way"),
        ((-0.07, -0.012), "4.1 points (1.2 to 7.0) below the usual way"),
        ((-0.012, 0.07), "not measurably different from the usual way (+4.1, −1.2 to +7.0)"),
        ((0.0, 0.07), "not measurably different"),
    ],
)
def test_the_difference_is_said_only_where_it_was_measured(interval, words):
    mean = -0.041 if interval[1] < 0 else 0.041
    difference = Estimate(mean=mean, interval=interval, error=0.015, count=200)

    assert words in verdict(adaptation(test_difference=difference))


def test_without_test_samples_the_difference_is_that_of_the_folds_turned_about():
    found = adaptation(test=None, test_usual=None, test_difference=None)

    assert "88.4 % (86.4 to 90.4) on 800 samples, cross-validated, 4.1 points (2.2 to 6.0) above" in said(
        verdict(found)
    )


def test_the_verdict_holds_when_the_usual_way_was_never_measured():
    found = adaptation(candidates=CANDIDATES[:1], test=None, test_usual=None, test_difference=None)

    assert said(verdict(found)).endswith("cross-validated; 63 % of its MACs; measured in 3 min.")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cut": "the end"}, "Keep the whole network frozen and exchange its output layer"),
        ({"cut": "the end", "hidden": (64,)}, "Keep the whole network and train two new layers"),
        ({"cut": "the end", "trained": "all"}, "Keep the whole network and fine-tune all of it with one new layer"),
        ({"trained": "last block"}, "Cut after blocks.4 and train its last block and one new layer"),
        (
            {"trained": "first block", "hidden": (9, 8, 7)},
            "Cut after blocks.4 and train its first block and 4 new layers",
        ),
    ],
)
def test_every_regime_is_an_instruction(changes, words):
    assert step_words(adaptation(), regime("a", "b", **changes)) == words


def test_the_lines_beneath_say_what_was_held_out_and_whether_the_time_was_kept():
    text = prose(adaptation())

    assert "Cross-validated in 5 folds on 800 samples" in text
    assert "it was said to take 3 min 20 s and took 3 min 3 s of the 10 min 0 s given." in text
    assert text.endswith("7 files could not be read and were set aside.")


def test_the_facts_are_those_of_the_chosen_network():
    shown = {fact.label: (said(fact.value), said(fact.note)) for fact in facts(adaptation())}

    assert shown == {
        "Accuracy, 95 % interval": ("88.4 %", "85.1 to 91.0"),
        "The usual way, 95 % interval": ("84.3 %", "79.0 to 88.7"),
        "MACs an image": ("243 million", "63 % of the whole"),
        "Trained parameters": ("4100", "of 430 000"),
        "One training": ("21 s", "48.0 MiB at the peak"),
    }


def test_numbers_are_signed_and_rounded_as_people_read_them():
    found, values = adaptation(), regression()

    assert [signed_words(found, x) for x in (0.0411, -0.0411, 0.0, -0.0004, 0.0004)] == [
        "+4.1",
        "−4.1",
        "0.0",
        "0.0",
        "0.0",
    ]
    assert [signed_words(values, x) for x in (0.0411, -0.0411, 0.0)] == ["+0.041", "−0.041", "0.000"]
    assert (score_words(values, -0.25), said(score_words(found, 0.884))) == ("−0.250", "88.4 %")
