"""Sentences that several sections share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from striate.numbers import count, measure, percent, probability
from striate.page.graph_wire import Graph
from striate.records import Chosen, Cost, LayerReading

if TYPE_CHECKING:
    # Not needed by the page about a table alone, which is written without torch.
    from striate.report.subject import Subject

# How the drawing, and the rows and lines of the folded graph, are read.
BOXES = (
    "Every block is drawn to scale: its height is the map's side in pixels, its width the number of channels; dashed blocks "
    "learn nothing. "
)
_LINES = (
    "A row is a layer with the normalisation and activation that follow it (circle) or a module (square), which opens to "
    "what it holds; hollow ones learn nothing or are open{repeated}. Lines are values: what a later row reads runs beside "
    "the rows it passes."
)
SHOULD_SEE = "Maps that get smaller slowly and wider as they do, and a field that reaches the input's size before the last layer."
WRONG_IF = (
    "a convolution or pooling behind the stem drops the map by more than half at once, global pooling aside; the field "
    "stays below the size of the object; or one row holds nearly all parameters."
)
# A layer that has less of the whole than this is not worth the first sentence.
_LEADING = 0.25


def lines(figure: Graph) -> str:
    """Return how the rows and lines of a folded graph are read; repeated parts only where it has some."""
    times = next((number for number in figure.rows.count if number > 1), 0)
    repeated = f", and ×{times} stands for {times} equal parts that follow each other" if times else ""
    return _LINES.format(repeated=repeated)


def leading(rows: Sequence[LayerReading], total: Cost, *, mark: str = "") -> str:
    """Return which layers hold most parameters and do most of the work, "" where none has a quarter of either.

    `mark` stands around names. "conv2 holds 87 % of the parameters and does 85 % of the work."
    """
    parts: dict[str, list[str]] = {}
    if rows:
        widest = max(rows, key=lambda row: row.cost.params)
        busiest = max(rows, key=lambda row: row.cost.macs)
        if (share := widest.cost.params / max(total.params, 1)) >= _LEADING:
            parts.setdefault(widest.name, []).append(f"holds {percent(share, 0)} of the parameters")
        if (share := busiest.cost.macs / max(total.macs, 1)) >= _LEADING:
            parts.setdefault(busiest.name, []).append(f"does {percent(share, 0)} of the work")
    said = [f"{mark}{name}{mark} {' and '.join(verbs)}" for name, verbs in parts.items()]
    return f"{'; '.join(said)}." if said else ""


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
