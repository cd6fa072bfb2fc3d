"""A training's curves from its journal, while it goes on too."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from striate.numbers import measure, percent, plural
from striate.page.wire import Chart, Charts, Curve
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
    by_epoch = Charts(charts=[*found.charts, *_gradients(curve)], table=found.table)
    steps = _by_step(rows, loss)
    return curve, ((by_epoch, Charts(charts=steps)) if steps else (by_epoch,))


def _by_step(rows: list[dict[str, Any]], loss: str) -> list[Chart]:
    steps = [row for row in rows if row["kind"] == "step"]
    if not steps:
        return []
    some = steps[:: -(-len(steps) // _MOST_POINTS)]
    at = [float(row["step"]) for row in some]
    return [
        Chart(
            title="Loss of single steps",
            unit=f"{loss}, every tenth step",
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


def _gradients(curve: TrainingCurve) -> list[Chart]:
    """Return the largest gradient norm of each epoch by block, which a guard measures."""
    blocks = list(curve.guard[-1].gradient_norm) if curve.guard else []
    if not blocks:
        return []
    at = [float(row.epoch) for row in curve.guard]
    step = -(-len(blocks) // _MOST_BLOCKS)
    return [
        Chart(
            title="Gradient norm",
            unit="largest of the epoch, by block",
            x_label="epoch",
            low=0.0,
            curves=[
                Curve(label=block, x=at, y=[row.gradient_norm.get(block) for row in curve.guard])
                for block in blocks[::step]
            ],
        )
    ]
