"""What must not be divided is grouped before anything is divided: near-duplicates by the network's own features, and folders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import Tensor

from striate import schema
from striate.data import Dataset, folder_labels, with_groups
from striate.errors import DataError, Quoted
from striate.features.leaks import find_leaks
from striate.features.near_duplicates import feature_rows, likeness_of, likeness_words
from striate.nets.cuts import END
from striate.records.leaks import Leaks
from striate.records.plain import from_plain, to_plain
from striate.runs import Run
from striate.transfer.kept import read_json
from striate.transfer.preparing import Parts, divide
from striate.transfer.storing import read_features

LEAKS = "leaks.json"
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Data that are divided honestly.

    Attributes:
        dataset: With its groups.
        parts: How its samples are used.
        leaks: What of the test part is as good as seen all the same; None without a test part.
        told: What a reader should know.
    """

    dataset: Dataset
    parts: Parts
    leaks: Leaks | None
    told: tuple[str, ...]


def divide_apart(dataset: Dataset, rows: Tensor, *, by_folder: bool, folds: int) -> Apart:
    """Return the data with near-duplicates (and folders) grouped, and how its samples are used.

    Args:
        dataset: With the groups it has.
        rows: Pooled features (n, f) of all samples, in their order.
        by_folder: Whether images of one sub-folder belong together.
        folds: At most so many.

    Raises:
        DataError: What is left cannot be divided; it names the class.
    """
    found = likeness_of(dataset, feature_rows(rows.numpy()), "pooled features at the end of the network")
    labelings = {"folder": folder_labels(dataset)} if by_folder else {}
    grouped = with_groups(dataset, labelings | {"like": found.labels(dataset)})
    words = []
    try:
        parts = divide(grouped, folds=folds)
    except DataError as error:
        # Features that fold a class together make one group of it.
        grouped = with_groups(dataset, labelings)
        parts = divide(grouped, folds=folds)
        words.append(
            f"Near-duplicates were not kept together, or nothing could be held out: {error.rule}; got {error.got}."
        )
    if any(sample.group is not None for sample in grouped.samples):
        words.append("Intervals take samples as independent; where groups are large, the truth may lie further out.")
    leaks = find_leaks(grouped, parts.split, found, _sources(dataset)) if parts.split.test else None
    return Apart(dataset=grouped, parts=parts, leaks=leaks, told=(likeness_words(found, dataset), *words, *parts.told))


def divided_as(run: Run, dataset: Dataset) -> Apart:
    """Return data divided as an adaptation divided them: by the features it stored.

    Args:
        run: The adaptation.
        dataset: The same data.

    Raises:
        DataError: Other data than were adapted to, or without their features.
    """
    recorded, settings = run.document.inputs["data"], run.document.settings
    features = read_features(run)
    if dataset.fingerprint != recorded["fingerprint"] or features is None:
        raise DataError(
            "data must be those the network was adapted to",
            got=Quoted(
                f"{dataset.reference} with {len(dataset)} samples and other ids or targets"
                if features
                else "no features"
            ),
            where=str(run.folder),
            hint="What was held out may be learned from here; restore the files, or adapt again.",
        )
    return divide_apart(dataset, features.rows[END], by_folder=settings["by_folder"], folds=settings["folds"])


def read_leaks(run: Run) -> Leaks | None:
    """Return what of the test part is as good as seen; None if there was none, or it was not looked for."""
    path = run.folder / LEAKS
    if not path.is_file():
        return None
    document = schema.accept(read_json(path), "leaks", SCHEMA_VERSION, where=str(path))
    found = document["leaks"]
    return None if found is None else from_plain(Leaks, found, where=str(path))


def leaks_document(leaks: Leaks | None) -> dict[str, Any]:
    """Return what leaks as plain values."""
    return {"schema": schema.stamp("leaks", SCHEMA_VERSION), "leaks": None if leaks is None else to_plain(leaks)}


def _sources(dataset: Dataset) -> list[str | None]:
    """Return where each sample comes from, by what the data say themselves: its group, else its folder."""
    return [sample.group or folder for sample, folder in zip(dataset.samples, folder_labels(dataset), strict=True)]
