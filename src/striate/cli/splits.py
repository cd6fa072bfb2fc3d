"""`striate splits`: how data would be divided, what is alike, and what leaks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from striate.cli.terminal import end_with, print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import UsageError

if TYPE_CHECKING:
    from striate.features.splitting import SplitStudy

SCHEMA_VERSION = 1
_MOST = 20


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate splits photos --groups folder --folds 5 --out groups.csv")(splits)


def splits(
    data: Annotated[str, typer.Argument(help="digits, a folder of class folders, or a CSV or Parquet manifest.")],
    network: Annotated[
        str, typer.Option(help="Compare the features of this network; without one, small grey pixels.")
    ] = "",
    layer: Annotated[str, typer.Option(help="Which layer of it; what its first fully connected layer reads.")] = "",
    axes: Annotated[
        int, typer.Option(help="Of space in arrays: 1 signals, 2 images, 3 volumes; 0 goes by their own.", min=0, max=3)
    ] = 0,
    groups: Annotated[str, typer.Option(help="folder: images in one sub-folder are never divided.")] = "",
    near: Annotated[
        float | None, typer.Option(help="Cosine from which two images are near-duplicates; measured if left out.")
    ] = None,
    folds: Annotated[int, typer.Option(help="Print so many folds, too.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Another seed, another division.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="Write a manifest (CSV) with the joined groups, to train on.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the split, near-duplicates and leaks of data, and the split that keeps together what belongs together.

    Ends with 1 if the plain split leaks. A manifest written with --out has the groups in it: train on that.
    """
    from striate.data import ReadAs, load_data
    from striate.features.splitting import check_groups_path, study_splits, write_groups
    from striate.nets import load_network

    if groups not in {"", "folder"}:
        raise UsageError("--groups must be folder, or left out", got=groups)
    with Watcher(quiet=json) as events:
        compared = load_network(network) if network else None
        meant = axes or (compared.preprocessing.stored_axes if compared else 0)
        dataset = load_data(data, read_as=ReadAs(axes=meant), events=events)
        if out is not None:
            check_groups_path(dataset, out)
        found = study_splits(
            dataset,
            compared,
            layer=layer,
            by_folder=groups == "folder",
            limit=near,
            folds=folds,
            seed=seed,
            events=events,
        )
    if out is not None:
        write_groups(found.grouped, out)
    findings = found.judged.findings
    if json:
        print_json(_document(found))
    else:
        _show(found)
        from striate.cli.tables import show_findings

        show_findings(findings, checked=len(found.judged.silent), skipped=len(found.judged.skipped))
        if out is not None:
            print_line(f"Wrote {out}. Next: striate train net.yaml {out} --out runs/a")
    end_with(findings)


def _show(found: SplitStudy) -> None:
    for line in found.told:
        print_line(line)
    _show_parts(found)
    for title, leaks in (("As it is", found.leaks), ("With these groups", found.leaks_grouped)):
        sources = leaks.sources
        words = (
            f"{title}: {len(leaks.pairs)} of {leaks.held_out_count} held-out samples have a near-duplicate that is seen"
        )
        if sources is not None:
            words += f"; {sources.near} of {sources.judged} have their own source nearest (chance {100 * sources.chance:.0f} %)"
        print_line(words + ".")
    for pair in found.leaks.pairs[:_MOST]:
        print_line(f"  {pair.similarity:.4f}  {pair.held_out_place}  {pair.seen_place}")
    if len(found.leaks.pairs) > _MOST:
        print_line(f"  and {len(found.leaks.pairs) - _MOST} more; --json prints all.")


def _show_parts(found: SplitStudy) -> None:
    """Show how many samples of each class are in each part, and in each fold, of the grouped data."""
    from rich import box
    from rich.table import Table

    from striate.cli.terminal import console

    output, split = found.dataset.output, found.split_grouped
    parts = {"training": split.train, "validation": split.validation, "held out": split.test}
    if found.folds is not None:
        parts |= {f"fold {number}": part for number, part in enumerate(found.folds.parts, start=1)}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(output.kind)
    for name in parts:
        table.add_column(name, justify="right")
    columns = [found.counts(part) for part in parts.values()]
    names = ["samples"] if output.kind == "values" else output.names
    for name, *counts in zip(names, *columns, strict=True):
        table.add_row(name, *map(str, counts))
    table.add_section()
    table.add_row("in all", *(str(len(part)) for part in parts.values()))
    console().print(table)


def _document(found: SplitStudy) -> dict[str, Any]:
    from striate import schema

    return {"schema": schema.stamp("splits", SCHEMA_VERSION)} | found.document()
