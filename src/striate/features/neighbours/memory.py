"""The most memory a piece of work held at once."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass(slots=True)
class Peak:
    """Bytes by which the process's memory grew at most; 0 until the block has ended."""

    size_bytes: int = 0


@contextmanager
def peak_growth() -> Iterator[Peak]:
    """Measure by how much the memory of this process grows at most within the block.

    When it misleads:
        Memory that was freed before and is used again does not count. Without Linux's /proc only a growth beyond the largest
        the process ever was is seen.

    Example:
        >>> import mmap
        >>> with peak_growth() as peak:
        ...     held = mmap.mmap(-1, 2**26)
        ...     for page in range(0, len(held), mmap.PAGESIZE):
        ...         held[page] = 1
        >>> 2**25 < peak.size_bytes < 2**27
        True
        >>> held.close()
    """
    try:
        _RESET.write_text("5")
        before = _status("VmRSS")
    except (OSError, StopIteration):
        before = 0
    began = _largest()
    peak = Peak()
    try:
        yield peak
    finally:
        peak.size_bytes = max((_status("VmHWM") - before) if before else (_largest() - began), 0)


def _status(name: str) -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) * 1024


def _largest() -> int:
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024
