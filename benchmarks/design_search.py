"""A search that keeps a budget by construction beside one that throws away what is too large, at equal trials.

Run: python benchmarks/design_search.py [FOLDER]

Every network of a small space is trained once on 400 of the digits (kept in FOLDER, so that it is done once). Then both searches
choose among them, reading scores instead of training: the same sampler (Optuna's TPE, two goals: score and MACs), the same number
of trials, ten seeds, paired.

* Ours asks for places of the unit cube that the designs within the budget are spread over.
* The other asks for the choices themselves. A network above the budget is built, found too large, and told as failed: a trial is
  spent, as in tools that check after building.

Compared is the score of the front averaged over all budgets up to the limit (`area`).
"""

import json
import sys
import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path

from machine import heading

from striate import Blueprint
from striate.analyse.budget import cost_of
from striate.data import load_data
from striate.study.search import Trial, area, space_of
from striate.study.search.asking import import_optuna, suggested
from striate.study.training import Work
from striate.tasks import Task, run_tasks
from striate.train.paired import mean_interval
from striate.train.recipes import DIGITS_RECIPE

TEXT = (
    "input 1x28x28; let w {4,8,12,16,24}; let v {8,16,32}; conv {3,5} w, relu; maxpool 2; (conv {3,5} w, relu) x{1,2,3}; "
    "maxpool 2; conv 3 v, relu; globalavgpool; classes 10"
)
MOST, TRIALS, SEEDS = 800_000, 25, 10
RECIPE = replace(DIGITS_RECIPE, epochs=6, images=400, rate=0.01)


def all_scores(plan: Blueprint, folder: Path) -> dict[str, tuple[float, int]]:
    """Return validation score and MACs of every network of the space, by its text."""
    data = load_data("digits")
    texts = {}
    for values in product(*plan.choices().values()):
        made = plan.chosen(dict(zip(plan.choices(), values, strict=True)))
        texts[made.to_text()] = cost_of(made, "macs")
    works = [Work(plan=text, data="digits", data_key=data.fingerprint, recipe=RECIPE) for text in texts]
    tasks = [Task(function="striate.study.training:train_work", arguments=work.arguments(folder)) for work in works]
    found = {}
    for (text, macs), outcome in zip(texts.items(), run_tasks(tasks, workers=2), strict=True):
        found[text] = (outcome.value["validation_score"], macs)
    return found


def by_construction(plan: Blueprint, scores, seed: int) -> list[Trial]:
    optuna = import_optuna()
    space = space_of(plan, lambda made: cost_of(made, "macs") <= MOST)
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler(optuna, seed))
    rows: dict[str, Trial] = {}
    while len(rows) < TRIALS:
        trial = study.ask()
        text = space.blueprint(suggested(trial, space)).to_text()
        score, macs = scores[text]
        study.tell(trial, [score, macs])
        # As `search` does: one that was tried is told again and costs no training.
        rows.setdefault(text, row(len(rows), text, scores))
    return list(rows.values())


def rejecting(plan: Blueprint, scores, seed: int) -> list[Trial]:
    optuna = import_optuna()
    study = optuna.create_study(directions=["maximize", "minimize"], sampler=sampler(optuna, seed))
    choices = plan.choices()
    rows: dict[str, Trial] = {}
    spent, refused = 0, set()
    while spent < TRIALS:
        trial = study.ask()
        places = {name: trial.suggest_int(name, 0, len(options) - 1) for name, options in choices.items()}
        text = plan.chosen({name: choices[name][place] for name, place in places.items()}).to_text()
        score, macs = scores[text]
        if macs > MOST:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            spent += text not in refused
            refused.add(text)
            continue
        study.tell(trial, [score, macs])
        spent += text not in rows
        rows.setdefault(text, row(len(rows), text, scores))
    return list(rows.values())


def sampler(optuna, seed: int):
    return optuna.samplers.TPESampler(seed=seed, multivariate=True, constant_liar=True)


def row(number: int, text: str, scores) -> Trial:
    score, macs = scores[text]
    return Trial(number=number, values={}, text=text, macs=macs, params=0, ended="done", score=score)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp())
    plan = Blueprint.from_text(TEXT)
    print(heading("A search within a budget, by construction and by throwing away"))
    scores = all_scores(plan, folder)
    within = [score for score, macs in scores.values() if macs <= MOST]
    print(
        f"{len(scores)} networks, {len(within)} within {MOST} MACs, the best {max(within):.3f}; {TRIALS} trials, {SEEDS} seeds"
    )
    rows = []
    for seed in range(SEEDS):
        ours, theirs = by_construction(plan, scores, seed), rejecting(plan, scores, seed)
        rows.append((area(ours, MOST), area(theirs, MOST), len(ours), len(theirs)))
        print(
            json.dumps({"seed": seed, "ours": rows[-1][0], "rejecting": rows[-1][1], "trained": rows[-1][2:]}),
            flush=True,
        )
    mean, (low, high) = mean_interval([one - other for one, other, _, _ in rows])
    between = f"95 % interval {100 * low:+.2f} to {100 * high:+.2f}"
    print(f"front, averaged over budgets: {100 * mean:+.2f} points for construction ({between})")
    print(f"thrown away: none of {TRIALS}; {TRIALS - sum(row[3] for row in rows) / SEEDS:.1f} of {TRIALS} in the mean")


if __name__ == "__main__":
    main()
