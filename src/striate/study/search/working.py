"""One trial, wherever it is worked on: a training that ends early if it is behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from striate.data.halving import NoRoomError
from striate.errors import BlueprintError, Cancelled, ShapeError
from striate.events import Events
from striate.runs import Run
from striate.study.search.asking import answering
from striate.study.training import train_work

# What torch says of normalisation over a single value: the one trouble of a design that shows only when it is trained.
_TORCH_REFUSES = "Expected more than 1 value per channel"


class Pruning(Events):
    """Tells a trial's score after each epoch, and stops the training when the pruner says so.

    Args:
        trial: Optuna's.
        run: Folder of the training.
    """

    def __init__(self, trial: Any, run: Path) -> None:  # noqa: ANN401 - Optuna's trial
        self._trial, self._run, self._told = trial, run, 0
        self.is_pruned = False

    def log(self, message: str) -> None:  # noqa: ARG002 - whichever line it is
        """Hear a line; at the end of an epoch there is one, and a new row."""
        rows = [row for row in Run.read(self._run).rows("metrics.jsonl") if row["kind"] == "epoch" and row["epoch"] > 0]
        for row in rows:
            if row["epoch"] > self._told:
                self._told = row["epoch"]
                self._trial.report(row["score"], row["epoch"])
        self.is_pruned = self.is_pruned or (self._told > 0 and bool(self._trial.should_prune()))

    def is_cancelled(self) -> bool:
        """Return whether it was stopped."""
        return self.is_pruned


def try_design(*, work: dict[str, Any], storage: str, name: str, trial: int) -> dict[str, Any]:
    """Return what came of a design's training; {"pruned": True} if it was stopped early, its reason if it cannot be trained.

    What the design is not to blame for (a full disk, data that changed) is raised.

    Args:
        work: What `train_work` takes.
        storage: Address of the database to tell scores to; "" to train to the end.
        name: Of the search in it.
        trial: Id of the trial.

    Raises:
        RunError: The database does not answer.
        InputError: Data that changed since the search began.
        StorageError: The disk refused.
        Cancelled: Asked to stop, not by the pruner.
    """
    try:
        if not storage:
            return train_work(**work)
        with answering(storage):
            return _pruned(work, storage, name, trial)
    except (ShapeError, BlueprintError, NoRoomError) as error:
        return {"failed": str(error)}
    except ValueError as error:
        if str(error).startswith(_TORCH_REFUSES):
            return {"failed": str(error)}
        raise


def _pruned(work: dict[str, Any], storage: str, name: str, trial: int) -> dict[str, Any]:
    """Train a design until its end, or until the pruner stops it."""
    import optuna

    study = optuna.load_study(
        study_name=name, storage=storage, pruner=optuna.pruners.MedianPruner(n_startup_trials=8, n_warmup_steps=2)
    )
    watching = Pruning(optuna.trial.Trial(study, trial), Path(work["folder"]) / "run")
    try:
        return train_work(**work, events=watching)
    except Cancelled:
        if not watching.is_pruned:
            raise
        return {"pruned": True, "failed": ""}
