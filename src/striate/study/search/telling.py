"""What became of a trial, told to the sampler; what ended it too early, told to people."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from striate.analyse import cost
from striate.blueprint import Blueprint
from striate.errors import Quoted, RunError
from striate.study.search.asking import Direction
from striate.tasks import LOST_WORKER, Outcome

_ENDS_WITH_CODE = re.compile(r" \[[a-z-]+\]$")


def is_lost(outcome: Outcome) -> bool:
    """Return whether every worker a task was sent to was lost."""
    return outcome.error.startswith(LOST_WORKER)


def cut_off(trouble: str, folder: Path) -> RunError:
    """Return the error of a training that was cut off by what its design is not to blame for, with what to do."""
    cures = {"No space left": "Free some space. ", LOST_WORKER: "Fewer --workers take less memory. "}
    # Errors of ours end with their code, and bring their own cure.
    cure = (
        ""
        if _ENDS_WITH_CODE.search(trouble)
        else next((cures[word] for word in cures if word in trouble), "Mend that. ")
    )
    return RunError(
        "a trial must be trained to its end",
        got=Quoted(" ".join(trouble.split())[:400]),
        where=str(folder),
        hint=f"{cure}Then run the same command again: it goes on with this design.",
    )


def tell(study: Any, trial: Any, plan: Blueprint, outcome: Outcome, goal: Direction) -> None:  # noqa: ANN401 - Optuna's
    """Tell the sampler what a design reached, or that it was stopped or cannot be trained."""
    import optuna

    found = outcome.value
    if found.get("pruned"):
        study.tell(trial, state=optuna.trial.TrialState.PRUNED)
    elif found["failed"]:
        trial.set_user_attr("reason", found["failed"])
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    else:
        values = [float(found["validation_score"]), float(cost(plan.graph()).total.macs)]
        study.tell(trial, values if goal == "front" else values[:1])


def tell_again(study: Any, trial: Any, values: list[float] | None) -> None:  # noqa: ANN401 - Optuna's
    """Tell the sampler once more what a design that was tried before reached; None: nothing."""
    import optuna

    if values is None:
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
    else:
        study.tell(trial, values)
