"""MIS004: classes that the network never answers."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.names import class_name
from striate.lint.rule import PictureRule, register
from striate.numbers import count, listed, percentage, plural
from striate.records import Evidence

_P_VALUE = 0.001
_GOOD = 0.6
# One or two samples may be mislabelled or odd, however good the network is.
_FEWEST = 3
_NAMED = 3
# Name, held-out samples, of these right, answers of that class.
Row = tuple[str, int, int, int]


@register
class ClassNeverAnswered(PictureRule[tuple[Row, ...]]):
    """A class of which no sample is answered right.

    ## What it looks for
    Classes with three held-out samples at least, of which not one is answered right, where chance would not leave that: at
    the accuracy on the other classes, (right + 1) / (samples + 2), it would happen with a probability below 0.001 (counting
    one class at chance at the least). Limit: none; a note where the other classes are answered right less than six times in
    ten, since a poor network drops classes, too.

    ## Why it matters
    A class that was missing from the training, whose folder was renamed, or whose output was lost, costs accuracy only in
    proportion to its samples: the score looks like that of a mediocre network.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence, Scoreboard

    confusion = np.array([[50, 2, 0], [3, 52, 0], [24, 26, 0]])
    Evidence(
        scoreboard=Scoreboard(
            count=157, main_name="accuracy", main=0.65, interval=(0.57, 0.72), confusion=confusion, chance=0.35
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import Evidence, Scoreboard

    confusion = np.array([[50, 1, 1], [2, 52, 1], [1, 2, 47]])
    Evidence(
        scoreboard=Scoreboard(
            count=157, main_name="accuracy", main=0.95, interval=(0.9, 0.97), confusion=confusion, chance=0.35
        )
    )
    ```

    ## When to ignore it
    When the network is not meant to know that class.

    ## Sources
    - Provost and Kohavi, "Glossary of Terms", Machine Learning 1998 (confusion matrix, recall).
    - Laplace's rule of succession for the accuracy on the others.
    """

    code = "MIS004"
    name = "class-never-answered"
    severity = "error"
    also = ("note",)
    section = "mistakes"

    def look(self, evidence: Evidence) -> tuple[Row, ...] | None:
        """Return the counts of each class that has samples."""
        confusion = evidence.scoreboard.confusion if evidence.scoreboard is not None else None
        if confusion is None:
            return None
        cells = confusion.tolist()
        rows = tuple(
            (class_name(evidence, truth), int(sum(row)), int(row[truth]), int(sum(other[truth] for other in cells)))
            for truth, row in enumerate(cells)
            if sum(row)
        )
        return rows if len(rows) > 1 else None

    def judge(self, seen: tuple[Row, ...]) -> Iterator[Finding]:
        """Yield a finding if classes are never answered right."""
        missed = [row for row in seen if row[2] == 0 and self._is_sure(row, seen)]
        if not missed:
            return
        missed.sort(key=lambda row: -row[1])
        others = [row for row in seen if row not in missed]
        known = sum(row[1] for row in others)
        rest = f"; of the other classes {percentage(100 * sum(row[2] for row in others) / known)} are" if known else ""
        names = listed(
            [
                f"{name} ({plural(total, 'sample')}, answered {_times(answers)})"
                for name, total, _, answers in missed[:_NAMED]
            ]
        )
        yield self.finding(
            f"{count(len(missed))} of {plural(len(seen), 'class', 'classes')} {'is' if len(missed) == 1 else 'are'} never "
            f"answered right: {names}{rest}.",
            "Check that the training had this class under the same name and number, and enough of it.",
            measure=Measure(value=float(len(missed)), limit=0.0, wrong="above", high=float(len(seen)), unit="classes"),
            severity="error" if known and sum(row[2] for row in others) >= _GOOD * known else "note",
        )

    def _is_sure(self, row: Row, seen: tuple[Row, ...]) -> bool:
        """Return whether so many samples would hardly all be wrong by chance."""
        right = sum(other[2] for other in seen if other is not row)
        total = sum(other[1] for other in seen if other is not row)
        usual = max((right + 1) / (total + 2), 1 / len(seen))
        return row[1] >= _FEWEST and (1.0 - usual) ** row[1] < _P_VALUE


def _times(answers: int) -> str:
    return "never" if not answers else f"{count(answers)} times"
