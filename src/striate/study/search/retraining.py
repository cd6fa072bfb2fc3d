"""The best designs of a search, trained again from other seeds: what may be claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from striate.errors import InputError
from striate.study.plan import Factor, Fixed, Level, Study
from striate.study.search.searching import SearchResults
from striate.study.search.trials import Trial, front

# The search's own seed has seen the choice: others say what a design is worth.
_FIRST = 1


def best(results: SearchResults, count: int) -> tuple[Trial, ...]:
    """Return the best designs, at most so many: of the front if that was searched, else by score."""
    done = [trial for trial in results.trials if trial.score is not None]
    if results.search.goal == "front":
        done = list(front(done))
    return tuple(sorted(done, key=lambda trial: (-(trial.score or 0.0), trial.macs))[:count])


def retraining(results: SearchResults, designs: Sequence[Trial], data: str, *, seeds: int = 3) -> Study:
    """Return the study that compares designs of a search from seeds of its own, on the test part.

    Args:
        results: Of the search.
        designs: At least two, the best first: it is the reference.
        data: Reference of the data.
        seeds: How many.

    Raises:
        InputError: Fewer than two designs.
    """
    if len(designs) < 2:
        raise InputError("at least two designs must have ended to be compared", got=len(designs), where="search")
    levels = tuple(Level(name=f"trial {trial.number}", words=(("design", trial.text),)) for trial in designs)
    return Study(
        question="Which of the designs that a search found is best, from other seeds and on samples nothing was chosen by?",
        network="$design",
        data=data,
        factors=(Factor(name="design", of="network", levels=levels),),
        reference=(levels[0].name,),
        fixed=Fixed(),
        recipe=replace(results.search.recipe, seed=0),
        seeds=seeds,
        first_seed=results.search.seed + _FIRST,
    )
