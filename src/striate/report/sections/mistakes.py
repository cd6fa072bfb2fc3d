"""Where the answers are wrong: confusion and the surest mistakes, or for values the largest errors."""

from __future__ import annotations

import numpy as np

from striate.numbers import count, measure, percent, plural, probability_short
from striate.page.wire import (
    Caption,
    Cell,
    Column,
    Confusion,
    Figure,
    Scatter,
    Section,
    Table,
    Tile,
    Tiles,
)
from striate.records import Predictions, Scoreboard
from striate.report.pictures.shrinking import SMALL
from striate.report.sections.label_mistakes import labels
from striate.report.subject import Subject

_MOST = 20


def section(subject: Subject) -> Section | None:
    """Return the section if answers are known."""
    predictions, board = subject.evidence.predictions, subject.evidence.scoreboard
    if predictions is None or board is None:
        return None
    if predictions.output.kind == "values":
        return _values(subject, predictions, board)
    if predictions.output.kind == "labels":
        return labels(subject, predictions, board)
    return _classes(subject, predictions, board)


def _classes(subject: Subject, predictions: Predictions, board: Scoreboard) -> Section:
    answers = predictions.scores.argmax(axis=1)
    wrong = np.flatnonzero(answers != predictions.truth)
    sure = wrong[np.argsort(-predictions.scores[wrong, answers[wrong]], kind="stable")]
    shown = [int(place) for place in sure[:_MOST]]
    figures: list[Figure] = [
        Confusion(
            classes=list(subject.classes),
            counts=[[int(number) for number in row] for row in board.confusion.tolist()]
            if board.confusion is not None
            else [],
            note=f"counts of {count(board.count)}",
        )
    ]
    if shown:
        samples = [int(predictions.samples[place]) for place in shown]
        tiles = []
        for index, place in enumerate(shown):
            truth, answer = int(predictions.truth[place]), int(answers[place])
            tiles.append(
                Tile(
                    index=index,
                    label=f"{subject.name_of(truth)} → {subject.name_of(answer)}",
                    value=probability_short(float(predictions.scores[place, answer])),
                )
            )
        figures.append(
            Tiles(
                title=f"All {len(wrong)}" if len(wrong) <= _MOST else f"{_MOST} of {count(len(wrong))}",
                note="surest first: true → answer, probability",
                array=subject.store.images("mistakes", subject.pictures(samples, SMALL)),
                scale=subject.input_scale,
                show_scale=False,
                tiles=tiles,
                side=56,
                table=_table(subject, predictions, [int(place) for place in sure]),
            )
        )
    return Section(
        id="mistakes",
        term="Confusion and worst mistakes",
        judgement=subject.judgement("mistakes"),
        sentence=subject.sentence(
            "mistakes",
            f"{plural(len(wrong), 'mistake')} in {count(board.count)}; no pair of classes stands out.",
        ),
        figures=figures,
        caption=Caption(
            shown="Every held-out sample once: how it was answered, and the wrong ones themselves.",
            should_see="Mistakes a person might make too, and low probabilities among them.",
            wrong_if="one cell off the diagonal collects them, or the surest mistakes look easy.",
            source=f"{count(board.count)} held-out samples, {percent(board.main)} right "
            f"(95 % interval {percent(board.interval[0])} to {percent(board.interval[1])}, Wilson).",
        ),
    )


def _values(subject: Subject, predictions: Predictions, board: Scoreboard) -> Section:
    error = predictions.scores - predictions.truth
    worst = np.argsort(-np.abs(error[:, 0]), kind="stable")[:_MOST]
    tiles = [
        Tile(
            index=index,
            label=f"{measure(float(predictions.truth[place, 0]))} → {measure(float(predictions.scores[place, 0]))}",
            value=measure(float(error[place, 0]), signed=True),
        )
        for index, place in enumerate(worst)
    ]
    name = subject.classes[0]
    rows: list[list[Cell]] = [
        [
            int(predictions.samples[p]),
            float(predictions.truth[p, 0]),
            float(predictions.scores[p, 0]),
            float(error[p, 0]),
        ]
        for p in np.argsort(-np.abs(error[:, 0]), kind="stable")
    ]
    table = Table(
        columns=[
            Column(label="Sample"),
            Column(label="True", decimals=4),
            Column(label="Answer", decimals=4),
            Column(label="Error", decimals=4),
        ],
        rows=rows,
        caption=f"Answers for {name}, largest errors first",
    )
    mae = "" if board.mae is None else f", off by {measure(board.mae)} on average"
    return Section(
        id="mistakes",
        term="Errors",
        judgement=subject.judgement("mistakes"),
        sentence=subject.sentence("mistakes", f"R² is {measure(board.main)}{mae}."),
        figures=[
            Scatter(
                title=f"{name}, {count(board.count)} held-out samples",
                x_label="true value",
                y_label="answer",
                x=[float(value) for value in predictions.truth[:, 0]],
                y=[float(value) for value in predictions.scores[:, 0]],
                table=table,
            ),
            Tiles(
                title=f"The {len(worst)} largest errors",
                note="true → answer, error",
                array=subject.store.images(
                    "mistakes", subject.pictures([int(predictions.samples[p]) for p in worst], SMALL)
                ),
                scale=subject.input_scale,
                show_scale=False,
                tiles=tiles,
                side=56,
            ),
        ],
        caption=Caption(
            shown="Every held-out sample once: its true value and the answer.",
            should_see="Points along the diagonal, evenly on both sides.",
            wrong_if="the cloud bends away from the diagonal, or its ends are cut off.",
            source=f"R² {measure(board.main)}, 95 % interval {measure(board.interval[0])} to {measure(board.interval[1])} "
            "from 2000 bootstrap draws.",
        ),
    )


def _table(subject: Subject, predictions: Predictions, places: list[int]) -> Table:
    answers = predictions.scores.argmax(axis=1)
    rows: list[list[Cell]] = [
        [
            int(predictions.samples[place]),
            subject.name_of(int(predictions.truth[place])),
            subject.name_of(int(answers[place])),
            float(predictions.scores[place, answers[place]]),
        ]
        for place in places
    ]
    return Table(
        columns=[
            Column(label="Sample"),
            Column(label="True", align="left"),
            Column(label="Answer", align="left"),
            Column(label="Probability", decimals=4),
        ],
        rows=rows,
        caption="Every mistake, surest first",
    )
