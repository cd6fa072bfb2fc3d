"""A search with trials written by hand: twelve of twenty designs, two stopped early, one failed, and the best trained again."""

from functools import lru_cache

from striate.analyse import cost
from striate.blueprint import Blueprint
from striate.records import Recipe
from striate.study import cells_of, read_results
from striate.study.results import CellResult, SeedResult, StudyResults
from striate.study.search import (
    Importance,
    Limits,
    Search,
    SearchReading,
    SearchResults,
    Trial,
    best,
    retraining,
    space_of,
)
from striate.study.search.limits import passed

PLAN = Blueprint.from_text(
    "input 1x8x8; let w {2,3,4,6}; conv {3,5} w, relu; (conv 3 w, relu) x{1,2,3}; globalavgpool; classes 3"
)
LIMITS = Limits(macs=22_000)
# Width, side and depth, and the score; None was stopped early, a text is why it failed.
TRIALS = (
    (2, 3, 1, 0.50),
    (2, 5, 1, 0.55),
    (3, 3, 1, 0.61),
    (4, 3, 2, 0.80),
    (2, 3, 2, None),
    (3, 3, 2, 0.70),
    (2, 3, 3, "the loss must stay a finite number"),
    (3, 3, 3, 0.79),
    (4, 3, 1, 0.72),
    (2, 5, 3, None),
    (4, 5, 1, 0.74),
    (3, 5, 2, 0.80),
)
AGAIN = {3: (0.70, 0.74, 0.75), 11: (0.76, 0.78, 0.80), 7: (0.60, 0.61, 0.65)}
SHARES = (("repeat1", 0.6, (0.4, 0.7)), ("w", 0.3, (0.2, 0.5)), ("conv1.kernel", 0.1, (0.0, 0.2)))


def macs(width, side, depth):
    """MACs by hand: 64 places, one channel in; then depth layers of side 3; then three classes."""
    return 64 * (width * side**2 + depth * 9 * width**2) + 3 * width


def results(trials=TRIALS, *, limits=LIMITS, **how):
    """What the search tried."""
    asked = Search(plan=PLAN, limits=limits, recipe=Recipe(epochs=2, batch=10, rate=0.02, images=60), **how)
    return SearchResults(
        search=asked,
        space=_space(limits),
        trials=tuple(_trial(number, *row) for number, row in enumerate(trials)),
        data="digits",
    )


def reading(trials=TRIALS, *, again=AGAIN, shares=SHARES, **how):
    """The same, read; `again` are scores over seeds by trial, in the order of the search's own scores."""
    found = results(trials, **how)
    return SearchReading(
        results=found,
        importances=tuple(Importance(name=name, share=share, interval=ends) for name, share, ends in shares),
        again=_again(found, again) if again else None,
    )


@lru_cache
def _space(limits):
    return space_of(PLAN, lambda plan: not passed(plan, limits, batch=10, optimizer="adamw"))


@lru_cache
def _trial(number, width, side, depth, came):
    values = {"w": width, "conv1.kernel": (side,), "repeat1": depth}
    plan = PLAN.chosen(values)
    total = cost(plan.graph()).total
    ended = "pruned" if came is None else "failed" if isinstance(came, str) else "done"
    return Trial(
        number=number,
        values=values,
        text=plan.to_text(),
        macs=total.macs,
        params=total.params,
        ended=ended,
        score=came if ended == "done" else None,
        reason=came if ended == "failed" else "",
    )


def _again(found, again):
    chosen = best(found, len(again))
    study = retraining(found, chosen, "digits", seeds=len(next(iter(again.values()))))
    rows = []
    for trial, cell in zip(chosen, cells_of(study), strict=True):
        runs = zip(study.seed_numbers, again[trial.number], strict=True)
        seeds = tuple(
            SeedResult(seed=seed, score=score, failed="" if score is not None else "diverged") for seed, score in runs
        )
        rows.append(CellResult(cell=cell, rate=None, runs=seeds))
    return read_results(StudyResults(study=study, cells=tuple(rows)))
