"""MIS002: the mistakes gather in one pair of classes."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.names import class_name
from striate.lint.rule import PictureRule, register
from striate.numbers import count, percentage
from striate.records import Evidence

_LIMIT = 25.0
_GRAVE = 50.0
_LEAST = 12
Cells = tuple[tuple[tuple[str, str, int], ...], int]


@register
class ConfusedPair(PictureRule[Cells]):
    """One pair of classes that collects the mistakes.

    ## What it looks for
    The largest cell off the diagonal of the confusion matrix, as a share of all mistakes; at
    least 12 mistakes are needed. Limit: 25 % for a note, 50 % for a warning, and three times an
    even spread over the cells where there are few classes.

    ## Why it matters
    Mistakes that gather have one cause: two classes that look alike, labels that were mixed, or
    one class with too few images. It can be found and mended, and most mistakes with it.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence, Scoreboard

    confusion = np.diag([100] * 5)
    confusion[0, 1], confusion[2, 3], confusion[4, 0] = 8, 6, 6
    Evidence(
        scoreboard=Scoreboard(
            count=520,
            main_name="accuracy",
            main=0.96,
            interval=(0.94, 0.98),
            confusion=confusion,
            chance=0.2,
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import Evidence, Scoreboard

    confusion = np.ones((5, 5), int) + np.diag([99] * 5)
    Evidence(
        scoreboard=Scoreboard(
            count=520,
            main_name="accuracy",
            main=0.96,
            interval=(0.94, 0.98),
            confusion=confusion,
            chance=0.2,
        )
    )
    ```

    ## When to ignore it
    When people confuse the two classes as well.

    ## Sources
    - Provost and Kohavi, "Glossary of Terms", Machine Learning 1998 (confusion matrix).
    """

    code = "MIS002"
    name = "confused-pair"
    severity = "note"
    also = ("warning",)
    section = "mistakes"

    def look(self, evidence: Evidence) -> Cells | None:
        """Return the cells off the diagonal by name, if there are mistakes enough."""
        confusion = evidence.scoreboard.confusion if evidence.scoreboard is not None else None
        if confusion is None:
            return None
        rows = confusion.tolist()
        cells = tuple(
            (class_name(evidence, truth), class_name(evidence, answer), int(cell))
            for truth, row in enumerate(rows)
            for answer, cell in enumerate(row)
            if truth != answer
        )
        return (cells, len(rows)) if sum(cell for *_, cell in cells) >= _LEAST else None

    def judge(self, seen: Cells) -> Iterator[Finding]:
        """Yield a finding if one cell holds too many of the mistakes."""
        cells, _ = seen
        truth, answer, most = max(cells, key=lambda cell: cell[2])
        mistakes = sum(cell for *_, cell in cells)
        share = 100 * most / mistakes
        limit = min(100.0, max(_LIMIT, 300 / len(cells)))
        if share <= limit:
            return
        yield self.finding(
            f"{percentage(share)} of the {count(mistakes)} mistakes are {truth} answered {answer}.",
            f"Look at these {count(most)} images; if their labels are right, add images of both classes.",
            measure=Measure(
                value=share,
                limit=limit,
                wrong="above",
                high=100.0,
                unit="%",
                chance=100 / len(cells),
            ),
            severity="warning" if share > _GRAVE else "note",
        )
