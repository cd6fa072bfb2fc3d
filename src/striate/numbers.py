"""Numbers as people read them: one way for the page, the terminal and the findings.

Three significant digits for measurements, all digits for counts; U+202F between groups of three from five digits on and
before %; a true minus; never 1.0000 for a probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

THIN = "\u202f"
MINUS = "\u2212"


def count(number: int) -> str:
    """Return a whole number with all its digits.

    Example:
        >>> count(3500), count(117786).replace(THIN, "_"), count(-2)
        ('3500', '117_786', '−2')
    """
    digits = str(abs(number))
    if len(digits) >= 5:
        groups = []
        while digits:
            groups.append(digits[-3:])
            digits = digits[:-3]
        digits = THIN.join(reversed(groups))
    return (MINUS if number < 0 else "") + digits


def amount(number: int) -> str:
    """Return a large whole number as people say it, to three digits; below a million with all its digits.

    Example:
        >>> amount(4730000), amount(38019050504192), amount(999)
        ('4.73 million', '38.0 trillion', '999')
    """
    for size, word in ((10**12, "trillion"), (10**9, "billion"), (10**6, "million")):
        if number >= size:
            return f"{measure(number / size)} {word}"
    return count(number)


def measure(value: float, digits: int = 3, *, signed: bool = False) -> str:
    """Return a measurement to so many significant digits.

    Example:
        >>> measure(0.81234), measure(12.3456), measure(4930000).replace(THIN, "_"), measure(-0.5, signed=True)
        ('0.812', '12.3', '4_930_000', '−0.500')
    """
    if value != value:  # noqa: PLR0124 - the one number that is not itself
        return "not a number"
    if value in (float("inf"), float("-inf")):
        return "infinite" if value > 0 else MINUS + "infinite"
    sign = MINUS if value < 0 else ("+" if signed and value > 0 else "")
    size = abs(value)
    if size == 0:
        return "0"
    places = digits - 1 - floor(log10(size))
    size = round(size, places)
    if places <= 0:
        return sign + count(round(size))
    text = f"{size:.{places}f}"
    whole, _, rest = text.partition(".")
    return f"{sign}{count(int(whole))}.{rest}"


def figure(value: float) -> str:
    """Return a number that may be a count: all its digits if it is whole, three significant ones if not.

    Example:
        >>> figure(22.0), figure(1.3), figure(-2.5)
        ('22', '1.30', '−2.50')
    """
    return count(int(value)) if float(value).is_integer() else measure(value)


def percentage(value: float) -> str:
    """Return a figure that is in percent already; what is nearly all is not rounded to all.

    Example:
        >>> [percentage(value).replace(THIN, "_") for value in (85.25, 100.0, 99.97, 0.0125)]
        ['85.2_%', '100_%', 'above 99.9_%', '0.0125_%']
    """
    if 99.9 < value < 100:
        return f"above 99.9{THIN}%"
    return f"{figure(value)}{THIN}%"


def percent(share: float, decimals: int = 1) -> str:
    """Return a share as a percentage.

    Example:
        >>> percent(0.98).replace(THIN, "_"), percent(0.25, 0).replace(THIN, "_")
        ('98.0_%', '25_%')
    """
    if share < 1 and round(100 * share, decimals) == 100:
        return f"above {100 - 10**-decimals:.{decimals}f}{THIN}%"
    return f"{100 * share:.{decimals}f}".replace("-", MINUS) + THIN + "%"


def probability(value: float) -> str:
    """Return a probability; very near one it says so instead of rounding.

    Example:
        >>> probability(0.98765), probability(0.99999), probability(0.00002)
        ('0.988', 'above 0.999', 'below 0.001')
    """
    if value > 0.999:
        return "above 0.999"
    if 0 < value < 0.001:
        return "below 0.001"
    return f"{value:.3f}"


def probability_short(value: float) -> str:
    """Return a probability for under a small picture.

    Example:
        >>> probability_short(0.364), probability_short(0.9999), probability_short(0.001)
        ('0.36', '>0.99', '0')
    """
    if value > 0.99:
        return ">0.99"
    return "0" if value < 0.005 else f"{value:.2f}"


def duration(seconds: float) -> str:
    """Return a time.

    Example:
        >>> duration(0.42), duration(33.3), duration(179.7), duration(7300)
        ('0.42 s', '33 s', '3 min 0 s', '2 h 2 min')
    """
    if seconds < 9.95:
        return f"{measure(seconds, 2)} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def storage(size_bytes: float) -> str:
    """Return a size in memory.

    Example:
        >>> storage(512), storage(100480), storage(5 * 2**20)
        ('512 B', '98.1 KiB', '5.00 MiB')
    """
    size = float(size_bytes)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            return f"{count(round(size)) if unit == 'B' else measure(size)} {unit}"
        size /= 1024
    return measure(size)


def capital(text: str) -> str:
    """Return a text with its first letter in capitals and the rest as it is.

    Example:
        >>> capital("depth 4, side 3×3"), capital("")
        ('Depth 4, side 3×3', '')
    """
    return text[:1].upper() + text[1:]


def plural(number: int, noun: str, many: str = "") -> str:
    """Return a count with its noun.

    Example:
        >>> plural(1, "filter"), plural(16, "filter"), plural(2, "class", "classes")
        ('1 filter', '16 filters', '2 classes')
    """
    return f"{count(number)} {noun if number == 1 else many or noun + 's'}"


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return names as a list: the first few, and how many more.

    Example:
        >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c", "d", "e"])
        ('a', 'a and b', 'a, b, c and 2 more')
    """
    shown = list(names[:most])
    if not shown:
        return "none"
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
