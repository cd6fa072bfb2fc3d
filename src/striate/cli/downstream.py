"""`striate downstream`: what the features of a store are worth, beside hand-made descriptors."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from striate.cli.terminal import print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import StriateError, UsageError
from striate.numbers import duration

if TYPE_CHECKING:
    from striate.findings import Finding
    from striate.records import Downstream
    from striate.transfer.downstream import Asked, Backbone, StoredFeatures

SCHEMA_VERSION = 1


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate downstream runs/a/vectors --descriptors --page features.html")(downstream)


def downstream(
    store: Annotated[str, typer.Argument(help="A store of striate extract.")],
    data: Annotated[
        str, typer.Argument(help="The data it was extracted from; needed for descriptors of what is no file.")
    ] = "",
    net: Annotated[str, typer.Option(help="The network, if it is no longer where the store says.")] = "",
    save: Annotated[Path | None, typer.Option(help="Save the best as one network: frozen, with the new head.")] = None,
    descriptors: Annotated[
        bool, typer.Option("--descriptors", help="Raw pixels, colours, HOG and LBP beside.")
    ] = False,
    layer: Annotated[list[str] | None, typer.Option(help="Only this layer; may be given several times.")] = None,
    family: Annotated[list[str] | None, typer.Option(help="Only this family; may be given several times.")] = None,
    where: Annotated[str, typer.Option(help="SQL over the store's columns, for a part of its rows.")] = "",
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation, at most.", min=2)] = 5,
    most: Annotated[
        float, typer.Option(help="Seconds one family on one layer may take; dearer ones are left out.")
    ] = 60.0,
    page: Annotated[Path | None, typer.Option(help="Write a page there.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Compare classifiers on the features of a store, under one cross-validation, with intervals.

    Linear, ridge, logistic, k-NN, SVM and a small MLP on every layer; what 1, 2, 5, 10 … labels a class bring; and with
    --descriptors what hand-made ones reach on the same folds. Settings are chosen within the training folds.
    """
    if most <= 0:
        raise UsageError("--most must be above 0 seconds", got=most)
    from striate.data import load_data
    from striate.features.descriptors import describe
    from striate.features.store import VectorStore
    from striate.lint import lint
    from striate.records import Evidence
    from striate.transfer.downstream import ask, backbone_of, compare_features, pictures, read_features, told_seconds

    opened = VectorStore.open(store)
    # What cannot be saved is refused before hours of work.
    backbone = backbone_of(opened, net or None, families=tuple(family or ())) if save is not None else None
    with Watcher(quiet=json) as events:
        features = read_features(opened, layers=tuple(layer or ()), where=where)
        asked, told = ask(features.samples, features.output, folds=folds)
        hand_made = {}
        if descriptors:
            dataset = load_data(data, events=events) if data else None
            hand_made = describe(pictures(features, dataset, events=events))
        widths = [rows.shape[1] for rows in (*features.layers.values(), *hand_made.values())]
        events.log(
            f"About {duration(told_seconds(widths, asked, families=tuple(family or ()), most_s=most))} on one core."
        )
        found = compare_features(
            features.layers,
            asked,
            hand_made=hand_made,
            families=tuple(family or ()),
            most_s=most,
            data=data or store,
            network=opened.spec.network,
            told=(*features.told, *told),
            events=events,
        )
    judged = lint(Evidence(downstream=found), select=("handmade-beats-features",))
    if page is not None:
        from striate.report.downstream.page import write_downstream_page

        write_downstream_page(found, page, findings=judged.findings)
    saving = None if backbone is None or save is None else partial(_saved, found, features, asked, backbone, save)
    if json:
        _print_json(found, judged.findings, saving)
    else:
        _show(found, judged.findings, page)
        if saving is not None:
            saved = saving()
            print_line(f"Saved {saved['saved_row']} as {save}. Next: striate inspect {save} {data or 'DATA'}")
            for line in saved["saved_told"]:
                print_line(line)
    if judged.findings:
        raise typer.Exit(1)


def _saved(
    found: Downstream, features: StoredFeatures, asked: Asked, backbone: Backbone, folder: Path
) -> dict[str, Any]:
    from striate.transfer.downstream import join_best

    joined = join_best(found, features.layers, asked, backbone, features.output)
    joined.network.save(folder)
    row = f"{joined.row.family} on {joined.row.features}"
    return {"saved": str(folder), "saved_row": row, "saved_told": list(joined.told)}


def _show(found: Downstream, findings: Sequence[Finding], page: Path | None) -> None:
    from striate.cli.downstream_tables import show_downstream

    show_downstream(found)
    for finding in findings:
        print_line(f"{finding.code} {finding.message} {finding.todo}")
    if page is not None:
        print_line(f"Wrote {page}.")


def _print_json(found: Downstream, findings: Sequence[Finding], saving: Callable[[], dict[str, Any]] | None) -> None:
    """Print one object: what was measured, and what was saved or why it could not be."""
    from striate import schema
    from striate.records.plain import to_plain

    failed: StriateError | None = None
    try:
        saved = saving() if saving is not None else {}
    except StriateError as error:
        failed, saved = error, {"error": error.facts()}
    stamp = {"schema": schema.stamp("downstream", SCHEMA_VERSION)}
    messages = [finding.message for finding in findings]
    print_json(stamp | to_plain(found) | {"findings": messages} | saved)
    if failed is not None:
        sys.stderr.write(f"striate: {failed}\n")
        raise typer.Exit(failed.exit_code)
