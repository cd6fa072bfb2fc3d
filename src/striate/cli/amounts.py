"""Amounts as options state them: 50M, 2.5G, 1.5GiB; −1000,1000."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction

from striate.errors import InputError

_COUNTS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SIZES = {"": 1, "B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_SIZES |= {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_AMOUNT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)")


def count_from(text: str, *, where: str) -> int | None:
    """Return a count; None for an empty text.

    Raises:
        InputError: It does not read.

    Example:
        >>> count_from("50M", where="--macs"), count_from("1234", where="--macs"), count_from("", where="--macs")
        (50000000, 1234, None)
    """
    return _amount(text, _COUNTS, "50M", where)


def size_from(text: str, *, where: str) -> int | None:
    """Return a size in bytes; None for an empty text.

    Raises:
        InputError: It does not read.

    Example:
        >>> size_from("1.5GiB", where="--memory"), size_from("2MB", where="--memory")
        (1610612736, 2000000)
    """
    return _amount(text, _SIZES, "1.5GiB", where)


def pair_from(text: str, *, where: str) -> tuple[float, ...]:
    """Return two numbers with a comma between them; none for an empty text.

    Raises:
        InputError: It does not read.

    Example:
        >>> pair_from("-1000,1000", where="--scale"), pair_from("", where="--scale")
        ((-1000.0, 1000.0), ())
    """
    if not text:
        return ()
    try:
        low, high = (float(part) for part in text.split(","))
    except ValueError:
        raise InputError("a scale must be two numbers with a comma between them", got=text, where=where) from None
    return low, high


def _amount(text: str, units: Mapping[str, int], example: str, where: str) -> int | None:
    if not text:
        return None
    found = _AMOUNT.fullmatch(text)
    if found is None or found[2] not in units:
        known = ", ".join(unit for unit in units if unit)
        raise InputError(
            f"an amount must be a number, with {known} behind it or nothing",
            got=text,
            where=where,
            hint=f"Like {example}.",
        )
    return round(Fraction(found[1]) * units[found[2]])
