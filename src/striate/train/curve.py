"""A training read back from its run folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from striate import fingerprint, schema
from striate.data import Dataset, ReadAs, Split, load_data
from striate.errors import DataError, InputError
from striate.records.care import Gap, GuardRow
from striate.records.training import EpochRow, Recipe, TrainingCurve
from striate.runs import Run, write_json
from striate.train.fewer import fewer
from striate.train.journal import LOG, METRICS
from striate.train.score import SCORE_NAMES

COMMAND = "train"
SEEN = "seen.json"


def read_curve(run: Run) -> TrainingCurve:
    """Return the curve of a run folder, also of one that is not finished.

    Its first row is epoch 0, measured before the first step; its `train_loss` is taken in eval mode
    on as many training images as there are validation images, its rate is 0.

    Raises:
        InputError: The run is no training.
        SchemaError: Its rows do not read.

    Example:
        >>> curve = read_curve(Run.read("runs/a"))        # doctest: +SKIP
        >>> [(row.epoch, row.score) for row in curve.epochs]   # doctest: +SKIP
        [(0, 0.08), (1, 0.936), (2, 0.958)]
    """
    _check(run)
    inputs, settings = run.document.inputs, run.document.settings
    rows = {kind: _of_kind(run, kind) for kind in ("epoch", "guard", "end")}
    end = rows["end"][-1] if rows["end"] else {}
    return TrainingCurve(
        recipe=Recipe.from_document(settings["recipe"]),
        epochs=tuple(EpochRow(**row) for row in rows["epoch"]),
        score_name=SCORE_NAMES[inputs["data"]["output"]],
        train_count=inputs["split"]["train_count"],
        validation_count=inputs["split"]["validation_count"],
        events=tuple((line["epoch"], line["event"]) for line in run.rows(LOG) if line["event"]),
        kept_epoch=end.get("kept_epoch"),
        gap=Gap(**end["gap"] | {"interval": tuple(end["gap"]["interval"])}) if end else None,
        guard=tuple(
            GuardRow(**row | {name: tuple(row[name]) for name in ("readout_fall", "own_fall")}) for row in rows["guard"]
        ),
    )


def read_split(run: Run, dataset: Dataset | None = None) -> tuple[Dataset, Split]:
    """Return the data of a training and its division, so that what was held out is held out still.

    Args:
        run: A training.
        dataset: The data, if it is loaded already or was given as arrays; otherwise the recorded
            reference is loaded.

    Raises:
        InputError: The run is no training.
        DataError: The data are not those that were trained on, or their groups are others.
    """
    _check(run)
    recorded: Mapping[str, Any] = run.document.inputs["data"]
    if dataset is None:
        if recorded["reference"] == "arrays":
            raise DataError(
                "data given as arrays must be given again",
                got="none",
                where=str(run.folder),
                hint="Pass the dataset.",
            )
        dataset = load_data(recorded["reference"], read_as=ReadAs.from_document(recorded.get("read_as", {})))
    if dataset.fingerprint != recorded["fingerprint"]:
        raise DataError(
            "data must be those the network was trained on",
            got=f"{dataset.reference} with {len(dataset)} samples and other ids or targets",
            where=str(run.folder),
            hint="What was held out may be trained on here; restore the files, or train again.",
        )
    shares = run.document.inputs["split"]
    split = dataset.split(seed=shares["seed"], validation=shares["validation"], test=shares["test"])
    split = fewer(dataset, split, run.document.settings["recipe"].get("images", 0))
    if shares.get("key", "") not in {"", split_key(dataset, split)}:
        raise DataError(
            "data must be divided as they were for the training",
            got=f"{dataset.reference} with other groups",
            where=str(run.folder),
            hint="What was held out may be trained on here; give the groups it was trained with, or train again.",
        )
    return dataset, split


def split_key(dataset: Dataset, split: Split) -> str:
    """Return a key of which samples are in which part: groups decide that too, and no data fingerprint knows them."""
    parts = (split.train, split.validation, split.test)
    return fingerprint.of_json([[dataset.samples[index].id for index in part] for part in parts])


def read_seen(run: Run) -> frozenset[str]:
    """Return the content keys of the samples a training learned from or was watched on."""
    path = run.folder / SEEN
    return frozenset(json.loads(path.read_text())["contents"]) if path.is_file() else frozenset()


def write_seen(run: Run, dataset: Dataset, split: Split) -> None:
    """Write the content keys of the samples a training learns from or is watched on, for `read_seen`."""
    contents = sorted({dataset.samples[index].content for index in (*split.train, *split.validation)})
    write_json(run.folder / SEEN, {"schema": schema.stamp("seen", 1), "contents": contents})


def _of_kind(run: Run, kind: str) -> list[dict[str, Any]]:
    """Return the rows of one kind, as the fields of their record."""
    return [
        {key: value for key, value in row.items() if key not in {"kind", "step"}}
        for row in run.rows(METRICS)
        if row["kind"] == kind
    ]


def _check(run: Run) -> None:
    if run.document.command != COMMAND:
        raise InputError("a run must be a training", got=run.document.command, where=str(run.folder))
