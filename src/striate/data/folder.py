"""A folder with one sub-folder per class."""

from __future__ import annotations

import os
from pathlib import Path

from striate.data.dataset import Dataset, check_classes
from striate.data.files import SUFFIXES, suffix_of
from striate.data.read_as import ReadAs
from striate.data.reading import Entry, read_entries
from striate.data.sample import SetAside, one_line
from striate.errors import DataError, Quoted
from striate.events import Events
from striate.records import Output

PART_NAMES = frozenset({"train", "training", "val", "valid", "validation", "dev", "test", "testing", "holdout"})


def load_folder(root: Path, *, reference: str, events: Events, read_as: ReadAs) -> Dataset:
    """Return the data set of a folder of class folders.

    A class is named as its folder is. Samples at any depth below a class folder belong to it. Names
    that begin with a full stop are passed over; everything else that is not a sample is set aside.
    Links are followed, but no folder is entered twice: that ends loops.

    Raises:
        DataError: Not at least two class folders; a class without a readable sample; parts in place
            of classes.
    """
    where = one_line(reference)
    entries, folders, aside = folder_entries(root, where)
    targets = [target for entry in entries if isinstance(target := entry.target, int)]
    output = Output(kind="classes", names=folders)
    check_classes(targets, output.names, where=where, aside=aside)
    return read_entries(
        entries,
        name=_shown(root.absolute().name) or "folder",
        reference=reference,
        output=output,
        set_aside=aside,
        events=events,
        read_as=read_as,
    )


def folder_entries(root: Path, where: str) -> tuple[list[Entry], tuple[str, ...], list[SetAside]]:
    """Return the files below class folders, the classes, and what is no sample by its name; see `load_folder`.

    Raises:
        DataError: No class folder; parts in place of classes; a folder that cannot be read.
    """
    aside: list[SetAside] = []
    try:
        names = _names(root)
    except OSError as error:
        raise _unreadable(error, where) from None
    folders = class_order([name for name in names if _is_folder(root / name)])
    aside.extend(
        SetAside(place=_shown(name), reason="lies beside the class folders, not in one")
        for name in sorted(set(names).difference(folders))
    )
    _check_names(folders, where)
    entered = {_identity(root): "the data's own folder"}
    entries = [
        Entry(path=root / file, place=_shown(file), target=target)
        for target, folder in enumerate(folders)
        for file in sorted(_walk(root, folder, entered, aside))
        if _looks_like_sample(file, aside)
    ]
    return entries, tuple(folders), aside


def flat_entries(root: Path) -> tuple[list[Entry], list[SetAside]]:
    """Return every file below a folder that is a sample by its name, without targets; what is none is told."""
    aside: list[SetAside] = []
    files = [file.removeprefix("./") for file in sorted(_walk(root, ".", {}, aside))]
    return [
        Entry(path=root / file, place=_shown(file), target=None) for file in files if _looks_like_sample(file, aside)
    ], aside


def sub_folders(root: Path) -> list[str]:
    """Return the names of the folders in a folder, in order.

    Raises:
        DataError: It cannot be read.
    """
    try:
        return class_order([name for name in _names(root) if _is_folder(root / name)])
    except OSError as error:
        raise _unreadable(error, one_line(str(root))) from None


def _unreadable(error: OSError, where: str) -> DataError:
    return DataError("the folder must be readable", got=Quoted(error.strerror or type(error).__name__), where=where)


def class_order(names: list[str]) -> list[str]:
    """Return class names in order: by number if all are whole numbers, otherwise by code point.

    Example:
        >>> class_order(["10", "9"]), class_order(["b", "a", "B"])
        (['9', '10'], ['B', 'a', 'b'])
    """
    if all(name.isascii() and name.isdigit() for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)


def _check_names(folders: list[str], where: str) -> None:
    if not folders:
        raise DataError("a folder must hold one sub-folder per class", got=Quoted("none"), where=where)
    for name in folders:
        if _shown(name) != name:
            raise DataError("a class folder's name must be UTF-8", got=_shown(name), where=where)
    if {name.lower() for name in folders} <= PART_NAMES:
        raise DataError(
            "sub-folders must be classes, not parts of the data",
            got=Quoted(", ".join(map(repr, folders))),
            where=where,
            hint="Give one of them, or a manifest of all; Striate makes the parts itself.",
        )


def _names(folder: Path) -> list[str]:
    """Return the names in a folder that are not hidden, in no particular order."""
    return [name for name in os.listdir(folder) if not name.startswith(".")]  # noqa: PTH208 - names


def _walk(root: Path, below: str, entered: dict[tuple[int, int], str], aside: list[SetAside]) -> list[str]:
    """Return the files below a folder, as paths relative to the root."""
    files: list[str] = []
    waiting = [below]
    while waiting:
        folder = waiting.pop()
        try:
            here = _identity(root / folder)
            if here in entered:
                reason = f"a link to a folder that is read already: {entered[here]}"
                aside.append(SetAside(place=_shown(folder), reason=reason))
                continue
            names = sorted(_names(root / folder))
        except OSError as error:
            reason = f"cannot be opened ({error.strerror})"
            aside.append(SetAside(place=_shown(folder), reason=reason))
            continue
        entered[here] = _shown(folder)
        for name in names:
            path = f"{folder}/{name}"
            (waiting if _is_folder(root / path) else files).append(path)
    return files


def _identity(folder: Path) -> tuple[int, int]:
    status = folder.stat()
    return (status.st_dev, status.st_ino)


def _is_folder(path: Path) -> bool:
    return os.path.isdir(path)  # noqa: PTH112 - never raises, whatever the disk says


def _looks_like_sample(file: str, aside: list[SetAside]) -> bool:
    suffix = suffix_of(file)
    if suffix in SUFFIXES:
        return True
    reason = f"not a sample by its name ({_shown(suffix)})" if suffix else "not a sample by its name"
    aside.append(SetAside(place=_shown(file), reason=reason))
    return False


def _shown(name: str) -> str:
    """Return a file name as text; bytes that are no UTF-8 become escapes."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
