"""A changed study that begins with what another one already knows."""

from __future__ import annotations

import shutil
from pathlib import Path

from striate import fingerprint
from striate.data import Dataset
from striate.errors import Quoted, StorageError
from striate.study.folder import TRAININGS, begin_study, open_study
from striate.study.plan import Study
from striate.study.running import prepared
from striate.study.timing import write_timed
from striate.study.training import RESULT


def fork_study(study: Study, before: Path | str, folder: Path | str, *, dataset: Dataset | None = None) -> int:
    """Begin a study with every training of another one's folder that is the same here; return how many that are.

    A training is the same if its network, data, recipe and seed are: by content, whatever the levels are called.

    Args:
        study: The changed study.
        before: Folder of the one it comes from, which stays as it is.
        folder: New, or this study's.
        dataset: The data, if they are loaded already.

    Raises:
        InputError: No study there, or something else in the new folder.
        StorageError: The disk refused.
    """
    open_study(before)
    # Networks that were solved for measured time stay what they were.
    ready = prepared(study, dataset, before)
    folder, taken = begin_study(study, folder, data_key=ready.data_key), 0
    if ready.timed:
        write_timed(folder, ready.timed)
    for work in ready.all_works():
        name = fingerprint.short(work.key)
        source, target = Path(before) / TRAININGS / name, folder / TRAININGS / name
        if (source / RESULT).is_file() and not target.exists():
            _copy(source, target)
            taken += 1
    return taken


def _copy(source: Path, target: Path) -> None:
    """Copy a training so that nobody ever sees half of one."""
    part = target.with_name(f".{target.name}.part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(source, part)
        part.rename(target)
    except OSError as cause:
        shutil.rmtree(part, ignore_errors=True)
        raise StorageError(
            "the disk must take what is written",
            got=Quoted(cause.strerror or str(cause)[:160]),
            where=str(target),
            hint="Make room, and fork again: what was copied is kept.",
        ) from cause
