"""A data set's split with and without what belongs together, side by side."""

from __future__ import annotations

import csv
import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from striate.data import Dataset, Folds, Split, folder_labels, with_groups
from striate.data.grouping import group_words
from striate.data.splits import part_counts
from striate.errors import InputError
from striate.events import SILENT, Events
from striate.features.leaks import find_leaks
from striate.features.near_duplicates import Likeness, likeness, likeness_words
from striate.lint import LintReport, lint
from striate.nets import Network
from striate.numbers import measure
from striate.records import Evidence, Leaks
from striate.runs import write_bytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SplitStudy:
    """What is known about dividing a data set.

    Attributes:
        dataset: As it came.
        grouped: The same with near-duplicates, and folders if asked, as groups.
        split: Of the data as they came.
        split_grouped: Of the grouped data.
        folds: Of the grouped data; None if none were asked for.
        likeness: Near-duplicates.
        leaks: Of the split of the data as they came.
        leaks_grouped: Of the grouped split.
        judged: What the rules say of `leaks`.
        told: What to know, a sentence each.
    """

    dataset: Dataset
    grouped: Dataset
    split: Split
    split_grouped: Split
    folds: Folds | None
    likeness: Likeness
    leaks: Leaks
    leaks_grouped: Leaks
    judged: LintReport
    told: tuple[str, ...]

    def counts(self, part: tuple[int, ...]) -> list[int]:
        """Return how many samples of a part each class or label holds for; for values their number."""
        return part_counts(self.dataset.samples, self.dataset.output, part)

    def document(self) -> dict[str, Any]:
        """Return everything as plain values."""
        samples = self.dataset.samples
        split = self.split_grouped
        parts = {"training": split.train, "validation": split.validation, "held_out": split.test}
        return {
            "data": self.dataset.name,
            "samples": len(self.dataset),
            "told": list(self.told),
            "limit": {
                "cosine": self.likeness.limit,
                "from": self.likeness.limit_from,
                "features": self.likeness.features,
            },
            "near_duplicates": {
                "pairs": self.likeness.pair_count,
                "differing_targets": self.likeness.differing,
                "alikest": [
                    {"one": samples[one].place, "other": samples[other].place, "cosine": cosine}
                    for one, other, cosine in self.likeness.pairs
                ],
            },
            "leaks": asdict(self.leaks),
            "leaks_grouped": asdict(self.leaks_grouped),
            "split": {name: [samples[index].id for index in part] for name, part in parts.items()},
            "groups": {sample.id: sample.group for sample in self.grouped.samples if sample.group is not None},
            "folds": None
            if self.folds is None
            else {
                "parts": [[samples[index].id for index in part] for part in self.folds.parts],
                "told": list(self.folds.told),
            },
            "set_aside": [asdict(row) for row in self.dataset.set_aside],
            "findings": [finding.row() for finding in self.judged.findings],
        }


def study_splits(  # noqa: PLR0913 - what is compared, and how it is divided
    dataset: Dataset,
    network: Network | None = None,
    *,
    layer: str = "",
    by_folder: bool = False,
    limit: float | None = None,
    folds: int = 0,
    seed: int = 0,
    events: Events = SILENT,
) -> SplitStudy:
    """Return the split as it is, and as it is when near-duplicates (and folders) are never divided.

    Args:
        dataset: The data, with the groups they have.
        network: For the comparison; see `likeness`.
        layer: Of the network.
        by_folder: Whether images of one folder belong together (`folder_labels`).
        limit: A cosine of your own from which two samples are near-duplicates.
        folds: How many folds to make of the grouped data; 0 for none.
        seed: Of splits and folds.
        events: Hears progress; may cancel.

    Raises:
        DataError: The data cannot be divided, or not with these groups.
        InputError: As `likeness`.

    Example:
        >>> from striate.data import load_data
        >>> study_splits(load_data("digits")).judged.findings
        ()
    """
    found = likeness(dataset, network, layer=layer, limit=limit, events=events)
    folders = folder_labels(dataset)
    labelings = ({"folder": folders} if by_folder else {}) | {"like": found.labels(dataset)}
    grouped = with_groups(dataset, labelings)
    split, whole = dataset.split(seed=seed), grouped.split(seed=seed)
    leaks = find_leaks(dataset, split, found)
    made = grouped.folds(folds, seed=seed) if folds else None
    told = (
        *_told(dataset, found),
        *group_words(grouped if by_folder else dataset),
        *(made.told if made is not None else ()),
    )
    return SplitStudy(
        dataset=dataset,
        grouped=grouped,
        split=split,
        split_grouped=whole,
        folds=made,
        likeness=found,
        leaks=leaks,
        leaks_grouped=find_leaks(dataset, whole, found),
        judged=lint(Evidence(leaks=leaks), select=["leak-between-splits"]),
        told=told,
    )


def _told(dataset: Dataset, found: Likeness) -> list[str]:
    words = [likeness_words(found, dataset)]
    if found.differing:
        words.append(f"{found.differing} pairs of near-duplicates have different targets: one of each two is wrong.")
    if dataset.output.kind == "classes":
        sizes = part_counts(dataset.samples, dataset.output, tuple(range(len(dataset))))
        large, small = max(sizes), min(sizes)
        names = dataset.output.names
        words.append(
            f"Every class has {large} samples."
            if large == small
            else f"The largest class has {measure(large / small)} times the samples of the smallest: "
            f"{names[sizes.index(large)]} {large}, {names[sizes.index(small)]} {small}."
        )
    words += [f"Set aside: {row.place}: {row.reason}" for row in dataset.set_aside]
    return words


def check_groups_path(dataset: Dataset, path: Path) -> None:
    """Refuse what `write_groups` cannot write, before anything is measured for it."""
    if not Path(dataset.reference).exists() or path.suffix.lower() != ".csv":
        raise InputError(
            "groups must be written to a .csv file, for data that lie in files", got=str(path), where=dataset.name
        )


def write_groups(dataset: Dataset, path: Path) -> None:
    """Write a CSV manifest of a data set that lies in files, with its groups; paths are absolute.

    Raises:
        InputError: Data that do not lie in files of their own; a name that is no CSV.
        StorageError: The disk refused.
    """
    check_groups_path(dataset, path)
    reference = Path(dataset.reference)
    root = (reference if reference.is_dir() else reference.parent).absolute()
    kind, names = dataset.output.kind, dataset.output.names
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    targets = {"classes": ["label"], "labels": ["labels"], "values": [f"value:{name}" for name in names]}[kind]
    rows.writerow(["path", *targets, "group"])
    for sample in dataset.samples:
        target = sample.target
        if isinstance(target, int):
            cells: list[object] = [names[target]]
        elif kind == "labels":
            cells = [";".join(name for name, flag in zip(names, target, strict=True) if flag)]
        else:
            cells = list(target)
        rows.writerow([root / sample.place, *cells, sample.group or ""])
    write_bytes(path, text.getvalue().encode())
