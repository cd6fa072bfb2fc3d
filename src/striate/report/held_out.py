"""Which samples of some data a network has not seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from striate.data import Dataset, Split
from striate.errors import DataError, Quoted
from striate.records import TrainingCurve
from striate.runs import Run
from striate.train import read_curve, read_seen, read_split
from striate.transfer.adapting import COMMAND as ADAPTING
from striate.transfer.adapting import training_curve
from striate.transfer.apart import divided_as


def run_of(network: object) -> Run | None:
    """Return the run a network was named by; None for any other network."""
    if isinstance(network, str | Path) and (Path(network) / "run.json").is_file():
        return Run.read(network)
    return None


def training_of(run: Run | None, dataset: Dataset) -> tuple[TrainingCurve | None, Split]:
    """Return the curve of a run and its own split, or a new split."""
    if run is None:
        return None, dataset.split()
    if run.document.command == ADAPTING:
        return training_curve(run), divided_as(run, dataset).parts.split
    curve = read_curve(run)
    if dataset.fingerprint == run.document.inputs["data"]["fingerprint"]:
        return curve, read_split(run, dataset)[1]
    # Other data: whatever the network has seen in training is no test of it.
    split, seen = dataset.split(), read_seen(run)
    unseen = tuple(index for index in split.test if dataset.samples[index].content not in seen)
    if not unseen:
        raise DataError(
            "held-out samples must not have been trained on",
            got=Quoted(f"all {len(split.test)} were"),
            where=str(run.folder),
            hint="Give the data it was trained on, as they were then, or new ones.",
        )
    return curve, replace(split, test=unseen)
