"""`striate study`: a controlled experiment, over seeds and at equal cost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from striate.cli.terminal import print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import UsageError
from striate.numbers import plural

if TYPE_CHECKING:
    from striate.data import Dataset
    from striate.study.plan import Study


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate study depth-filter-size --out studies/depth")(study)


def study(
    name: Annotated[str, typer.Argument(help="A study's file, or a ready study: see --list.")] = "",
    data: Annotated[str, typer.Option(help="Data for a ready study; digits if left out.")] = "",
    out: Annotated[Path | None, typer.Option(help="The study's folder; the same command again goes on there.")] = None,
    seeds: Annotated[int | None, typer.Option(help="Seeds; more than before adds to what is there.", min=1)] = None,
    workers: Annotated[
        int | None, typer.Option(help="Trainings at once; the number of processors if left out.", min=1)
    ] = None,
    on: Annotated[str, typer.Option(help="Where: processes, or ray (a cluster).")] = "processes",
    plan: Annotated[bool, typer.Option("--plan", help="Show the cells and their cost; train nothing.")] = False,
    fork: Annotated[Path | None, typer.Option(help="Folder of a study that this one, changed, begins from.")] = None,
    lists: Annotated[bool, typer.Option("--list", help="List the ready studies.")] = False,
    write: Annotated[Path | None, typer.Option(help="Write a ready study's file there, to change it.")] = None,
    page: Annotated[
        Path | None, typer.Option(help="Write the study's page there too; it is always in --out, as study.html.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train networks that cost the same and differ in what is asked, from several seeds, and say what that shows.

    Kill it whenever you like and run it again: nothing is done twice, and the tables are the same.
    """
    if lists:
        _list(json=json)
        return
    if not name:
        raise UsageError("a study must be named", got="none", hint="striate study --list shows the ready ones.")
    if on not in {"processes", "ray"}:
        raise UsageError("--on must be processes or ray", got=on)
    if fork is not None and (out is None or plan or write is not None):
        raise UsageError("--fork must come with --out, the new folder, and without --plan or --write", got=str(fork))
    if page is not None and (out is None or plan or write is not None):
        raise UsageError("--page must come with --out and without --plan or --write", got=str(page))
    with Watcher(quiet=json) as events:
        from striate.data import load_data

        dataset = load_data(data, events=events) if data else None
        asked = _asked(name, data, dataset, seeds)
        if write is not None:
            _write(asked, write, json=json)
        elif plan or out is None:
            _plan(asked, dataset, workers or os.cpu_count() or 1, json=json)
        else:
            _run(asked, dataset, out, fork, workers, on, events, page=page, json=json)


def _asked(name: str, data: str, dataset: Dataset | None, seeds: int | None) -> Study:
    from dataclasses import replace

    from striate.study import read_study, ready_study

    if Path(name).suffix in {".yaml", ".yml"}:
        if data:
            raise UsageError("--data must be left out for a study's file, which names its own", got=data)
        asked = read_study(name)
    else:
        asked = ready_study(name, data or "digits", dataset)
    return asked if seeds is None else replace(asked, seeds=seeds)


def _list(*, json: bool) -> None:
    from striate.study import ready_studies

    found = ready_studies()
    if json:
        print_json({"studies": [{"name": one.name, "question": one.question} for one in found]})
        return
    for one in found:
        print_line(f"{one.name}: {one.question}")
    print_line("Next: striate study depth-filter-size --out studies/depth")


def _write(asked: Study, path: Path, *, json: bool) -> None:
    from striate.runs import write_text
    from striate.study import study_text

    if path.exists():
        raise UsageError("--write must name a new file", got=str(path))
    write_text(path, study_text(asked))
    if json:
        print_json({"written": str(path)})
        return
    print_line(f"Wrote {path}. Next: striate study {path} --plan")


def _plan(asked: Study, dataset: Dataset | None, workers: int, *, json: bool) -> None:
    from striate.cli.study_tables import show_plan
    from striate.data import load_data
    from striate.study import cells_of
    from striate.study.documents import cells_document
    from striate.study.estimating import estimated
    from striate.study.running import prepared

    if json and not asked.fixed.is_measured:
        print_json(cells_document(asked, cells_of(asked)))
        return
    dataset = dataset or load_data(asked.data)
    ready = prepared(asked, dataset)
    if json:
        print_json(cells_document(asked, ready.cells))
        return
    show_plan(asked, ready.cells)
    works = ready.planned()
    print_line(
        f"{plural(len(works), 'training')}: {estimated(works, dataset, workers=workers).told} ({workers} at once). "
        "Nothing was trained: give --out."
    )


def _run(
    asked: Study,
    dataset: Dataset | None,
    out: Path,
    fork: Path | None,
    workers: int | None,
    on: str,
    events: Any,  # noqa: ANN401 - a watcher
    *,
    page: Path | None,
    json: bool,
) -> None:
    from striate.cli.study_tables import show_study
    from striate.report.studies.page import write_study_page
    from striate.study import fork_study, read_results, run_study
    from striate.study.documents import study_document

    if fork is not None:
        taken = fork_study(asked, fork, out, dataset=dataset)
        events.log(f"Forked: {plural(taken, 'training')} of {fork} still hold.")
    results = run_study(
        asked, out, workers=workers, on="ray" if on == "ray" else "processes", events=events, dataset=dataset
    )
    reading = read_results(results)
    written = [write_study_page(reading, place) for place in (out, page) if place is not None]
    if json:
        print_json(study_document(reading))
    else:
        show_study(reading)
        print_line(f"Wrote {' and '.join(map(str, written))}.")
    if any(run.failed for row in results.cells for run in row.runs):
        raise typer.Exit(1)
