"""Whether the held-out samples are new: near-duplicates and sources on both sides of the split."""

from __future__ import annotations

import numpy as np

from striate.data.splits import part_counts
from striate.numbers import count, percent, plural
from striate.page.wire import Caption, Cell, Column, Figure, Section, Table, TableFigure, Tile, Tiles
from striate.records import LeakPair, Leaks
from striate.report.pictures.shrinking import SMALL
from striate.report.subject import Subject

_MOST = 10


def section(subject: Subject) -> Section | None:
    """Return the section if somebody looked for leaks."""
    leaks = subject.evidence.leaks
    if leaks is None:
        return None
    of_source = () if leaks.sources is None else leaks.sources.pairs
    shown = [*leaks.pairs, *of_source][:_MOST]
    figures: list[Figure] = [_pairs(subject, leaks, shown)] if shown else []
    figures.append(_counts(subject))
    return Section(
        id="splits",
        term="Held-out samples",
        judgement=subject.judgement("splits"),
        sentence=subject.sentence(
            "splits", f"None of the {count(leaks.held_out_count)} held-out samples has a near-duplicate that was seen."
        ),
        figures=figures,
        caption=Caption(
            shown="Held-out samples beside the sample nearest to them that training or validation looked at, alikest first, "
            "with the cosine of their features; and how many samples of each class are in each part.",
            should_see="No pairs, and every class in every part."
            if not shown
            else "Pairs that are different things, photographed at different times.",
            wrong_if="the two of a pair are one picture, or come from one picture: the score then says how well the network "
            "remembers.",
            source=f"Compared: {leaks.features}. Near-duplicates have a cosine of at least {leaks.limit:.4f}: "
            f"{leaks.limit_from}.{_source_words(leaks)}",
        ),
    )


def _source_words(leaks: Leaks) -> str:
    found = leaks.sources
    if found is None:
        return ""
    return (
        f" Of {plural(found.judged, 'held-out sample')} whose source is known, {count(found.near)} have their nearest seen "
        f"sample of the class in the same source; chance {percent(found.chance)}."
    )


def _pairs(subject: Subject, leaks: Leaks, shown: list[LeakPair]) -> Tiles:
    samples = [index for pair in shown for index in (pair.held_out, pair.seen)]
    tiles = []
    for number, pair in enumerate(shown):
        tiles.append(Tile(index=2 * number, label="held out", value=f"{pair.similarity:.3f}", warn=True))
        tiles.append(Tile(index=2 * number + 1, label="seen"))
    every = [*leaks.pairs, *(() if leaks.sources is None else leaks.sources.pairs)]
    return Tiles(
        title="All pairs" if len(every) == len(shown) else f"{len(shown)} of {count(len(every))} pairs",
        note="two and two: held out, seen",
        array=subject.store.images("leaks", np.asarray(subject.pictures(samples, SMALL))),
        scale=subject.input_scale,
        show_scale=False,
        tiles=tiles,
        side=56,
        table=_table(every),
    )


def _table(pairs: list[LeakPair]) -> Table:
    rows: list[list[Cell]] = [[pair.held_out_place, pair.seen_place, pair.similarity] for pair in pairs]
    return Table(
        columns=[
            Column(label="Held out", align="left"),
            Column(label="Seen", align="left"),
            Column(label="Cosine", decimals=4),
        ],
        rows=rows,
        caption="Every pair, near-duplicates first",
    )


def _counts(subject: Subject) -> TableFigure:
    split, output = subject.split, subject.dataset.output
    parts = (split.train, split.validation, split.test)
    held = [part_counts(subject.dataset.samples, output, part) for part in parts]
    names = ("all",) if output.kind == "values" else output.names
    rows: list[list[Cell]] = [[name, *counts] for name, *counts in zip(names, *held, strict=True)]
    return TableFigure(
        table=Table(
            columns=[
                Column(label="Class" if output.kind == "classes" else "Samples", align="left"),
                Column(label="Training"),
                Column(label="Validation"),
                Column(label="Held out"),
            ],
            rows=rows,
            caption="Samples in each part",
        )
    )
