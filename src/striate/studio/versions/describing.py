"""Versions, and an input in one of them, as the page is told."""

from __future__ import annotations

from striate.studio.looks.describing import told
from striate.studio.looks.look import Look
from striate.studio.subject import Subject
from striate.studio.version_wire import Beside, VersionRow
from striate.studio.versions.matching import partners
from striate.studio.versions.version import Version


def row_of(version: Version) -> VersionRow:
    """Return what is known of a version before it is opened."""
    return VersionRow(name=version.name, words=version.words, run=version.run, step=version.step)


def told_beside(subject: Subject, look: Look, other: Subject, version: Version) -> Beside:
    """Return an input's look in a version.

    Args:
        subject: The network that is watched.
        look: The version's.
        other: The version.
        version: What it is.
    """
    found = partners(subject, other)
    taken = {number for number in found if number is not None}
    return Beside(
        key=look.key,
        version=version.name,
        words=version.words,
        params=sum(parameter.numel() for parameter in other.network.module.parameters()),
        answers=told(other, look).answers,
        alone=[row for row, number in enumerate(found) if number is None],
        others=[layer.reading.name for number, layer in enumerate(other.layers) if number not in taken],
        shares_outputs=other.network.output.names == subject.network.output.names,
    )
