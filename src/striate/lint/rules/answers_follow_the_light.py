"""INV002: answers that change with a little more or less light."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import percentage
from striate.records import Evidence, Steadiness

_LIMIT = 25.0
_FEWEST = 50


@register
class AnswersFollowTheLight(PictureRule[tuple[Steadiness, ...]]):
    """Answers that change with the light.

    ## What it looks for
    The share of answers that differ when images become a tenth of the scale lighter or darker, or gain or lose a fifth of their
    contrast. The finding names the worse of both. Limit: 25 %.

    ## Why it matters
    Another lamp, another camera, another exposure make as much of a difference. A network that saw one light only, often one
    with a background of exactly zero, has no reason to bear another.

    ## Example
    ```python
    from striate.records import Evidence, Stability, Steadiness

    def row(change, share):
        return Steadiness(
            change=change, images=200, directions=2, changed=int(200 * share), interval=(share, share), mean_changed=share,
            accuracy=0.97 - share, probability_shift=share,
        )

    Evidence(
        stability=Stability(
            images=200, accuracy=0.97, side_px=28, rows=(row("shift by 1 px", 0.02), row("brightness ±0.1", 0.8))
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, Stability, Steadiness

    def row(change, share):
        return Steadiness(
            change=change, images=200, directions=2, changed=int(200 * share), interval=(share, share), mean_changed=share,
            accuracy=0.97 - share, probability_shift=share,
        )

    Evidence(
        stability=Stability(
            images=200, accuracy=0.97, side_px=28, rows=(row("shift by 1 px", 0.02), row("brightness ±0.1", 0.03))
        )
    )
    ```

    ## When to ignore it
    When the light is always the same, or brightness is what is to be read.

    ## Sources
    - Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations", ICLR 2019.
    """

    code = "INV002"
    name = "answers-follow-the-light"
    severity = "note"
    section = "invariance"

    def look(self, evidence: Evidence) -> tuple[Steadiness, ...] | None:
        """Return what changes of light do."""
        found = evidence.stability
        if found is None or found.images < _FEWEST:
            return None
        return tuple(row for row in found.rows if row.change.startswith(("brightness", "contrast"))) or None

    def judge(self, seen: tuple[Steadiness, ...]) -> Iterator[Finding]:
        """Yield a finding if many answers follow the light."""
        worst = max(seen, key=lambda row: row.mean_changed)
        share = 100 * worst.mean_changed
        if share <= _LIMIT:
            return
        wrong = "" if worst.accuracy is None else f"; {percentage(100 * worst.accuracy)} are right then"
        yield self.finding(
            f"With {worst.change} {percentage(share)} of the answers change{wrong}.",
            "Train with images made lighter and darker at random if the light can differ where the network is used.",
            measure=Measure(value=share, limit=_LIMIT, wrong="above", low=0.0, high=100.0, unit="%"),
        )
