"""`search`: a blueprint's open choices, tried within hard limits, resumable, in as many processes as there are."""

from __future__ import annotations

import json
import os
import random
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate import fingerprint, schema
from striate.analyse import cost
from striate.blueprint import Blueprint
from striate.data import Dataset
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events
from striate.numbers import plural
from striate.runs import Run, write_json
from striate.runs.claim import claim, lock_beside
from striate.study.search.asking import answering, import_optuna, opened, sampler_of, storage_at
from striate.study.search.limits import check_limits, passed
from striate.study.search.search import Search
from striate.study.search.sitting import AGAIN, DESIGN, Sitting
from striate.study.search.space import Space, space_of, told_space
from striate.study.search.trials import Ended, Trial
from striate.tasks import Where
from striate.train.score import SCORE_NAMES
from striate.train.stopping import told_ending

DESIGNS = "designs.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResults:
    """What a search tried.

    Attributes:
        search: What was searched.
        space: The designs within the limits.
        trials: In the order they were begun.
        data: Reference of the data.
        score_name: What a score is: "accuracy", or "R²" of data with values.
    """

    search: Search
    space: Space
    trials: tuple[Trial, ...]
    data: str
    score_name: str = "accuracy"


def search(  # noqa: PLR0913 - what, on what, where, and how much
    asked: Search,
    dataset: Dataset,
    folder: Path | str,
    *,
    trials: int = 50,
    workers: int | None = None,
    on: Where = "processes",
    storage: str = "",
    events: Events = SILENT,
) -> SearchResults:
    """Try designs of a blueprint until there are so many trials, and return all of them.

    Designs that pass a limit are taken out on paper before the first is asked for, and the sampler's numbers are spread over
    those that are left (see `Space.at`), so that no proposal is ever turned down. Each is trained from the seed on the training
    part and judged on the validation part; the test part is not touched. A design that was trained before is not trained again.

    Args:
        asked: What is searched.
        dataset: What to train on.
        folder: New, empty, or this search's.
        trials: Different designs in all, with those that are there; at most as many as there are.
        workers: Trainings at once; as many as there are processors if None. Part of what is found: that many are asked at once.
        on: "processes" of this machine, or "ray".
        storage: Address of a database for several machines ("postgresql://…"); a file in the folder if empty.
        events: Hears "costing" and "searching"; may cancel between rounds.

    Raises:
        InputError: Nothing to search; limits that nothing keeps; a folder of another search.
        MissingExtraError: Optuna is not installed.
        RunError: The database does not answer, or a training was cut off by what its design is not to blame for (a full
            disk, a lost worker): the same call tries it again, and goes on.

    When it misleads:
        The best of many trials is the luckiest too: retrain the best from other seeds before anything is claimed (`retrained`).
    """
    check_limits(asked.limits)
    import_optuna()
    folder = Path(folder)
    # Beside the folder: what another process is at work on is not written to.
    with claim(lock_beside(folder)) as is_free:
        if not is_free:
            raise InputError(
                "a search's folder must be worked on by one process",
                got=Quoted("another one"),
                where=str(folder),
                hint="Wait for it; or use another folder with the same --storage.",
            )
        inputs, settings = _inputs(asked, dataset), _settings(asked)
        run = Run.begin(folder, command="search", inputs=inputs, settings=settings)
        with told_ending(run, "search"), answering(storage_at(folder, storage)):
            is_new = not (folder / DESIGNS).is_file()
            space, owner, name = _space(asked, dataset, folder, events)
            events.log(told_space(space))
            study = opened(storage_at(folder, storage), name, goal=asked.goal)
            study.sampler = sampler_of(asked.sampler, _seed(asked, study, owner if storage else ""))
            sitting = Sitting(
                asked=asked,
                space=space,
                study=study,
                dataset=dataset,
                folder=folder,
                storage=storage,
                owner=owner,
            )
            if storage and is_new and (there := len(sitting.taken())):
                events.log(f"Joined the search that is in the database: {_told_there(there)}.")
            sitting.run(trials, workers or os.cpu_count() or 1, on, events)
        run.end("done")
    return SearchResults(
        search=asked,
        space=space,
        trials=read_trials(study, space),
        data=dataset.reference,
        score_name=SCORE_NAMES[dataset.output.kind],
    )


