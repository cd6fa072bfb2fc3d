"""`striate adapt`: a pretrained network adapted to data in the way that measured best."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from striate.cli.terminal import print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import UsageError

_TIME = re.compile(r"(\d+(?:\.\d+)?)(s|min|h)?")
_SECONDS = {None: 1.0, "s": 1.0, "min": 60.0, "h": 3600.0}


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate adapt resnet18 photos --out runs/flowers --budget 10min")(adapt)


def adapt(
    network: Annotated[
        str, typer.Argument(help="A pretrained network: a folder of striate load, timm:name@file, torchvision:name …")
    ],
    data: Annotated[str, typer.Argument(help="digits, a folder of class folders, or a CSV or Parquet manifest.")],
    out: Annotated[Path, typer.Option(help="Run folder; the same command again goes on where it stopped.")],
    budget: Annotated[str, typer.Option(help="Time it may take: 90s, 10min, 2h.")] = "10min",
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation, at most.", min=2)] = 5,
    groups: Annotated[
        str, typer.Option(help="folder: images in one sub-folder are never divided; near-duplicates never are.")
    ] = "",
    threads: Annotated[int | None, typer.Option(help="Processor threads.", min=1)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure where to cut a pretrained network and what to train of it, do what measured best, and prove it.

    It says how long it will take, and keeps to the time. A fifth of the samples is not looked at until the end. Kill it whenever
    you like: the same command goes on.
    """
    from striate.data import ReadAs, load_data
    from striate.nets import load_network
    from striate.records.adaptation_document import adaptation_document
    from striate.report.adapting.of_run import write_adapted_page
    from striate.transfer import adapt as adapt_network

    if groups not in {"", "folder"}:
        raise UsageError("--groups must be folder, or left out", got=groups)
    budget_s = seconds(budget)
    given = load_network(network)
    with Watcher(quiet=json) as events:
        dataset = load_data(data, read_as=ReadAs(axes=given.preprocessing.stored_axes), events=events)
        found = adapt_network(
            given,
            dataset,
            out,
            budget_s=budget_s,
            folds=folds,
            by_folder=groups == "folder",
            reference=network,
            threads=threads,
            events=events,
        )
        page = write_adapted_page(found, given, dataset, events=events)
    if json:
        print_json(adaptation_document(found.adaptation) | {"page": str(page)})
        return
    from striate.cli.adapt_tables import show_adaptation

    show_adaptation(found.adaptation)
    print_line(f"Wrote {page}. Check its receipt: striate verify {out}. Next: striate inspect {out} {data}")


def seconds(text: str) -> float:
    """Return the seconds of a time as it is written.

    Raises:
        UsageError: Anything else, or nothing.

    Example:
        >>> seconds("90s"), seconds("10min"), seconds("1.5h")
        (90.0, 600.0, 5400.0)
    """
    found = _TIME.fullmatch(text.strip())
    if found is None or float(found[1]) <= 0:
        raise UsageError("--budget must be a time above 0", got=text, hint="For example 90s, 10min or 2h.")
    return float(found[1]) * _SECONDS[found[2]]
