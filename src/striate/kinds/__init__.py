"""What an operation means, one file a family. Importing this package registers them all."""

from striate.kinds import (
    activation,
    attention,
    convolution,
    elementwise,
    linear,
    merging,
    normalisation,
    pooling,
    regularisation,
    resizing,
    shaping,
)
from striate.kinds.kind import KINDS, Attributes, Call, Kept, Kind, Word, register
from striate.kinds.reach import UNKNOWN, Reach, Window

__all__ = [
    "KINDS",
    "UNKNOWN",
    "Attributes",
    "Call",
    "Kept",
    "Kind",
    "Reach",
    "Window",
    "Word",
    "kind_of",
    "kinds_by_aten",
    "register",
    "words",
]

_ = (
    activation, attention, convolution, elementwise, linear, merging, normalisation, pooling, regularisation, resizing,
    shaping,
)  # fmt: skip

_UNKNOWN_PREFIX = "unknown:"


def kind_of(name: str) -> Kind | None:
    """Return the kind of that name, or None for an operation nobody knows ("unknown:aten.fft")."""
    return None if name.startswith(_UNKNOWN_PREFIX) else KINDS[name]


def words() -> dict[str, Kind]:
    """Return every blueprint word with its kind."""
    return {kind.word.name: kind for kind in KINDS.values() if kind.word is not None}


def kinds_by_aten() -> dict[str, Kind]:
    """Return the kind of each ATen operator name, without its namespace and overload ("conv2d")."""
    return {name: kind for kind in KINDS.values() for name in kind.aten}