def read_trials(study: Any, space: Space) -> tuple[Trial, ...]:  # noqa: ANN401 - Optuna's study
    """Return the trials that ended, in order."""
    ended: dict[str, Ended] = {"COMPLETE": "done", "PRUNED": "pruned", "FAIL": "failed"}
    found = []
    for one in study.trials:
        if one.state.name in ended and DESIGN in one.user_attrs and AGAIN not in one.user_attrs:
            plan = space.blueprint(tuple(one.user_attrs[DESIGN]))
            total = cost(plan.graph()).total
            found.append(
                Trial(
                    number=one.number,
                    values=space.values(tuple(one.user_attrs[DESIGN])),
                    text=plan.to_text(),
                    macs=total.macs,
                    params=total.params,
                    ended=ended[one.state.name],
                    score=one.values[0] if one.state.name == "COMPLETE" else None,
                    reason=one.user_attrs.get("reason", ""),
                )
            )
    return tuple(found)


def _seed(asked: Search, study: Any, owner: str) -> int:  # noqa: ANN401 - Optuna's study
    """Return the sampler's seed: another after every sitting, and in every folder that shares a database."""
    return random.Random(f"{asked.seed} {owner} {len(study.trials)}").randrange(2**31)  # noqa: S311 - no secret


def _told_there(count: int) -> str:
    return f"{plural(count, 'design')} {'was' if count == 1 else 'were'} tried or {'is' if count == 1 else 'are'} under way"


def _space(asked: Search, dataset: Dataset, folder: Path, events: Events) -> tuple[Space, str, str]:
    """Return the designs within the limits, as when the search began, and the folder's and the search's names in the database.

    Places of the cube stay what they were: what is fast enough would be measured a little otherwise.
    """
    kept = folder / DESIGNS
    if kept.is_file():
        document = schema.accept(json.loads(kept.read_text(encoding="utf-8")), "designs", 1, where=str(kept))
        space = Space(
            plan=asked.plan,
            choices=tuple(asked.plan.choices().items()),
            designs=tuple(tuple(design) for design in document["designs"]),
            **{name: document[name] for name in ("whole", "share", "is_drawn")},
        )
        # Searches from before the name was kept are called by the path of their data, too.
        return space, document["owner"], document.get("name") or _name(_inputs(asked, dataset), asked, space)
    space, owner = _found_space(asked, events), secrets.token_hex(8)
    # The same data are at another path on another machine.
    name = _name({"plan": asked.plan.to_text(), "data": dataset.fingerprint}, asked, space)
    facts = {"whole": space.whole, "share": space.share, "is_drawn": space.is_drawn, "owner": owner, "name": name}
    write_json(kept, {"schema": schema.stamp("designs", 1), **facts, "designs": [list(one) for one in space.designs]})
    return space, owner, name


def _name(inputs: Mapping[str, Any], asked: Search, space: Space) -> str:
    """Return a search's name: one of other data or settings, or whose places are other designs, is another in the database."""
    return f"striate {fingerprint.short(fingerprint.of_json([inputs, _settings(asked), space.designs]))}"


def _found_space(asked: Search, events: Events) -> Space:
    def keeps(plan: Blueprint) -> bool:
        return not passed(plan, asked.limits, batch=asked.recipe.batch, optimizer=asked.recipe.optimizer)

    space = space_of(asked.plan, keeps, seed=asked.seed, events=events)
    if asked.limits.latency_ms is None:
        return space
    from striate.study.search.latency import within_latency

    return within_latency(space, asked.limits.latency_ms, seed=asked.seed, events=events)


def _inputs(asked: Search, dataset: Dataset) -> dict[str, Any]:
    return {"plan": asked.plan.to_text(), "data": {"reference": dataset.reference, "fingerprint": dataset.fingerprint}}


def _settings(asked: Search) -> dict[str, Any]:
    return {
        "limits": asked.limits.document(),
        "recipe": asked.recipe.document(),
        "goal": asked.goal,
        "sampler": asked.sampler,
        "prune": asked.prune,
        "seed": asked.seed,
        "known": [dict(one) for one in asked.known],
    }
