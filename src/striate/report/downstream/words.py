"""A comparison of features in words: what is best, against hand-made descriptors, with few labels."""

from __future__ import annotations

from striate.numbers import capital, duration, plural
from striate.page.wire import Fact
from striate.records import Downstream, DownstreamRow, Estimate, FewShotCurve
from striate.report.adapting.words import (
    estimate_words,
    interval_words,
    is_level,
    named_score,
    points,
    score_words,
    signed_interval,
    signed_points,
)


def row_words(row: DownstreamRow) -> str:
    """Return what a row is: "RBF SVM on flatten1"."""
    return f"{row.family} on {row.features}"


def verdict(found: Downstream) -> str:
    """Return one sentence that could be wrong: what is best, how good, and whether the network helps."""
    best = found.rows[0]
    lead = f"{row_words(best)} is best: {estimate_words(found, best.estimate)}, cross-validated"
    return f"{capital(lead)}; {_against(found)}."


def _against(found: Downstream) -> str:
    gap = found.to_hand_made
    if gap is None:
        floor = f"the best constant answer, {score_words(found, found.constant.mean)}"
        apart = found.rows[0].to_constant
        return f"not measurably above {floor}" if apart.interval[0] <= 0 else f"above {floor}"
    made, own = found.best("hand-made"), found.best("network")
    names = f"hand-made features ({row_words(made)})" if made else ""
    if is_level(gap):
        words = f"{signed_points(found, gap.mean)}, {signed_interval(found, gap)}"
        return f"the network's features are not measurably apart from {names} ({words})"
    who = f"the network's features ({row_words(own)})" if own and own is not found.rows[0] else "the network's features"
    side = "above" if gap.mean > 0 else "below"
    return f"{who} are {points(found, abs(gap.mean))} {side} {names}"


def level_rows(found: Downstream) -> tuple[DownstreamRow, ...]:
    """Return the rows that cannot be told from the best, the best not among them."""
    return tuple(row for row in found.rows[1:] if is_level(row.to_best))


def compared_sentence(found: Downstream) -> str:
    """Return how the rows lie to each other."""
    best, level = found.rows[0], level_rows(found)
    lead = (
        f"Of {plural(len(found.rows), 'classifier')}, {row_words(best)} is best, {estimate_words(found, best.estimate)}"
    )
    if not level:
        return f"{lead}; none is level with it."
    return f"{lead}; {plural(len(level), 'other')} cannot be told from it."


def best_curve(found: Downstream) -> FewShotCurve:
    """Return the curve of few labels that ends highest."""
    return max(found.curves, key=lambda curve: (curve.points[-1].mean, curve.points[0].mean))


def few_sentence(found: Downstream) -> str:
    """Return what few labels a class bring, on the curve that ends highest."""
    curve = best_curve(found)
    first, last = curve.points[0], curve.points[-1]
    labels = f"{plural(first.per_class, 'label')} a class"
    lead = f"With {labels} {curve.family} on {curve.features} reaches {score_words(found, first.mean)}"
    if first is last:
        return f"{lead}."
    return f"{lead}, with {last.per_class} {score_words(found, last.mean)}."


def prose(found: Downstream) -> str:
    """Return what a reader should know beside the verdict."""
    how = (
        f"{plural(found.samples, 'sample')} in {plural(found.folds, 'fold')}, each held out once; groups and equal contents are "
        "never divided, settings are chosen and features scaled within the training folds."
    )
    lines = [how, f"It took {duration(found.seconds)}.", *found.told]
    return " ".join(lines)


def facts(found: Downstream) -> list[Fact]:
    """Return the figures under the verdict."""
    best = found.rows[0]
    made = [_fact(found, f"{capital(named_score(found))}, {row_words(best)}", best.estimate)]
    for label, row in (("Best of the network", found.best("network")), ("Best hand-made", found.best("hand-made"))):
        if row is not None and row is not best:
            made.append(_fact(found, f"{label}, {row_words(row)}", row.estimate))
    made.append(_fact(found, "Best constant answer", found.constant))
    return made


def _fact(found: Downstream, label: str, estimate: Estimate) -> Fact:
    return Fact(label=label, value=score_words(found, estimate.mean), note=interval_words(found, estimate))
