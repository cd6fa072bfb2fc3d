"""Sentences that several sections share."""

from __future__ import annotations

from striate.numbers import measure, probability
from striate.records import Chosen
from striate.report.subject import Subject


def about(subject: Subject, chosen: Chosen) -> str:
    """Return what a chosen image is and what was answered: "an 8 answered 8, probability above 0.999"."""
    if subject.network.output.kind == "values":
        return f"off by {measure(chosen.probability)}"
    truth, answer = subject.name_of(chosen.truth), subject.name_of(chosen.answer)
    return f"{article(truth)} {truth} answered {answer}, probability {probability(chosen.probability)}"


def article(name: str) -> str:
    """Return "a" or "an".

    Example:
        >>> article("8"), article("cat"), article("apple"), article("18")
        ('an', 'a', 'an', 'an')
    """
    return "an" if name[:1].lower() in "aeiou" or name == "8" or name.startswith(("8", "11", "18")) else "a"


def capital(text: str) -> str:
    """Return a text with its first letter in capitals and the rest as it is."""
    return text[:1].upper() + text[1:]
