"""Caught, missed, false alarm: the counts with their intervals, as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.faults.cases import PARTS, Case, Part, cases
from benchmarks.faults.faults import FAULTS, HEALTHY
from benchmarks.faults.judging import grave

from striate.lint.catalogue import all_rules
from striate.lint.rule import PictureRule
from striate.observe import wilson

Row = dict[str, Any]


def share(count: int, of: int) -> str:
    """Return a count with its share and Wilson's 95 % interval.

    Example:
        >>> share(9, 10)
        '9 of 10, 90 % (60–98)'
    """
    if not of:
        return "0 of 0"
    low, high = wilson(count / of, of)
    return f"{count} of {of}, {100 * count / of:.0f} % ({100 * low:.0f}–{100 * high:.0f})"


def named(row: Row) -> list[str]:
    """Return the rules with a warning or an error that name a network's fault."""
    return [rule for rule in grave(row) if rule in FAULTS[row["case"]["fault"]].caught_by]


def preface(rows: Sequence[Row]) -> str:
    """Return what the tables count, and of what."""
    quick = sum(row["key"].endswith("quick") for row in rows)
    left_out = (
        f" Of {quick} of {len(rows)} networks no class images were grown, so their rule was not asked." if quick else ""
    )
    return (
        "Small networks were trained on real pictures (MNIST digits, 28×28; scikit-learn's digits, 8×8; MNIST digits on plain "
        "coloured grounds; tiles of six photographs, 32×32), 1,400 or 840 pictures each, some with a planted fault. Each was "
        "looked at as `striate inspect` does, on the data its user would have.\n\n"
        "*Named*: at least one warning or error of a rule that names this kind of fault; which rules count for which fault "
        "stands in `benchmarks/faults/faults.py`. Notes never count. Intervals are Wilson's, 95 %.\n\n"
        "Limits were chosen while looking at the development part; the held-out part has other architectures and other seeds. "
        "A wrong preprocessing, corrupted weights and foreign statistics are planted so that they cost five points of accuracy "
        "on the training pictures where any way does, since some cost nothing; a high rate until a quarter of a layer is dead. "
        f"Networks with a fault planted after training are judged without their training's curve.{left_out}"
    )


def report(rows: Sequence[Row], wanted: Iterable[Case] | None = None) -> str:
    """Return the tables of the parts of which there are rows, in Markdown.

    Args:
        rows: What was judged.
        wanted: What ought to be: those without a row are listed. All cases of these parts, if left out.
    """
    by_part = {part: [row for row in rows if row["case"]["part"] == part] for part in PARTS}
    asked = [case for part in PARTS for case in cases(part)] if wanted is None else list(wanted)
    return "\n\n".join(
        _part(part, own, [case for case in asked if case.part == part]) for part, own in by_part.items() if own
    )


def _part(part: Part, rows: Sequence[Row], wanted: Sequence[Case]) -> str:
    sound = [row for row in rows if row["case"]["fault"] == HEALTHY]
    broken = [row for row in rows if row["case"]["fault"] != HEALTHY]
    lines = [
        f"## {part.capitalize()} part",
        "",
        f"- planted faults caught by a rule that names them: {_count(broken, named)}",
        f"- planted faults with any warning or error: {_count(broken, grave)}",
        f"- healthy networks with any warning or error: {_count(sound, grave)}",
        "",
        "| fault | what is planted | named | any warning or error | rules that named it |",
        "| --- | --- | --- | --- | --- |",
        *(_fault(name, [row for row in broken if row["case"]["fault"] == name]) for name in FAULTS if name != HEALTHY),
        "",
        "| rule | named its fault | on other faults | false alarms on healthy networks |",
        "| --- | --- | --- | --- |",
        *(_rule(rule, sound, broken) for rule in _fired(rows)),
        "",
        *_never_fired(rows),
        "",
        *_singled(sound, broken),
        *_unjudged(rows, wanted),
    ]
    return "\n".join(lines)


def _count(rows: Sequence[Row], found: Callable[[Row], list[str]]) -> str:
    return share(sum(bool(found(row)) for row in rows), len(rows))


def _fault(name: str, rows: Sequence[Row]) -> str:
    rules = ", ".join(sorted({rule for row in rows for rule in named(row)})) or "–"
    return f"| {name} | {FAULTS[name].what} | {_count(rows, named)} | {_count(rows, grave)} | {rules} |"


def _fired(rows: Iterable[Row]) -> list[str]:
    return sorted({rule for row in rows for rule in grave(row)})


def _rule(rule: str, sound: Sequence[Row], broken: Sequence[Row]) -> str:
    own = [row for row in broken if rule in FAULTS[row["case"]["fault"]].caught_by]
    other = [row for row in broken if rule not in FAULTS[row["case"]["fault"]].caught_by]
    cells = (share(sum(rule in grave(row) for row in group), len(group)) for group in (own, other, sound))
    return f"| {rule} | {' | '.join(cells)} |"


def _never_fired(rows: Sequence[Row]) -> list[str]:
    """Return every rule on pictures without a warning or an error anywhere: how often it was asked, whether it was tried.

    Such a rule accused nobody; that it would find its fault is shown only where one was planted.
    """
    planted = {rule for fault in FAULTS.values() for rule in fault.caught_by}
    lines = []
    for rule in sorted({one.name for one in all_rules() if isinstance(one, PictureRule)} - set(_fired(rows))):
        noted = sum(any(finding["rule"] == rule for finding in row["findings"]) for row in rows)
        asked = sum(rule in row["silent"] for row in rows) + noted
        notes = f", {noted} with a note" if noted else ""
        tried = "its fault was planted" if rule in planted else "never planted"
        lines.append(f"- {rule}: asked {asked}, fired 0{notes}; {tried}")
    return ["Rules without a warning or an error on any network:", "", *lines] if lines else []


def _singled(sound: Sequence[Row], broken: Sequence[Row]) -> list[str]:
    """Return every miss and every false alarm by name: nothing is hidden in a share."""
    missed = [f"- missed: {_name(row)}; {_told(row)}" for row in broken if not named(row)]
    alarms = [f"- false alarm: {_name(row)}; {_told(row)}" for row in sound if grave(row)]
    refused = [f"- not looked at: {_name(row)}; {_told(row)}" for row in sound if row["refused"]]
    return [*missed, *alarms, *refused]


def _unjudged(rows: Sequence[Row], wanted: Sequence[Case]) -> list[str]:
    """Return every network without a judgement by name: it is in no count above."""
    there = {Case(**row["case"]) for row in rows}
    return [
        f"- never judged, in no count: {case.fault}, {case.architecture}, {case.task}, seed {case.seed}"
        for case in wanted
        if case not in there
    ]


def _name(row: Row) -> str:
    case, score = row["case"], row["score"]
    known = "" if score is None else f" (score {score:.3f})"
    return f"{case['fault']}, {case['architecture']}, {case['task']}, seed {case['seed']}{known}"


def _told(row: Row) -> str:
    if row["refused"]:
        return f"refused: {row['refused']}"
    return "found " + (", ".join(grave(row)) or "nothing")
