"""A folder that goes with whoever holds it."""

from __future__ import annotations

import shutil
import weakref
from pathlib import Path
from tempfile import mkdtemp


class PassingFolder:
    """An empty folder of this machine; it is deleted with this object, at the latest when the process ends.

    Attributes:
        path: The folder.
    """

    def __init__(self) -> None:
        self.path = Path(mkdtemp(prefix="striate-map-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
