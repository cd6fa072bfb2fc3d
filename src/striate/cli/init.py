"""`striate init`: choose where weights begin, or compare where each beginning starts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from striate.cli.terminal import console, end_with, print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import InputError, UsageError

if TYPE_CHECKING:
    from striate.records import BeginningComparison


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate init net.yaml digits --compare he,small,lsuv --page beginnings.html")(init)


def init(
    network: Annotated[str, typer.Argument(help="net.yaml, or any network reference.")] = "",
    data: Annotated[
        str,
        typer.Argument(help="digits, a folder of class folders, or a manifest; for beginnings that look at images."),
    ] = "",
    with_: Annotated[str, typer.Option("--with", help="The beginning: he, lsuv, kmeans:deep, file:PATH …")] = "",
    out: Annotated[Path | None, typer.Option(help="Folder for the network so begun.")] = None,
    compare: Annotated[str, typer.Option(help="Beginnings with commas between them; the first is the yardstick.")] = "",
    steps: Annotated[int, typer.Option(help="Of training, for each beginning and seed.", min=1)] = 200,
    seeds: Annotated[int, typer.Option(help="How many, from 0.", min=1)] = 3,
    images: Annotated[int, typer.Option(help="Training images used.", min=2)] = 500,
    seed: Annotated[int, typer.Option(help="Of the weights, with --with.")] = 0,
    page: Annotated[Path | None, typer.Option(help="Write the comparison as one HTML page, too.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="List the beginnings.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Save a network whose weights have begun as named, or compare where each beginning starts.

    A comparison ends with 1 if values die out or blow up in one of them.
    """
    _check_options(
        with_, compare, (steps, seeds, images) != (200, 3, 500) or page is not None, out is not None or seed != 0
    )
    if list_:
        _list(as_json=json)
    elif not network:
        raise UsageError("a network must be named", got="none", hint="Or list the beginnings with --list.")
    elif bool(with_) == bool(compare):
        raise UsageError(
            "either --with or --compare must be given",
            got="both" if with_ else "none",
            hint="--with he --out begun saves a network; --compare he,small measures. striate init --list names all.",
        )
    elif with_:
        _begin(network, data, with_, out, seed=seed, as_json=json)
    else:
        if not data:
            raise UsageError("a comparison must have data", got="none", hint="Name them after the network: digits.")
        names = [name.strip() for name in compare.split(",") if name.strip()]
        command = f"striate init {network} {data} --compare {','.join(names)} --steps {steps} --seeds {seeds} --images {images}"
        _compare(network, data, names, (steps, seeds, images), page, command, as_json=json)


def _check_options(with_: str, compare: str, compares: bool, begins: bool) -> None:
    """Refuse options that the way which was asked for would not look at."""
    if with_ and not compare and compares:
        raise UsageError(
            "--steps, --seeds, --images and --page must come with --compare",
            got=f"--with {with_}",
            hint="Leave them out.",
        )
    if compare and not with_ and begins:
        raise UsageError(
            "--out and --seed must come with --with", got=f"--compare {compare}", hint="A page is written with --page."
        )


def _begin(network: str, data: str, name: str, out: Path | None, *, seed: int, as_json: bool) -> None:
    from striate.data import ReadAs, load_data
    from striate.train import begun_network
    from striate.train.asking import axes_of, starting_point

    if out is None:
        raise UsageError("a folder for the network must be named", got="none", hint="Add --out FOLDER.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(
            "--out must be a new or an empty folder",
            got=str(out),
            hint="Choose another, or delete it: what it holds is not written over.",
        )
    given = starting_point(network)
    with Watcher(quiet=as_json) as events:
        dataset = load_data(data, read_as=ReadAs(axes=axes_of(given)), events=events) if data else None
        made = begun_network(given, name, dataset, seed=seed, events=events)
    made.save(out)
    if as_json:
        print_json({"network": str(out), "receipt": dict(made.receipt)})
        return
    for sentence in made.receipt.get("begun", ()):
        print_line(sentence)
    print_line(f"Wrote {out}: {made.receipt['weights']}. Next: striate train {out} {data or 'DATA'} --out runs/a")


def _compare(
    network: str,
    data: str,
    names: list[str],
    sizes: tuple[int, int, int],
    page: Path | None,
    command: str,
    *,
    as_json: bool,
) -> None:
    from striate.data import ReadAs, load_data
    from striate.report.beginnings.page import beginnings_document, judge_beginnings, write_beginnings_page
    from striate.train import compare_beginnings
    from striate.train.asking import axes_of, starting_point

    steps, seeds, images = sizes
    given = starting_point(network)
    with Watcher(quiet=as_json) as events:
        dataset = load_data(data, read_as=ReadAs(axes=axes_of(given)), events=events)
        found = compare_beginnings(given, dataset, names, steps=steps, seeds=seeds, images=images, events=events)
    judged = judge_beginnings(found)
    if page is not None:
        write_beginnings_page(found, page, name=network, data=dataset.name, command=command)
    if as_json:
        print_json(beginnings_document(found, judged.findings))
    else:
        _show(found)
        from striate.cli.tables import show_findings

        show_findings(judged.findings, checked=len(judged.silent), skipped=len(judged.skipped))
        if page is not None:
            print_line(f"Wrote {page}.")
    end_with(judged.findings)


def _show(found: BeginningComparison) -> None:
    """Show one row a beginning, and the verdict."""
    from rich import box
    from rich.table import Table

    from striate.numbers import measure
    from striate.report.beginnings.page import score_words, verdict

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    difference = "difference (95 %)" if found.score_name == "R²" else "points of difference (95 %)"
    for label in ("Beginning", "spread × a layer", "loss before", "loss after", found.score_name, difference):
        table.add_column(label, justify="left" if label == "Beginning" else "right")
    differences = {row.beginning: row for row in found.differences}
    for start, steps in zip(found.starts, found.steps, strict=True):
        row = differences.get(start.beginning)
        scale = 1.0 if found.score_name == "R²" else 100.0
        end = steps.losses[:, -10:]
        words = (
            ""
            if row is None
            else f"{measure(scale * row.mean, signed=True)} ({measure(scale * row.interval[0], signed=True)} to "
            f"{measure(scale * row.interval[1], signed=True)})"
        )
        table.add_row(
            start.beginning,
            "–" if start.factor is None else measure(start.factor),
            measure(start.loss),
            "lost" if steps.lost else measure(float(end.mean())),
            score_words(found, steps),
            words,
        )
    console().print(table)
    console().print(verdict(found))


def _list(*, as_json: bool) -> None:
    import striate.train  # noqa: F401 - adds those that need a training
    from striate.nets.beginnings import BEGINNINGS

    rows = [
        {
            "name": beginning.name,
            "usage": beginning.usage,
            "meaning": beginning.meaning,
            "needs_images": beginning.needs_images,
            "when_it_misleads": beginning.part("When it misleads"),
            "source": beginning.part("Source"),
        }
        for beginning in BEGINNINGS.values()
    ]
    if as_json:
        print_json({"beginnings": rows})
        return
    width = max(len(str(row["usage"])) for row in rows)
    for row in rows:
        print_line(f"{row['usage']:<{width}}  {'images' if row['needs_images'] else '      '}  {row['meaning']}")
