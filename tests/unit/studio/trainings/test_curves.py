"""A training's charts say what they leave out, and their tables leave nothing out."""

import json

import numpy as np
import pytest
import torch

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.records import Recipe
from striate.studio.trainings import curves
from striate.train import train

TEXT = "input 1x8x8; conv 3x3 4, batchnorm, relu; conv 3x3 4, relu; globalavgpool; classes 2"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A guarded training of 3 epochs with 35 steps each, of which every tenth is written down."""
    pixels = np.random.default_rng(0).integers(0, 255, (100, 8, 8), dtype=np.uint8)
    data = load_data((torch.tensor(pixels), [0] * 50 + [1] * 50))
    folder = tmp_path_factory.mktemp("guarded") / "run"
    train(Blueprint.from_text(TEXT), data, Recipe(rate=0.01, epochs=3, batch=2, guard="watch"), folder, threads=1)
    return folder


@pytest.fixture(autouse=True)
def anew():
    """Nothing is remembered from another test's limits."""
    curves._read.cache_clear()


@pytest.fixture
def rows(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def chart(figures, title):
    return next(one for figure in figures for one in figure.charts if one.title == title)


@pytest.mark.parametrize(("most", "steps", "words"), [(400, 10, "one step in 10"), (3, 40, "one step in 40")])
def test_single_steps_say_which_of_them_are_drawn_and_are_in_a_table(run, rows, monkeypatch, most, steps, words):
    monkeypatch.setattr(curves, "_MOST_POINTS", most)
    _, figures = curves.course_of(run, loss="cross-entropy")
    losses = chart(figures, "Loss of single steps")
    drawn = [row for row in rows if row["kind"] == "step" and (row["step"] - 10) % steps == 0]

    assert losses.unit == f"cross-entropy, {words}"
    assert losses.curves[0].x == [row["step"] for row in drawn]
    assert figures[1].table.rows == [[row["step"], row["loss"], row["rate"]] for row in drawn]


def test_all_blocks_are_in_the_table_and_how_many_are_drawn_is_said(run, rows, monkeypatch):
    monkeypatch.setattr(curves, "_MOST_BLOCKS", 2)
    _, figures = curves.course_of(run, loss="cross-entropy")
    norms = {row["epoch"]: row["gradient_norm"] for row in rows if row["kind"] == "guard"}
    blocks = list(norms[3])
    labels = [column.label for column in figures[0].table.columns]
    drawn = chart(figures, "Gradient norm")

    assert len(blocks) > len(drawn.curves)
    assert drawn.unit == f"largest of the epoch, by block ({len(drawn.curves)} of {len(blocks)}; all are in the table)"
    for block in blocks:
        at = labels.index(f"Gradient norm, {block}")
        assert [row[at] for row in figures[0].table.rows] == [norms[epoch].get(block) for epoch in range(4)]


def test_where_all_blocks_are_drawn_nothing_is_said_of_it(run):
    _, figures = curves.course_of(run, loss="cross-entropy")

    assert chart(figures, "Gradient norm").unit == "largest of the epoch, by block"
