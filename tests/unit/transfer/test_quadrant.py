"""Where a problem falls in the classic table, in sentences."""

import pytest

from striate.records.adapting import CurvePoint, CutPoint, Estimate, LearningCurve, Probe
from striate.transfer.quadrant import place_problem


def estimate(mean, low=None, high=None):
    return Estimate(
        mean=mean, interval=(mean if low is None else low, mean if high is None else high), error=0.01, count=100
    )


def cut(name, share):
    return CutPoint(
        name=name, op=name, path=name, turn=0, side="after", over=(), shape=(4,), features=4, macs=100, parameters=1,
        macs_share=share,
    )  # fmt: skip


def probe(name, mean, gap):
    return Probe(cut=name, estimate=estimate(mean), penalty=1.0, loss=0.1, difference=estimate(*gap))


CUTS = [cut("blocks.1", 0.2), cut("blocks.4", 0.63), cut("the end", 1.0)]


def probes(gap):
    return [
        probe("blocks.1", 0.5, (-0.3, -0.4, -0.2)),
        probe("blocks.4", 0.8 + gap[0], gap),
        probe("the end", 0.8, (0, 0, 0)),
    ]


def curve(gain):
    points = tuple(CurvePoint(samples=n, estimate=estimate(0.7)) for n in (40, 80, 160))
    return LearningCurve(
        cut="blocks.4", points=points, forecast=None, forecast_interval=None,
        last_gain=None if gain is None else estimate(*gain),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("gap", "gain", "similarity", "amount", "is_sure"),
    [
        ((0.05, 0.02, 0.08), (0.03, 0.01, 0.05), "different", "little", True),
        ((0.05, 0.02, 0.08), (0.001, -0.004, 0.006), "different", "much", True),
        # The end may be better, or worse by less than a point: that is an answer.
        ((-0.02, -0.05, 0.005), (0.03, 0.01, 0.05), "similar", "little", True),
        # The earlier cut may be better by four points: nobody knows.
        ((0.01, -0.02, 0.04), (0.03, 0.01, 0.05), "similar", "little", False),
        ((0.05, 0.02, 0.08), (0.02, -0.01, 0.05), "different", "much", False),
        ((0.05, 0.02, 0.08), None, "different", "little", False),
    ],
)
def test_the_case_follows_from_two_intervals(gap, gain, similarity, amount, is_sure):
    found = place_problem(probes(gap), CUTS, curve(gain), "accuracy")

    assert (found.similarity, found.amount, found.is_sure) == (similarity, amount, is_sure)


def test_the_sentences_carry_the_figures():
    found = place_problem(probes((0.05, 0.02, 0.08)), CUTS, curve((0.03, 0.01, 0.05)), "accuracy")

    assert found.similarity_why == (
        "Of the earlier cuts blocks.4, at 63 % of the depth in MACs, reads best: accuracy 0.850 against 0.800 at the end, a "
        "difference of 5.0 points (2.0 to 8.0)."
    )
    assert found.amount_why == "From 80 to 160 samples the accuracy at blocks.4 grew by 3.0 points (1.0 to 5.0)."


def test_with_one_cut_nothing_is_compared():
    found = place_problem(probes((0, 0, 0))[-1:], CUTS[-1:], curve((0.03, 0.01, 0.05)), "R²")

    assert found.similarity == "similar"
    assert found.similarity_why == "There is one cut point only, so nothing was compared."
    assert not found.is_sure
