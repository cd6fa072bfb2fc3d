"""Units judged, layer by layer: how many answer to one thing, to a class, to two things, to the same as others, beside chance."""

from __future__ import annotations

from collections.abc import Sequence

from striate.numbers import count, listed, plural
from striate.page.wire import Caption, Cell, Column, Figure, Section, Table, TableFigure
from striate.records.unit_survey import JudgedUnits, UnitJudgement
from striate.report.subject import Subject
from striate.report.units.examples import examples
from striate.report.units.verdicts import UnitVerdict, alive, unit_verdicts


def section(subject: Subject) -> Section | None:
    """Return the section; None where nothing was judged."""
    units = subject.evidence.units
    if units is None or not any(units.judged.values()):
        return None
    verdicts = unit_verdicts(units)
    figures: list[Figure] = [TableFigure(table=_table(units, verdicts))]
    if len(units.survey.input_px) == 2:
        figures += examples(subject, units, verdicts)
    judged = sum(len(found) for found in units.judged.values())
    return Section(
        id="units",
        term="Units",
        judgement=subject.judgement("units"),
        sentence=subject.sentence("units", _sentence(units, verdicts)),
        figures=figures,
        caption=Caption(
            shown="Of every layer, how many units have strongest images that are alike, "
            + ("that are of few classes, " if units.survey.targets is not None else "")
            + "that fall into two groups, or that another unit has too. Beneath, of each the clearest example: the parts it "
            "reads, and the whole images with the box around them.",
            should_see="More units than chance gives answer to one thing, the more the deeper the layer; one thing in a block.",
            wrong_if="no more units than chance gives are alike in the last layers, blocks show two different things, or many "
            "units repeat each other.",
            source=f"{plural(judged, 'unit')} judged, each by its strongest images: 50, but no more than a tenth of "
            f"{count(len(units.survey.samples))}. Chance: random sets of as many images; one cloud divided in two. Alike: "
            f"cosine of the features of {units.survey.features_of}. Repeating: correlation over {units.twin}. One pass over "
            "the held-out data.",
        ),
    )


def _sentence(units: JudgedUnits, verdicts: Sequence[UnitVerdict]) -> str:
    every = [one for layer in units.survey.layers for one in alive(layer, units.judged)]
    if not every:
        return "No unit was ever on."
    said = []
    for verdict in verdicts:
        holding, by_chance = _holding(verdict, every), _chance(verdict, every)
        if holding is not None:
            said.append(f"{holding} {verdict.says}" + (f" (by chance {by_chance})" if by_chance else ""))
    return f"Of {plural(len(every), 'judged unit')} that are ever on, {listed(said, len(said))}."


def _holding(verdict: UnitVerdict, judged: Sequence[UnitJudgement]) -> int | None:
    """Return of how many units it holds; None where it was tested of none."""
    if not any(map(verdict.is_tested, judged)):
        return None
    return sum(verdict.strength(one) is not None for one in judged)


def _chance(verdict: UnitVerdict, judged: Sequence[UnitJudgement]) -> str | None:
    """Return of how many units it holds by chance, of those it was tested of; None where there are none."""
    tested = sum(map(verdict.is_tested, judged))
    if verdict.chance is None or not tested:
        return None
    expected = tested * verdict.chance
    return f"about {expected:.0f}" if expected >= 1 else "under 1"


def _table(units: JudgedUnits, verdicts: Sequence[UnitVerdict]) -> Table:
    heads = [verdict.column for verdict in verdicts]
    rows: list[list[Cell]] = []
    every: list[UnitJudgement] = []
    for layer in units.survey.layers:
        judged = alive(layer, units.judged)
        every += judged
        dead = int(layer.dead.sum()) if layer.is_rectified else None
        rows.append([layer.layer, layer.units, dead, len(judged), *(_holding(verdict, judged) for verdict in verdicts)])
    by_chance: list[Cell] = [_chance(one, every) for one in verdicts]
    rows.append(["all", None, None, len(every), *(_holding(verdict, every) for verdict in verdicts)])
    rows.append(["by chance", None, None, None, *by_chance])
    return Table(
        columns=[Column(label="Layer", align="left"), *map(_column, ("Units", "Dead", "Judged", *heads))],
        rows=rows,
        caption="Judged units of each layer that are ever on",
    )


def _column(label: str) -> Column:
    return Column(label=label)
