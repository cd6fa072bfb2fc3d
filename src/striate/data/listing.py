"""`list_data`: what there is to read, before a single file was opened."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from striate.data.dataset import Dataset
from striate.data.folder import PART_NAMES, flat_entries, folder_entries, sub_folders
from striate.data.load import BUILT_IN, KNOWN, load_data
from striate.data.manifest import list_manifest
from striate.data.reading import Entry
from striate.data.sample import SetAside, one_line
from striate.data.table import SUFFIXES
from striate.errors import DataError, Quoted, UnknownNameError
from striate.events import SILENT, Events
from striate.records import Output

# Names by which people mean one part.
_PARTS: Mapping[str, str] = {
    "training": "train", "val": "validation", "valid": "validation", "dev": "validation", "testing": "test",
    "holdout": "test",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Listing:
    """Samples that nobody has decoded yet.

    Attributes:
        entries: One a sample, in a fixed order: by part, class and path, by row of a manifest, or by position.
        output: What the targets mean; None if nobody said.
        set_aside: What is no sample by its name, and rows that cannot be used.
        dataset: Where samples are read that are no files of their own; None for files.
    """

    entries: tuple[Entry, ...]
    output: Output | None
    set_aside: tuple[SetAside, ...]
    dataset: Dataset | None = None

    def __len__(self) -> int:
        return len(self.entries)


def list_data(reference: str | Path | Dataset, *, events: Events = SILENT) -> Listing:
    """Return what a reference names, without decoding anything.

    As `load_data`, but files are only listed, so that a million of them are ready in seconds and a broken one is met when it is
    read. More than there is allowed:

    * a folder of `train`, `test` …, each with class folders: the parts become the splits;
    * a folder of files without class folders: no targets;
    * a manifest with a column `path` and none of answers: no targets; with a column `split`: the splits.

    Raises:
        UnknownNameError: Neither a built-in name nor a path that exists.
        DataError: Nothing usable there.

    Example:
        >>> found = list_data("digits")
        >>> len(found), found.entries[17].place
        (5000, 'digits/17')
    """
    if isinstance(reference, Dataset):
        return _of_dataset(reference)
    text = os.fspath(reference)
    if isinstance(reference, str) and reference in BUILT_IN:
        return _of_dataset(load_data(reference, events=events))
    path = Path(text)
    if not text or not os.path.exists(text):  # noqa: PTH110 - never raises, whatever the text
        raise UnknownNameError("a data reference must be a known name or an existing path", got=text[:200], hint=KNOWN)
    where = one_line(text)
    if path.is_dir():
        entries, output, aside = _of_folder(path, where)
    elif path.suffix.lower() in SUFFIXES:
        entries, output, aside = list_manifest(path, where)
    else:
        raise DataError("a data file must be a manifest", got=text, hint=KNOWN)
    if not entries:
        raise DataError("a data set must hold at least one file of a sample", got=Quoted("none"), where=where)
    _check_places(entries, where)
    return Listing(entries=tuple(entries), output=output, set_aside=tuple(aside))


def _of_dataset(dataset: Dataset) -> Listing:
    return Listing(
        entries=tuple(
            Entry(path=Path(), place=sample.place, target=sample.target, group=sample.group)
            for sample in dataset.samples
        ),
        output=dataset.output,
        set_aside=dataset.set_aside,
        dataset=dataset,
    )


def _of_folder(root: Path, where: str) -> tuple[list[Entry], Output | None, list[SetAside]]:
    folders = sub_folders(root)
    if not folders:
        entries, aside = flat_entries(root)
        return entries, None, aside
    if {name.lower() for name in folders} <= PART_NAMES:
        return _of_parts(root, folders, where)
    entries, names, aside = folder_entries(root, where)
    return entries, Output(kind="classes", names=names), aside


def _of_parts(root: Path, folders: Sequence[str], where: str) -> tuple[list[Entry], Output | None, list[SetAside]]:
    found = []
    aside = [
        SetAside(place=one_line(name), reason="lies beside the parts, not in one")
        for name in sorted(os.listdir(root))  # noqa: PTH208 - names
        if name not in folders and not name.startswith(".")
    ]
    names: dict[str, None] = {}
    for part in folders:
        entries, output, others = _of_folder(root / part, f"{where}/{part}")
        split = _PARTS.get(part.lower(), part.lower())
        classes = output.names if output else ()
        names.update(dict.fromkeys(classes))
        known = list(names)
        aside += [replace(row, place=f"{part}/{row.place}") for row in others]
        found += [
            replace(
                entry,
                place=f"{part}/{entry.place}",
                split=split,
                target=known.index(classes[entry.target]) if isinstance(entry.target, int) else None,
            )
            for entry in entries
        ]
    return found, Output(kind="classes", names=tuple(names)) if names else None, aside


def _check_places(entries: Sequence[Entry], where: str) -> None:
    """Refuse a place that comes twice: a row of the store belongs to one place."""
    seen: set[str] = set()
    for entry in entries:
        if entry.place in seen:
            raise DataError("a manifest must name every file once", got=entry.place, where=where)
        seen.add(entry.place)
