"""The sections on the classic table (similar or different, little or much data) and on ways to bring the images in."""

from __future__ import annotations

from striate.graph import times
from striate.numbers import amount, capital, plural
from striate.page.adapt_wire import QuadrantCell, Quadrants
from striate.page.wire import Caption, Cell, Column, Section, Table, TableFigure
from striate.records import Adaptation, InputWay
from striate.records.adapting import Amount, Similarity
from striate.report.adapting.words import (
    estimate_words,
    factor,
    interval_words,
    is_level,
    is_share,
    named_score,
    score_words,
    signed_interval,
    signed_words,
)

_CLASSIC: dict[tuple[Similarity, Amount], str] = {
    ("similar", "little"): "Frozen network, new output",
    ("similar", "much"): "Fine-tune the whole network",
    ("different", "little"): "Second part discarded, one or two new layers on the frozen first part",
    ("different", "much"): "Whole network kept, new output, all fine-tuned",
}


def case_section(found: Adaptation) -> Section:
    """Return the classic table with this problem's cell marked, and what each cell's regime measured here."""
    case = found.quadrant
    return Section(
        id="case",
        term="The classic table",
        judgement=None,
        sentence=case_sentence(found),
        figures=[
            Quadrants(
                similar=(_cell(found, "similar", "little"), _cell(found, "similar", "much")),
                different=(_cell(found, "different", "little"), _cell(found, "different", "much")),
                here="this problem" if case.is_sure else "this problem, not sure",
                why=[case.similarity_why, case.amount_why],
            )
        ],
        caption=Caption(
            shown="What textbooks advise, by how alike the two problems are and how many samples there are. In each cell: the "
            f"advice, and the {named_score(found)} of that regime on these data.",
            should_see="The marked cell's regime at the top of the regime table, or level with it.",
            wrong_if="another cell measured better beyond its interval: then follow the measurement, not the table.",
            source="Similar: no cut before the end probes better than the end, beyond the interval. Little: the last doubling "
            "of the samples still gained, beyond the interval.",
        ),
    )


def case_sentence(found: Adaptation) -> str:
    """Return which of the four cases this is, whether that is sure, and whether the advice was chosen.

    "Different data, little of it: the classic advice, second part discarded …, was chosen."
    """
    case = found.quadrant
    lead = f"{capital(case.similarity)} data, {case.amount} of it" + ("" if case.is_sure else " (not sure)")
    advice = _CLASSIC[case.similarity, case.amount]
    lower = advice[0].lower() + advice[1:]
    is_chosen = found.chosen_candidate.regime.lecture == f"{case.similarity}, {case.amount}"
    verb = "was chosen" if is_chosen else f"was not chosen; “{found.chosen}” was"
    return f"{lead}: the classic advice, “{lower}”, {verb}."


def _cell(found: Adaptation, similarity: Similarity, amount_: Amount) -> QuadrantCell:
    case = found.quadrant
    answering = [one for one in found.candidates if one.regime.lecture == f"{similarity}, {amount_}"]
    best = next((one for one in answering if one.estimate is not None), None)
    measured = "not measured" if best is None or best.estimate is None else estimate_words(found, best.estimate)
    if best is not None and best.regime.name == found.chosen:
        measured += ", chosen"
    elif best is not None and best.outcome not in {"as good", "worse"}:
        measured += f", {best.outcome}"
    return QuadrantCell(
        regime=_CLASSIC[similarity, amount_],
        measured=measured,
        here=(case.similarity, case.amount) == (similarity, amount_),
    )


def inputs_section(found: Adaptation) -> Section | None:
    """Return the ways to bring the images in; None where it was not asked for."""
    if not found.inputs:
        return None
    columns = [
        Column(label="Way", align="left"),
        Column(label="Enters the network"),
        Column(label=capital(named_score(found)), unit="%" if is_share(found) else ""),
        Column(label="Difference", unit="points" if is_share(found) else ""),
        Column(label="MACs an image"),
    ]
    rows = [_input_row(found, way) for way in found.inputs if way.estimate is not None]
    figures = [
        TableFigure(table=Table(columns=columns, rows=rows, caption="Ways to bring the images in, with 95 % intervals"))
    ]
    cannot: list[list[Cell]] = [[way.title, way.reason] for way in found.inputs if way.estimate is None]
    if cannot:
        columns = [Column(label="Way", align="left"), Column(label="Why it cannot be taken", align="left")]
        figures.append(TableFigure(table=Table(columns=columns, rows=cannot, caption="Ways that cannot be taken")))
    return Section(
        id="inputs",
        term="Input sizes",
        judgement=None,
        sentence=_inputs_sentence(found),
        figures=[*figures],
        caption=Caption(
            shown="The images scaled to what the network was made for; as they are, the network answering at every place; as "
            "they are, the last map averaged. Each is measured by a linear read-out at the end.",
            should_see="Little difference where objects fill the image; a gain for the image's own size where they are small.",
            wrong_if="the network's own way is far below another: details that matter are lost by scaling.",
            source=f"{found.folds}-fold cross-validation on {plural(found.training_count, 'sample')}; differences to the "
            "network's own way, paired by sample.",
        ),
    )


def _input_row(found: Adaptation, way: InputWay) -> list[Cell]:
    measured = apart = ""
    if way.estimate is not None:
        measured = f"{score_words(found, way.estimate.mean, unit=False)} ({interval_words(found, way.estimate)})"
    if way.difference is not None:
        apart = f"{signed_words(found, way.difference.mean)} ({signed_interval(found, way.difference)})"
    return [way.title, times(way.shape), measured, apart, amount(way.macs)]


def _inputs_sentence(found: Adaptation) -> str:
    others = [way for way in found.inputs if way.difference is not None]
    cannot = [way for way in found.inputs if way.estimate is None]
    rest = f"; {plural(len(cannot), 'way')} cannot be taken" if cannot else ""
    best = max(others, key=lambda way: way.difference.mean if way.difference else 0.0, default=None)
    if best is None or best.difference is None:
        return f"No other way than the network's own could be measured{rest}."
    size = f"{signed_words(found, best.difference.mean)}{' points' if factor(found) > 1 else ''}"
    known = ", which is not measurable" if is_level(best.difference) else ""
    return (
        f"{best.title}: {size} ({signed_interval(found, best.difference)}) against the network's own way{known}{rest}."
    )
