"""SPL001: held-out samples that were as good as seen."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, percent, percentage
from striate.records import Evidence, Leaks, SourceNeighbours

_GRAVE = 1.0
# Neighbours from the own source: so many times chance, or halfway from chance to all of them.
_TIMES_CHANCE = 1.5


@register
class LeakBetweenSplits(PictureRule[Leaks]):
    """Held-out samples with a near-duplicate, or their own source, among those seen in training.

    ## What it looks for
    Held-out samples that have a near-duplicate in training or validation: a cosine beyond what images of
    different classes reach, see `striate.features.likeness`. One is a note, 1 % of the held-out samples a warning.
    And where sources are known (groups, folders) and divided: how often the nearest seen sample of the class is of
    the same source. Limit: the 95 % interval lies above 1.5 times chance, or halfway from chance to 100 % if
    that is less; a warning.

    ## Why it matters
    A score on what was seen says how well the network remembers, not how well it will do. On patches of
    17 photographs a random split scored 98.7 %, new photographs 37.7 %.

    ## Example
    ```python
    from striate.records import Evidence, LeakPair, Leaks

    Evidence(
        leaks=Leaks(
            features="32×32 grey pixels",
            limit=0.994,
            limit_from="given",
            held_out_count=40,
            pairs=(
                LeakPair(
                    held_out=3, seen=8, similarity=0.999, held_out_place="cats/3.png", seen_place="cats/3 copy.jpg"
                ),
            ),
        )
    )
    ```

    ## Use instead
    ```python
    from striate.records import Evidence, Leaks

    # After `striate splits cats-and-dogs --out groups.csv`, trained on groups.csv.
    Evidence(
        leaks=Leaks(features="32×32 grey pixels", limit=0.994, limit_from="given", held_out_count=40)
    )
    ```

    ## When to ignore it
    When new images will be as alike as these: frames of one fixed camera, parts on one belt. Or when sources were
    read off folders that are none ("a-m", "n-z").

    ## Sources
    - Barz and Denzler, "Do We Train on Test Data? Purging CIFAR of Near-Duplicates", Journal of Imaging 2020.
    - Kapoor and Narayanan, "Leakage and the reproducibility crisis in machine-learning-based science",
      Patterns 2023.
    """

    code = "SPL001"
    name = "leak-between-splits"
    severity = "warning"
    also = ("note",)
    section = "splits"

    def look(self, evidence: Evidence) -> Leaks | None:
        """Return what was found between the parts."""
        return evidence.leaks

    def judge(self, seen: Leaks) -> Iterator[Finding]:
        """Yield a finding for near-duplicates, and one for divided sources."""
        if seen.pairs:
            yield self._copies(seen)
        if seen.sources is not None:
            yield from self._sources(seen, seen.sources)

    def _copies(self, seen: Leaks) -> Finding:
        share = 100 * len(seen.pairs) / seen.held_out_count
        return self.finding(
            f"{percentage(share)} of the {count(seen.held_out_count)} held-out samples have a near-duplicate among those "
            f"seen in training, {count(len(seen.pairs))} in all.",
            "Give near-duplicates a common group: `striate splits DATA --out groups.csv`, and train on that manifest.",
            measure=Measure(value=share, limit=0.0, wrong="above", high=max(5.0, share), unit="%"),
            severity="warning" if share >= _GRAVE else "note",
        )

    def _sources(self, seen: Leaks, sources: SourceNeighbours) -> Iterator[Finding]:
        limit = min(_TIMES_CHANCE * sources.chance, (1 + sources.chance) / 2)
        if sources.interval[0] <= limit:
            return
        share = 100 * sources.near / sources.judged
        yield self.finding(
            f"The nearest seen sample of the class is of the same source for {percentage(share)} of the "
            f"{count(sources.judged)} held-out samples whose source is known; chance is {percent(sources.chance)} "
            f"({seen.features}).",
            "Give each source as a group: `striate splits DATA --groups folder --out groups.csv`, and train on that "
            "manifest.",
            measure=Measure(
                value=share,
                limit=100 * limit,
                wrong="above",
                high=100.0,
                unit="%",
                interval=(100 * sources.interval[0], 100 * sources.interval[1]),
                chance=100 * sources.chance,
            ),
        )
