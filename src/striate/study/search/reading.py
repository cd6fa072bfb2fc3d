"""What a search's trials say: the front, the best so far, what mattered, and the best trained again."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from striate.study.reading import StudyReading
from striate.study.search.importance import LEAST_SCORES, Importance, importances
from striate.study.search.searching import SearchResults
from striate.study.search.trials import Trial, front


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchReading:
    """A search, read.

    Attributes:
        results: What it was read from.
        importances: One a choice, the largest first; () for fewer than `LEAST_SCORES` scores, which cannot tell.
        again: The best trained again from other seeds, read: what may be claimed; None if nothing was.
    """

    results: SearchResults
    importances: tuple[Importance, ...]
    again: StudyReading | None

    @property
    def done(self) -> tuple[Trial, ...]:
        """Trials with a score, the best first; of equal ones the cheaper, then the earlier."""
        known = [trial for trial in self.results.trials if trial.score is not None]
        return tuple(sorted(known, key=lambda trial: (-(trial.score or 0.0), trial.macs, trial.number)))

    @property
    def front(self) -> tuple[Trial, ...]:
        """Trials that no other beats in score at as many MACs or fewer, cheapest first."""
        return front(self.results.trials)

    @property
    def best_so_far(self) -> tuple[float | None, ...]:
        """The highest score up to each trial, in their order; None before the first score."""
        return tuple(accumulate((trial.score for trial in self.results.trials), _higher))

    def trial_of(self, level: str) -> Trial | None:
        """Return the trial that a level of the study of the best is: "trial 4"."""
        return next((trial for trial in self.results.trials if f"trial {trial.number}" == level), None)


def read_search(results: SearchResults, again: StudyReading | None = None) -> SearchReading:
    """Return what a search says.

    Args:
        results: Of the search, also of one that is not done.
        again: Of its best, trained again (`retraining`); None if nothing was.

    Raises:
        MissingExtraError: Optuna is not installed.
    """
    scores = sum(trial.score is not None for trial in results.trials)
    found = importances(results.trials, results.space, seed=results.search.seed) if scores >= LEAST_SCORES else ()
    return SearchReading(results=results, importances=found, again=again)


def _higher(best: float | None, one: float | None) -> float | None:
    return max((score for score in (best, one) if score is not None), default=None)
