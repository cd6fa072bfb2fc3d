"""Where trainings of the watched network lie: the opened run, and folders beside it whose names begin with its own."""

from __future__ import annotations

from pathlib import Path

from striate.errors import InputError, PlaceError, Quoted
from striate.studio.subject import Subject

MOST = 64


def home_of(subject: Subject) -> Path | None:
    """Return the folder in which trainings of a subject lie: that of its run or blueprint; None for one from elsewhere."""
    place = _place(subject)
    return None if place is None else place.parent


def stem_of(subject: Subject) -> str:
    """Return what the name of every training's folder begins with; empty for a network from elsewhere."""
    place = _place(subject)
    return "" if place is None else place.stem if place.is_file() else place.name


def trainings_of(subject: Subject) -> list[Path]:
    """Return the folders of trainings: the opened run, then those beside it, by name.

    Only folders whose names begin with the opened one's are looked into, and none that a link leads to.
    """
    home, stem = home_of(subject), stem_of(subject)
    opened = [] if subject.folder is None or not (subject.folder / "run.json").is_file() else [subject.folder]
    if home is None:
        return opened
    try:
        beside = sorted(path for path in home.iterdir() if path.name.startswith(f"{stem}-") and _is_run(path))
    except OSError:
        beside = []
    return opened + beside[:MOST]


def new_folder(subject: Subject, name: str) -> Path:
    """Make the folder of a new training, beside the opened run, and return it.

    Args:
        subject: What is watched.
        name: What it is called: letters, digits and . _ -.

    Raises:
        InputError: There is no place beside it; something of that name is there.
        PlaceError: Nothing can be written there.
    """
    home = home_of(subject)
    if home is None:
        raise InputError(
            "a training must lie beside the opened run or blueprint",
            got=Quoted("a network from elsewhere"),
            hint="Open the studio on a run's folder or a blueprint's file.",
        )
    folder = home / f"{stem_of(subject)}-{name}"
    try:
        folder.mkdir()
    except FileExistsError:
        raise InputError(
            "a training must get a folder that does not exist yet", got=folder.name, hint="Call it something else."
        ) from None
    except OSError as error:
        raise PlaceError(
            "the disk must take what is written", got=error.strerror or str(error), where=str(folder)
        ) from error
    return folder


def _is_run(path: Path) -> bool:
    return not path.is_symlink() and (path / "run.json").is_file()


def _place(subject: Subject) -> Path | None:
    if subject.folder is not None:
        return subject.folder.absolute()
    named = Path(subject.name) if subject.name and "\n" not in subject.name else None
    try:
        return named.absolute() if named is not None and named.is_file() else None
    except OSError:
        return None
