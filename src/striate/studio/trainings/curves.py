"""A training's curves from its journal, while it goes on too."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from striate.numbers import measure, percent, plural
from striate.page.wire import Cell, Chart, Charts, Column, Curve, Table
from striate.records.training import TrainingCurve
from striate.report.sections.training import training_figure
from striate.runs import Run
from striate.studio.training_wire import TrainingRow
from striate.train import read_curve
from striate.train.journal import LOG, METRICS

# Of a long training every so-many-th point: a chart has no more pixels.
_MOST_POINTS = 400
_MOST_BLOCKS = 6


def course_of(folder: Path, *, loss: str) -> tuple[TrainingCurve, tuple[Charts, ...]]:
    """Return how a training went so far, with its curves.

    By epoch loss, score, active shares, and gradient norms if it has them; by step loss and rate.

    Args:
        folder: Its run.
        loss: Name of the loss.

    Returns:
        The measurements, and figures of them; no figure before the first measurement.
    """
    written = tuple(_written(folder / name) for name in (METRICS, LOG))
    return _read(folder, loss, written)


def recipe_words(curve: TrainingCurve) -> str:
    """Return what was trained on, and by which recipe."""
    recipe = curve.recipe
    return (
        f"{curve.train_count} training and {plural(curve.validation_count, 'validation sample')}; {recipe.optimizer}, rate up to "
        f"{measure(recipe.rate)} ({recipe.schedule}), {plural(recipe.epochs, 'epoch')}, batch {recipe.batch}, weight decay "
        f"{measure(recipe.weight_decay)}, shifts up to {recipe.shift_px} px, {recipe.init} start, seed {recipe.seed}."
    )


def verdict_words(curve: TrainingCurve, row: TrainingRow) -> str:
    """Return how far a training came, with its score on the validation samples."""
    if not curve.epochs:
        return f"{row.name} has measured nothing yet."
    last = curve.kept if row.state == "done" else curve.epochs[-1]
    score = measure(last.score) if curve.score_name == "R²" else percent(last.score)
    reached = f"{curve.score_name} {score}"
    if row.state == "done":
        return f"{row.name} was trained for {plural(curve.epochs[-1].epoch, 'epoch')} and reached {reached}."
    after = f"after {last.epoch} of {plural(curve.recipe.epochs, 'epoch')}"
    if row.state in {"waiting", "running", "elsewhere"}:
        return f"{row.name} is being trained: {reached} {after}."
    return f"{row.name} is not trained to its end: {reached} {after}."


def _written(path: Path) -> tuple[int, int]:
    """Return what tells that a file was written to."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


# A training that goes on is asked about every second, by every window.
@lru_cache(maxsize=8)
def _read(folder: Path, loss: str, _written: tuple[tuple[int, int], ...]) -> tuple[TrainingCurve, tuple[Charts, ...]]:
    run = Run.read(folder)
    curve, rows = read_curve(run), run.rows(METRICS)
    if not curve.epochs:
        return curve, ()
    found = training_figure(curve, loss=loss)
    table = None if found.table is None else _with_gradients(found.table, curve)
    by_epoch = Charts(charts=[*found.charts, *_gradients(curve)], table=table)
    steps = [row for row in rows if row["kind"] == "step"]
    return curve, ((by_epoch, _by_step(steps, loss)) if steps else (by_epoch,))


def _by_step(steps: list[dict[str, Any]], loss: str) -> Charts:
    some = steps[:: -(-len(steps) // _MOST_POINTS)]
    at = [float(row["step"]) for row in some]
    charts = [
        Chart(
            title="Loss of single steps",
            unit=f"{loss}{_spacing(at)}",
            x_label="step",
            low=0.0,
            curves=[Curve(label="", x=at, y=[row["loss"] for row in some])],
        ),
        Chart(
            title="Learning rate",
            unit="step size of the optimiser",
            x_label="step",
            low=0.0,
            curves=[Curve(label="", x=at, y=[row["rate"] for row in some])],
        ),
    ]
    columns = [Column(label="Step"), Column(label="Loss", decimals=4), Column(label="Rate", decimals=6)]
    cells: list[list[Cell]] = [[row["step"], row["loss"], row["rate"]] for row in some]
    return Charts(charts=charts, table=Table(columns=columns, rows=cells, caption="Single steps"))


def _spacing(at: list[float]) -> str:
    """Return which steps are drawn, as an ending of what is drawn; empty for a single one, or for all."""
    # The first row may stand elsewhere, and a training that went back repeats steps: most gaps are the same.
    gaps = sorted(after - before for before, after in pairwise(at))
    gap = gaps[len(gaps) // 2] if gaps else 1.0
    return f", one step in {gap:g}" if gap > 1 else ""


def _gradients(curve: TrainingCurve) -> list[Chart]:
    """Return the largest gradient norm of each epoch by block, which a guard measures."""
    blocks = list(curve.guard[-1].gradient_norm) if curve.guard else []
    if not blocks:
        return []
    at = [float(row.epoch) for row in curve.guard]
    step = -(-len(blocks) // _MOST_BLOCKS)
    drawn = blocks[::step]
    some = "" if step == 1 else f" ({len(drawn)} of {len(blocks)}; all are in the table)"
    return [
        Chart(
            title="Gradient norm",
            unit=f"largest of the epoch, by block{some}",
            x_label="epoch",
            low=0.0,
            curves=[
                Curve(label=block, x=at, y=[row.gradient_norm.get(block) for row in curve.guard]) for block in drawn
            ],
        )
    ]


def _with_gradients(table: Table, curve: TrainingCurve) -> Table:
    """Return the table by epoch with the gradient norms of every block, drawn or not."""
    blocks = list(curve.guard[-1].gradient_norm) if curve.guard else []
    norms = {row.epoch: row.gradient_norm for row in curve.guard}
    columns = [*table.columns, *(Column(label=f"Gradient norm, {block}", decimals=4) for block in blocks)]
    rows = [
        [*cells, *(norms.get(row.epoch, {}).get(block) for block in blocks)]
        for cells, row in zip(table.rows, curve.epochs, strict=True)
    ]
    return table.model_copy(update={"columns": columns, "rows": rows})
