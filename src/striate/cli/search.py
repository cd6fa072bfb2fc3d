"""`striate search`: a blueprint's open choices, tried within hard limits."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from striate.cli.terminal import print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import UsageError

if TYPE_CHECKING:
    from striate.data import Dataset
    from striate.study.search import SearchReading, SearchResults


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate search open.yaml digits --macs 200000 --out searches/a")(search)


def search(
    network: Annotated[str, typer.Argument(help="A blueprint with open choices.")],
    data: Annotated[str, typer.Argument(help="Data, as striate train takes them.")],
    out: Annotated[Path, typer.Option(help="The search's folder; the same command again goes on there.")],
    macs: Annotated[int | None, typer.Option(help="MACs of one image at most.", min=1)] = None,
    params: Annotated[int | None, typer.Option(help="Parameters at most.", min=1)] = None,
    peak: Annotated[int | None, typer.Option(help="Bytes of a training step at most.", min=1)] = None,
    latency_ms: Annotated[float | None, typer.Option(help="Milliseconds of one image at most, measured here.")] = None,
    trials: Annotated[int, typer.Option(help="Designs to try, with those that were tried.", min=1)] = 30,
    front: Annotated[bool, typer.Option("--front", help="Search the best score at every number of MACs.")] = False,
    sampler: Annotated[str, typer.Option(help="tpe or random.")] = "tpe",
    prune: Annotated[bool, typer.Option("--prune/--no-prune", help="Stop designs that fall behind.")] = True,
    known: Annotated[list[str] | None, typer.Option(help="NAME=VALUE,NAME=VALUE: a design to begin with.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Of each training.", min=1)] = None,
    images: Annotated[int | None, typer.Option(help="Training samples of each.", min=1)] = None,
    rate: Annotated[float | None, typer.Option(help="Highest learning rate.")] = None,
    seed: Annotated[int, typer.Option(help="Of the sampler and the trainings.", min=0)] = 0,
    best: Annotated[
        int, typer.Option(help="So many of the best are trained again: 0 for none, else at least 2.", min=0)
    ] = 3,
    seeds: Annotated[int, typer.Option(help="From so many other seeds.", min=1)] = 3,
    workers: Annotated[int | None, typer.Option(help="Trainings at once; processors if left out.", min=1)] = None,
    on: Annotated[str, typer.Option(help="Where: processes, or ray (a cluster).")] = "processes",
    storage: Annotated[str, typer.Option(help="Database for several machines: postgresql://…")] = "",
    page: Annotated[
        Path | None, typer.Option(help="Write the search's page there too; it is always in --out, as search.html.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Search a blueprint's open choices within hard limits, and train the best again before anything is claimed.

    Designs outside the limits are taken out on paper before the search begins, so that none is built for nothing. The database
    is Optuna's: `optuna-dashboard sqlite:///searches/a/search.db` shows it.
    """
    if best == 1:
        raise UsageError("--best must be 0 or at least 2", got=best, hint="One alone is compared with nothing.")
    if sampler not in {"tpe", "random"} or on not in {"processes", "ray"}:
        raise UsageError("--sampler must be tpe or random, --on processes or ray", got=f"{sampler}, {on}")
    from striate.blueprint import read_blueprint
    from striate.blueprint.choosing import values_from
    from striate.data import load_data
    from striate.report.studies.search.page import write_search_page
    from striate.study.search import Limits, Search, read_search
    from striate.study.search import search as run_search
    from striate.train.asking import recipe_with

    plan = read_blueprint(network)
    asked = Search(
        plan=plan,
        limits=Limits(macs=macs, params=params, peak_bytes=peak, latency_ms=latency_ms),
        recipe=recipe_with(data, epochs=epochs, images=images, rate=rate),
        goal="front" if front else "score",
        sampler="random" if sampler == "random" else "tpe",
        prune=prune,
        seed=seed,
        known=tuple(values_from(plan, one.split(","), where="--known") for one in known or ()),
    )
    where: Any = "ray" if on == "ray" else "processes"
    with Watcher(quiet=json) as events:
        dataset = load_data(data, events=events)
        found = run_search(
            asked, dataset, out, trials=trials, workers=workers, on=where, storage=storage, events=events
        )
        again = _again(found, dataset, out, best, seeds, workers, where, events)
    reading = read_search(found, again)
    written = [write_search_page(reading, place) for place in (out, page) if place is not None]
    if json:
        from striate.study.search.documents import search_document

        print_json(search_document(reading))
    else:
        _show(reading, best)
        print_line(f"Wrote {' and '.join(map(str, written))}.")
        print_line(f"Next: the same command with --trials {2 * len(found.trials)} goes on in {out}.")
    if any(trial.ended == "failed" for trial in found.trials):
        raise typer.Exit(1)


def _again(
    found: SearchResults,
    dataset: Dataset,
    out: Path,
    best: int,
    seeds: int,
    workers: int | None,
    on: Any,  # noqa: ANN401 - processes or ray
    events: Any,  # noqa: ANN401 - a watcher
) -> Any:  # noqa: ANN401 - a study's reading
    from striate.study import read_results, run_study
    from striate.study.search import best as best_of
    from striate.study.search import retraining

    chosen = best_of(found, best)
    if len(chosen) < 2:
        return None
    names = "-".join(str(trial.number) for trial in chosen)
    study = retraining(found, chosen, dataset.reference, seeds=seeds)
    return read_results(run_study(study, out / f"best-{names}", workers=workers, on=on, events=events, dataset=dataset))


def _show(reading: SearchReading, best: int) -> None:
    from striate.cli.search_tables import show_search
    from striate.cli.study_tables import show_study

    show_search(reading)
    print_line("")
    if reading.again is not None:
        show_study(reading.again)
    elif best:
        print_line(
            "Nothing was trained again: fewer than two designs are left to compare. Search more, or with other limits."
        )
