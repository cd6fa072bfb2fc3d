"""How much each choice of a search matters, with how sure that is."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from striate.errors import InputError
from striate.numbers import plural
from striate.study.search.asking import import_optuna
from striate.study.search.space import Space
from striate.study.search.trials import Trial

DRAWS = 40
LEAST_SCORES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """One choice's share of what makes scores differ.

    Attributes:
        name: Of the choice.
        share: 0 … 1; over all choices they sum to 1.
        interval: From the 2.5th to the 97.5th percentile over draws of the trials with replacement.
    """

    name: str
    share: float
    interval: tuple[float, float]


def importances(trials: Sequence[Trial], space: Space, *, seed: int = 0) -> tuple[Importance, ...]:
    """Return the importance of every choice that was open, largest first.

    A forest is fitted to the scores of the trials that ended, and the variance of its prediction is shared out among the
    choices; again for 40 draws of the trials with replacement.

    Args:
        trials: Of a search; those without a score are left out.
        space: Its designs.
        seed: Of the draws and the forest.

    Raises:
        InputError: Fewer than `LEAST_SCORES`, ten.
        MissingExtraError: Optuna is not installed.

    When it misleads:
        A sampler that looks where scores are high sees little of the rest: what matters there may look unimportant here.

    Source:
        Hutter, Hoos and Leyton-Brown, "An Efficient Approach for Assessing Hyperparameter Importance", ICML 2014 (fANOVA), as
        Optuna has it. Differs: intervals, over draws of the trials.
    """
    done = [trial for trial in trials if trial.score is not None]
    if len(done) < LEAST_SCORES:
        raise InputError(
            f"importance must have at least {LEAST_SCORES} scores", got=plural(len(done), "score"), where="search"
        )
    optuna = import_optuna()
    draw = random.Random(seed)  # noqa: S311 - no secret
    whole = _shares(optuna, done, space, seed)
    drawn = [_shares(optuna, [draw.choice(done) for _ in done], space, seed) for _ in range(DRAWS)]
    found = []
    for name, share in whole.items():
        seen = sorted(one.get(name, 0.0) for one in drawn)
        found.append(Importance(name=name, share=share, interval=(seen[DRAWS // 40], seen[-1 - DRAWS // 40])))
    return tuple(sorted(found, key=lambda one: -one.share))


def _shares(optuna: Any, trials: Sequence[Trial], space: Space, seed: int) -> dict[str, float]:  # noqa: ANN401 - a module
    choices = {name: list(range(len(options))) for name, options in space.choices}
    places = {name: {repr(option): place for place, option in enumerate(options)} for name, options in space.choices}
    study = optuna.create_study(direction="maximize")
    distributions = {name: optuna.distributions.CategoricalDistribution(options) for name, options in choices.items()}
    for trial in trials:
        params = {name: places[name][repr(value)] for name, value in trial.values.items()}
        study.add_trial(optuna.create_trial(params=params, distributions=distributions, value=trial.score))
    if len({trial.score for trial in trials}) == 1:
        # Nothing differs, so nothing matters more than another.
        return dict.fromkeys(choices, 1 / len(choices))
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=seed)
    found = optuna.importance.get_param_importances(study, evaluator=evaluator)
    return {name: float(found.get(name, 0.0)) for name in choices}
