"""`striate map`: the vectors of a store on a plane, and what was measured of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from striate.cli.terminal import end_with, print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import UsageError
from striate.numbers import measure, percent, plural

if TYPE_CHECKING:
    from striate.features.store import VectorStore
    from striate.records import MappedLayer, MapQuality, VectorMap

SCHEMA_VERSION = 1
_MOST = 10


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(name="map", epilog="Example: striate map runs/a/vectors --page map.html")(map_command)


def map_command(
    store: Annotated[str, typer.Argument(help="The store that striate extract wrote: a folder, or s3://…")],
    layer: Annotated[list[str] | None, typer.Option(help="A stored layer; may be given several times.")] = None,
    perplexity: Annotated[
        float, typer.Option(help="Effective number of neighbours; 30, or less of few points.", min=0.0)
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Another seed, another start.")] = 0,
    where: Annotated[
        str, typer.Option(help="SQL over the columns: a map of a part, which is not kept. \"split = 'test'\"")
    ] = "",
    afresh: Annotated[bool, typer.Option("--afresh", help="Make a new map where there is one.")] = False,
    alone: Annotated[bool, typer.Option("--alone", help="Try no other perplexities and starts beside.")] = False,
    page: Annotated[Path | None, typer.Option(help="Write the map as one HTML file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Map a store's vectors by t-SNE, and measure in the space whether the classes separate.

    Run it again when the store grew: only new points are placed, the old ones stay. Ends with 1 if the classes do not separate.
    """
    from striate.features.mapping import MapSettings, map_store, told_beforehand
    from striate.features.store import VectorStore
    from striate.lint import lint
    from striate.records import Evidence

    if page is not None and page.suffix not in {".html", ".htm", ""}:
        raise UsageError("--page must be an HTML file", got=str(page))
    settings = MapSettings(perplexity=perplexity, seed=seed, is_compared=not alone)
    opened = VectorStore.open(store)
    with Watcher(quiet=json) as events:
        if not json:
            for line in told_beforehand(opened, layers=layer or (), where=where, afresh=afresh, settings=settings):
                print_line(line)
        found = map_store(opened, layers=layer or (), where=where, afresh=afresh, settings=settings, events=events)
    report = lint(Evidence(vector_map=found), select=["MAP003"])
    if json:
        print_json(_document(found))
    else:
        _show(found, opened)
        from striate.cli.tables import show_findings

        show_findings(report.findings, checked=len(report.silent), skipped=len(report.skipped))
    if page is not None:
        from striate.report.maps.page import write_map_page

        write_map_page(found, opened, page, findings=report.findings, silent=report.silent)
        if not json:
            print_line(f"Wrote {page}.")
    end_with(report.findings)


def _show(found: VectorMap, store: VectorStore) -> None:
    from striate.lint.separating import separation_verdict

    later = int(found.placed_later.sum())
    words = f"{plural(len(found.ids), 'point')} of {found.store}"
    if later:
        words += f", {later} of them placed on the map that was there ({int(found.far.sum())} far from all others)"
    if found.left_out:
        words += f"; {plural(found.left_out, 'row')} without a vector"
    print_line(f"{words}.")
    _show_maps(found)
    for layer in found.layers:
        verdict = separation_verdict(layer)
        if verdict is not None:
            print_line(verdict.words)
        for told in layer.unmeasured:
            print_line(f"{layer.layer}: {told}")
    _show_suspects(found, found.judged, store)


def _show_maps(found: VectorMap) -> None:
    """Show each layer's map, PCA beside it, and the maps tried."""
    from rich import box
    from rich.table import Table

    from striate.cli.terminal import console

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("layer", "map"):
        table.add_column(name)
    for name in ("trustworthiness", "continuity", "recall", "as drawn"):
        table.add_column(name, justify="right")
    for layer in found.layers:
        table.add_row(layer.layer, f"perplexity {measure(layer.perplexity, 2)}, drawn", *_figures(layer.quality), "")
        shares = percent(sum(layer.pca_shares[:2]), 0)
        table.add_row("", f"PCA, {shares} of the variance", *_figures(layer.pca_quality), "")
        for one in layer.tried:
            if not one.is_reference:
                name = f"perplexity {measure(one.perplexity, 2)}" + ("" if one.seed == layer.seed else ", random start")
                table.add_row("", name, *_figures(one.quality), percent(one.overlap, 0))
        if layer.lone:
            table.add_row("", f"{plural(len(layer.lone), 'group')} on one of these maps only", "", "", "", "")
    console().print(table)


def _figures(quality: MapQuality | None) -> Sequence[str]:
    if quality is None:
        return ("", "", "")
    return (f"{quality.trustworthiness:.3f}", f"{quality.continuity:.3f}", f"{quality.recall:.2f}")


def _show_suspects(found: VectorMap, layer: MappedLayer, store: VectorStore) -> None:
    pairs = layer.separation.overlaps[:_MOST] if layer.separation is not None else ()
    doubtful, odd = layer.doubtful[:_MOST], layer.odd[:_MOST]
    shown = [row for pair in pairs for row in pair.border[:3]]
    shown += [one.row for one in doubtful] + [one.row for one in odd]
    places = _places(store, [found.ids[row] for row in shown])
    names = {row: places.get(found.ids[row], found.ids[row]) for row in shown}
    for pair in pairs:
        print_line(
            f"{found.names[pair.first]} and {found.names[pair.second]} overlap: {percent(pair.share)} of their neighbours are of "
            f"the other; at the border {', '.join(names[row] for row in pair.border[:3])}."
        )
    if doubtful:
        print_line(f"{plural(len(layer.doubtful), 'likely label error')}:")
        for one in doubtful:
            says = f"{found.names[one.label]}, neighbours say {found.names[one.neighbours_say]}"
            if found.truth == "labels":
                says = f"{found.names[one.label]}, neighbours say otherwise"
            print_line(f"  {names[one.row]}  is {says} ({percent(one.share, 0)})")
    if odd:
        print_line(f"{plural(len(layer.odd), 'odd one')} out:")
        for other in odd:
            print_line(f"  {names[other.row]}  lies {measure(other.factor, 2)} times sparser than its neighbours")


def _places(store: VectorStore, ids: Sequence[str]) -> dict[str, str]:
    """Return where the samples of some rows are found, by id."""
    if not ids:
        return {}
    from striate.features.store.asking import quoted

    rows = store.rows(("id", "place"), f"id IN ({', '.join(quoted(one) for one in sorted(set(ids)))})")
    places: dict[str, str] = dict(zip(rows["id"].to_pylist(), rows["place"].to_pylist(), strict=True))
    return places


def _document(found: VectorMap) -> dict[str, Any]:
    from striate import schema
    from striate.features.mapping.document import map_document
    from striate.lint.separating import separation_verdict

    verdicts = {}
    for layer in found.layers:
        verdict = separation_verdict(layer)
        if verdict is not None:
            verdicts[layer.layer] = {"separates": verdict.separates, "words": verdict.words}
    return {"schema": schema.stamp("map", SCHEMA_VERSION), "verdicts": verdicts} | {"map": map_document(found)["map"]}
