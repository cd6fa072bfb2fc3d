"""Where answers about several labels at once are wrong: per label, and the surest mistakes themselves."""

from __future__ import annotations

import numpy as np

from striate.numbers import count, percent, probability_short
from striate.page.wire import Caption, Cell, Column, Figure, Section, Table, TableFigure, Tile, Tiles
from striate.records import Predictions, Scoreboard
from striate.report.pictures.shrinking import SMALL
from striate.report.subject import Subject

_MOST = 20
# A label is said to hold from this probability on.
_HOLDS = 0.5


def labels(subject: Subject, predictions: Predictions, board: Scoreboard) -> Section:
    """Return the section for a network with several labels."""
    said = predictions.scores >= _HOLDS
    truth = predictions.truth.astype(bool)
    missed, false = truth & ~said, ~truth & said
    worst = int((missed | false).sum(axis=0).argmax())
    wrong = int((missed | false)[:, worst].sum())
    figures: list[Figure] = [TableFigure(table=_table(subject, truth, said))]
    tiles = _tiles(subject, predictions, missed | false)
    if tiles is not None:
        figures.append(tiles)
    return Section(
        id="mistakes",
        term="Mistakes by label",
        judgement=subject.judgement("mistakes"),
        sentence=subject.sentence(
            "mistakes",
            f"{percent(board.main)} of all labels are right; {subject.name_of(worst)} is wrong most often, {count(wrong)} times.",
        ),
        figures=figures,
        caption=Caption(
            shown="Every held-out sample once: for each label how often it held, was found, was missed, and was said where it "
            "did not hold; then the surest single mistakes.",
            should_see="Few misses and few false ones, about as many of each.",
            wrong_if="one label is always said or never, or two labels are always said together.",
            source=f"{count(board.count)} held-out samples; a label is said from probability {_HOLDS} on. Share right over all "
            f"labels, 95 % interval {percent(board.interval[0])} to {percent(board.interval[1])}.",
        ),
    )


def _table(subject: Subject, truth: np.ndarray, said: np.ndarray) -> Table:
    rows: list[list[Cell]] = [
        [
            name,
            int(truth[:, label].sum()),
            int((truth & said)[:, label].sum()),
            int((truth & ~said)[:, label].sum()),
            int((~truth & said)[:, label].sum()),
        ]
        for label, name in enumerate(subject.classes)
    ]
    return Table(
        columns=[
            Column(label="Label", align="left"),
            Column(label="Held", bar=True),
            Column(label="Found", bar=True),
            Column(label="Missed", bar=True),
            Column(label="False", bar=True),
        ],
        rows=rows,
        caption="Counts by label",
    )


def _tiles(subject: Subject, predictions: Predictions, wrong: np.ndarray) -> Tiles | None:
    places = np.argwhere(wrong)
    if not len(places):
        return None
    sure = np.abs(predictions.scores[wrong] - _HOLDS)
    shown = places[np.argsort(-sure, kind="stable")[:_MOST]]
    tiles = []
    for index, (place, label) in enumerate(shown.tolist()):
        score = float(predictions.scores[place, label])
        what = "missed" if predictions.truth[place, label] else "false"
        tiles.append(Tile(index=index, label=f"{what} {subject.name_of(label)}", value=probability_short(score)))
    return Tiles(
        title=f"The {len(shown)} surest of {count(len(places))} mistakes",
        note="what is wrong, and the probability of the label",
        array=subject.store.images(
            "mistakes", subject.pictures([int(predictions.samples[place]) for place, _ in shown.tolist()], SMALL)
        ),
        scale=subject.input_scale,
        show_scale=False,
        tiles=tiles,
        side=56,
    )
