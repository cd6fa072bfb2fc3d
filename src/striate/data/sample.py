"""One sample, and one thing that could not become a sample."""

from __future__ import annotations

from dataclasses import dataclass

Target = int | tuple[int, ...] | tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One image, sound or volume with what is known about it.

    Attributes:
        id: First 16 hexadecimal digits of the SHA-256 of the stored bytes (the file, or the array's
            pixels). The second sample with the same content gets ".2" at the end, the third ".3",
            in the order of the data.
        target: Class index; or one 0 or 1 per label; or one number per value.
        group: Samples with the same group are never divided by a split; None stands alone.
        place: Where it came from, for people: a path, or "digits/123".
        sample_rate_hz: Of a sound, as it is stored; 0 of everything else.

    Example:
        >>> sample = Sample(id="9f86d081884c7d65.2", target=3, group=None, place="cats/tom.png")
        >>> sample.content
        '9f86d081884c7d65'
    """

    id: str
    target: Target
    group: str | None
    place: str
    sample_rate_hz: int = 0

    @property
    def content(self) -> str:
        """The key of the content alone: equal for two samples with the same stored bytes."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A file or row that is not in the data set, and why.

    Attributes:
        place: A path, or a row of a manifest ("line 7: a.png").
        reason: In words ("empty file (0 bytes)").
    """

    place: str
    reason: str


def one_line(text: str) -> str:
    r"""Return the text fit for one line: control characters and broken letters as escapes.

    Example:
        >>> one_line("new\nline")
        'new\\nline'
    """
    whole = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in whole)
