"""The folder of a study: its file as it was begun, and the trainings beside it.

study/
    study.yaml                  what was asked
    data.json                   the fingerprint of the data it began with
    trainings/<key>/result.json what came of one training, by its content key
    trainings/<key>/run/        the training's own run folder
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from striate import schema
from striate.errors import InputError, Quoted
from striate.runs import write_json, write_text
from striate.study.file import read_study, study_from, study_text
from striate.study.plan import Study

FILE = "study.yaml"
DATA = "data.json"
TRAININGS = "trainings"
# What may change while all that was done stays part of the study.
_FREE = {"question", "published", "without", "schema"}


def begin_study(study: Study, folder: Path | str, *, data_key: str) -> Path:
    """Make the folder of a study, or go on in it: with the same study, more seeds or more levels, on the same data.

    Args:
        study: The study.
        folder: New, empty, or this study's.
        data_key: Fingerprint of its data, kept with a study that is new; one that was begun without it goes on without.

    Raises:
        InputError: The folder holds something else, a study that differs (the difference is told), or one of other data.
        StorageError: The disk refused.
    """
    folder = Path(folder)
    # What the file could not be read back from is refused before it is written.
    study_from(study_text(study))
    if (folder / FILE).is_file():
        before = read_study(folder / FILE)
        if found := differences(before, study):
            raise InputError(
                "a study must stay as it began, but for more seeds and levels",
                got=Quoted("; ".join(found)),
                where=str(folder),
                hint=f"Undo that, or fork it: --fork {folder} --out NEW keeps what is still true.",
            )
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            "--out must be a new, an empty or a study's folder", got=str(folder), hint="Choose another --out."
        )
    _check_data(study, folder, data_key)
    write_text(folder / FILE, study_text(study))
    # What was trained before this was kept may have been trained on any data.
    if not (folder / DATA).is_file() and not (folder / TRAININGS).exists():
        write_json(folder / DATA, {"schema": schema.stamp("study-data", 1), "fingerprint": data_key})
    return folder


def _check_data(study: Study, folder: Path, data_key: str) -> None:
    """Refuse data that are not those of the folder: all would be trained anew without a word."""
    path = folder / DATA
    if not path.is_file():
        return
    document = schema.accept(json.loads(path.read_text(encoding="utf-8")), "study-data", 1, where=str(path))
    if document["fingerprint"] != data_key:
        raise InputError(
            "data must be those the study began with",
            got=Quoted(f"others under {study.data}"),
            where=str(folder),
            hint="Put them back as they were, or begin another study of these: another --out.",
        )


def open_study(folder: Path | str) -> Study:
    """Return the study of a folder.

    Raises:
        InputError: There is none.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        raise InputError(f"a study's folder must hold {FILE}", got=str(folder))
    return read_study(path)


def differences(before: Study, after: Study) -> list[str]:
    """Return what a study no longer is, in words; nothing if all that was done is still part of it.

    Example:
        >>> from dataclasses import replace
        >>> from striate.study.file import study_from
        >>> text = "{schema: striate/study/1, question: Q, data: d, network: input 1x8x8; conv $k 2; classes 2, "
        >>> study = study_from(text + "factors: {k: [1, 3]}}")
        >>> differences(study, replace(study, seeds=2)), differences(study, replace(study, seeds=9))
        (['seeds 3 → 2'], [])
    """
    old, new = before.document(), after.document()
    found = [f"{key} {old.get(key)} → {new.get(key)}" for key in {**old, **new} if _is_other(key, old, new)]
    if after.seeds < before.seeds:
        found.append(f"seeds {before.seeds} → {after.seeds}")
    return found + _levels_lost(old["factors"], new["factors"])


def _is_other(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return key not in {*_FREE, "seeds", "factors"} and old.get(key) != new.get(key)


def _levels_lost(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    if list(old) != list(new):
        return [f"factors {', '.join(old)} → {', '.join(new)}"]
    return [
        f"level {level} of {name}: {value} → {new[name].get(level, 'none')}"
        for name, levels in old.items()
        for level, value in levels.items()
        if new[name].get(level) != value
    ]
