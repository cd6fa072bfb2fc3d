"""`Subject`: which network a report is about, and where its ops are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from striate.findings import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a report is about.

    Attributes:
        name: The reference, or the module's class.
        file: The blueprint file, "" if there is none.
        places: Where each op is written in it.
    """

    name: str
    file: str = ""
    places: Mapping[str, Place] = field(default_factory=dict)

    def place(self, op: str) -> Place | None:
        """Return where an op is written; the file's first line for the whole network, None without a file."""
        if op in self.places:
            return self.places[op]
        return Place(file=self.file, line=1) if self.file else None
