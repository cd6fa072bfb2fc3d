"""Sentences that several sections share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from striate.numbers import count, measure, probability
from striate.records import Chosen

if TYPE_CHECKING:
    # Not needed by the page about a table alone, which is written without torch.
    from striate.report.subject import Subject

# How the drawing, and the rows and lines of the folded graph, are read.
BOXES = (
    "Every block is drawn to scale: its height is the map's side in pixels, its width the number of channels; dashed blocks "
    "learn nothing. "
)
LINES = (
    "A row is a layer with the normalisation and activation that follow it (circle) or a module (square), which opens to "
    "what it holds; hollow ones learn nothing or are open, and ×3 stands for three equal parts. Lines are values: what a "
    "later row reads runs beside the rows it passes."
)


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


def macs_words(macs: int) -> str:
    """Return work as people say it.

    Example:
        >>> macs_words(4_930_000), macs_words(1_814_073_344), macs_words(900)
        ('4.93 million MACs', '1.81 billion MACs', '900 MACs')
    """
    for size, word in ((10**9, "billion"), (10**6, "million")):
        if macs >= size:
            return f"{measure(macs / size)} {word} MACs"
    return f"{count(macs)} MACs"


def not_counted(names: tuple[str, ...]) -> str:
    """Return the sentence on what no kind knows, empty if all is known."""
    return f" Not counted, because no kind knows them: {', '.join(names)}." if names else ""
