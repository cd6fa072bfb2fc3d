"""`Failure`: a rule that broke down instead of judging."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A rule that raised, or a plug-in that could not be loaded.

    Attributes:
        rule: Its name; the entry point's, if it could not even be loaded.
        error: The exception in one line.
    """

    rule: str
    error: str

    def __str__(self) -> str:
        return f"The rule {self.rule} raised {self.error}. Leave it out with --ignore {self.rule}."


def one_line(error: BaseException) -> str:
    """Return an exception in one line.

    Example:
        >>> one_line(KeyError("kernel"))
        "KeyError: 'kernel'"
    """
    text = " ".join(str(error).split()).rstrip(".")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
