"""Where a problem falls in the classic table: similar or different, little or much data."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

from striate.records.adapting import Amount, CutPoint, LearningCurve, Probe, Quadrant, Similarity

# Differences below these are not told apart: a hundredth of the score.
_SMALL = 0.01


def place_problem(probes: Sequence[Probe], cuts: Sequence[CutPoint], curve: LearningCurve, score_name: str) -> Quadrant:
    """Return where along the depth the probe peaks, and where the curve bends, in the words of the classic table.

    * "different" if the best earlier cut probes better than the end, beyond the 95 % interval of the difference, widened for
      having been picked among so many cuts (Bonferroni): what the last layers learned for the old problem stands in the way.
    * "little" if the last doubling of the samples gained, beyond its 95 % interval: more would bring more.

    When it misleads:
        A network whose last layers are merely badly pooled looks like a different problem. With few samples neither statement is
        sure, and `is_sure` says so.

    Source:
        The four cases: CS231n, "Transfer Learning"; that the peak moves forward with the distance of the problems: Yosinski et
        al., "How transferable are features in deep neural networks?", NIPS 2014. Differs: both are measured.
    """
    similarity, similarity_why, is_plain = _similarity(probes, cuts, score_name)
    amount, amount_why, is_clear = _amount(curve, score_name)
    return Quadrant(
        similarity=similarity, similarity_why=similarity_why, amount=amount, amount_why=amount_why,
        is_sure=is_plain and is_clear,
    )  # fmt: skip


def _similarity(probes: Sequence[Probe], cuts: Sequence[CutPoint], score_name: str) -> tuple[Similarity, str, bool]:
    if len(probes) == 1:
        return "similar", "There is one cut point only, so nothing was compared.", False
    place = max(range(len(probes) - 1), key=lambda number: probes[number].estimate.mean)
    peak, end = probes[place], probes[-1]
    gap = peak.difference
    low, high = (f"{100 * number:.1f}" for number in gap.interval)
    words = (
        f"Of the earlier cuts {peak.cut}, at {100 * cuts[place].macs_share:.0f} % of the depth in MACs, reads best: {score_name} "
        f"{peak.estimate.mean:.3f} against {end.estimate.mean:.3f} at the end, a difference of {100 * gap.mean:.1f} points "
        f"({low} to {high})."
    )
    # The best of so many was picked: its interval is that of so many comparisons.
    half = NormalDist().inv_cdf(1 - 0.025 / (len(probes) - 1)) * gap.error
    if gap.mean - half > 0:
        return "different", words, True
    return "similar", words, gap.interval[1] < _SMALL


def _amount(curve: LearningCurve, score_name: str) -> tuple[Amount, str, bool]:
    gain = curve.last_gain
    if gain is None:
        return "little", "There are too few samples for a learning curve.", False
    low, high = (f"{100 * number:.1f}" for number in gain.interval)
    words = (
        f"From {curve.points[-2].samples} to {curve.points[-1].samples} samples the {score_name} at {curve.cut} grew by "
        f"{100 * gain.mean:.1f} points ({low} to {high})."
    )
    if gain.interval[0] > 0:
        return "little", words, True
    return "much", words, gain.interval[1] < _SMALL
