"""A network with edited filters, written as a new one; the original stays untouched."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from striate.errors import InputError, PlaceError, Quoted
from striate.studio.edit_wire import NetworkSaved
from striate.studio.looks.editing import edit_words, edited_module
from striate.studio.looks.look import Look
from striate.studio.subject import Subject


def save_edited(subject: Subject, look: Look, name: str) -> NetworkSaved:
    """Write the network of a look with its edited filters into a new folder, and return where.

    It lies in the folder `edited` of the studio's network, or of where the studio was started.

    Args:
        subject: The network as it is.
        look: With edits.
        name: Of the new folder: letters, digits, hyphens and underscores.

    Raises:
        InputError: No filter is edited; channels are silenced or scaled, which no weights say; such a folder is there already;
            a module from a session.
        PlaceError: Nothing can be written there.
        StorageError: The disk refused.
    """
    if not look.edits:
        raise InputError("a network must have an edited filter to be saved as a new one", got=Quoted("none"))
    if look.changes:
        raise InputError(
            "channels that are silenced or scaled must be undone before a network is saved",
            got=len(look.changes),
            hint="Weights do not say so. Edit the filter instead: zero, scale.",
        )
    words = edit_words(subject, look.edits)
    receipt = {**subject.network.receipt, "edited": words}
    network = replace(subject.network, module=edited_module(subject, look.edits), receipt=receipt)
    folder = (subject.folder or Path.cwd()) / "edited" / name
    if network.origin.kind != "module":
        _make(folder)
    network.save(folder)
    return NetworkSaved(folder=str(folder), words=words)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise InputError(
            "a new network must have a folder of its own", got=str(folder), hint="Choose another name."
        ) from None
    except OSError as cause:
        raise PlaceError("a network must be written where one may write", got=str(folder)) from cause
