"""What an operation means, one file a family. Importing this package registers them all."""

from striate.kinds import (
    activation,
    attention,
    channel_norm,
    convolution,
    coordinates,
    elementwise,
    exponential,
    layer_scale,
    linear,
    merging,
    normalisation,
    pooling,
    power_pooling,
    regularisation,
    resizing,
    response_norm,
    shaping,
    shaping_words,
    transposed,
)
from striate.kinds.kind import KINDS, WORDS, Attributes, Call, Kept, Kind, Recorded, Word, register, register_word
from striate.kinds.reach import UNKNOWN, Reach, Window

__all__ = [
    "KINDS",
    "UNKNOWN",
    "WORDS",
    "Attributes",
    "Call",
    "Kept",
    "Kind",
    "Reach",
    "Recorded",
    "Window",
    "Word",
    "kind_of",
    "kinds_by_aten",
    "kinds_by_calls",
    "register",
    "register_word",
    "words",
]

_ = (
    activation, attention, channel_norm, convolution, coordinates, elementwise, exponential, layer_scale, linear, merging,
    normalisation, pooling, power_pooling, regularisation, resizing, response_norm, shaping, shaping_words, transposed,
)  # fmt: skip

_UNKNOWN_PREFIX = "unknown:"


def kind_of(name: str) -> Kind | None:
    """Return the kind of that name, or None for an operation nobody knows ("unknown:aten.fft")."""
    return None if name.startswith(_UNKNOWN_PREFIX) else KINDS[name]


def words() -> dict[str, Kind]:
    """Return every blueprint word with its kind."""
    return {kind.word.name: kind for kind in (*KINDS.values(), *WORDS.values()) if kind.word is not None}


def kinds_by_aten() -> dict[str, Kind]:
    """Return the kind of each ATen operator name, without its namespace and overload ("conv2d")."""
    return {name: kind for kind in KINDS.values() for name in kind.aten}


def kinds_by_calls() -> dict[tuple[str, ...], Kind]:
    """Return the kinds that a module's calls may be together, by the names of the calls."""
    return {names: kind for kind in KINDS.values() for names in kind.calls}
