"""`striate similar` and `striate index`: who is alike in a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from striate.cli.terminal import print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import UsageError

if TYPE_CHECKING:
    from striate.features.store import VectorStore
    from striate.records.neighbours import IndexKind, Metric

_COUNT = 12


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: striate similar photo.jpg runs/a/vectors --label cat --why")(similar)
    app.command(epilog="Example: striate index runs/a/vectors --recall 0.99")(index)


def similar(
    image: Annotated[str, typer.Argument(help="A file, data:index like digits:17, or the id of a row of the store.")],
    store: Annotated[str, typer.Argument(help="A store, as striate extract writes it.")] = "",
    layer: Annotated[str, typer.Option(help="One of the store's layers; its first if left out.")] = "",
    k: Annotated[int, typer.Option("-k", "--count", help="How many neighbours.")] = _COUNT,
    metric: Annotated[str, typer.Option(help="cosine or l2.")] = "cosine",
    label: Annotated[str, typer.Option(help="Only of this class, or with this label.")] = "",
    split: Annotated[str, typer.Option(help="Only of this part of the data.")] = "",
    where: Annotated[str, typer.Option(help='Only rows that satisfy this SQL: "confidence < 0.6".')] = "",
    net: Annotated[str, typer.Option(help="Where the store's network is now.")] = "",
    exact: Annotated[bool, typer.Option("--exact", help="Not through the store's index.")] = False,
    why: Annotated[bool, typer.Option("--why", help="Which part makes the nearest one similar.")] = False,
    duplicates: Annotated[
        bool, typer.Option("--duplicates", help="Near-duplicates of a whole store: striate similar --duplicates STORE.")
    ] = False,
    page: Annotated[Path | None, typer.Option(help="Also write a page with the pictures to this file.")] = None,
    near: Annotated[
        float | None, typer.Option(help="Cosine from which two are near-duplicates; measured if left out.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the rows of a store that are most alike to a picture, or that are alike among themselves.

    Exactly, unless the store has an index that is faster: then the recall is told. With --duplicates it ends with 1 if two
    near-duplicates have different labels.
    """
    from striate.features.store import VectorStore

    if metric not in {"cosine", "l2"}:
        raise UsageError("--metric must be cosine or l2", got=metric)
    if duplicates:
        if store:
            raise UsageError("--duplicates must come with a store alone", got=image, hint="No picture is asked about.")
        given = {
            "-k": k != _COUNT, "--metric": metric != "cosine", "--label": label, "--split": split, "--net": net,
            "--exact": exact, "--why": why, "--page": page is not None,
        }  # fmt: skip
        for name, is_given in given.items():
            if is_given:
                raise UsageError(f"{name} must come with a picture", got="--duplicates", hint="Leave one of them out.")
        _duplicates(VectorStore.open(image), layer, near, where, json=json)
        return
    if near is not None:
        raise UsageError("--near must come with --duplicates", got=near)
    if not store:
        raise UsageError("a picture must come with a store", got="no store", hint="striate similar IMAGE STORE.")
    _similar(
        VectorStore.open(store), image, cast("Metric", metric), layer=layer, k=k, label=label, split=split, where=where,
        net=net, exact=exact, why=why, page=page, json=json,
    )  # fmt: skip


def _similar(
    store: VectorStore,
    image: str,
    metric: Metric,
    *,
    layer: str,
    k: int,
    label: str,
    split: str,
    where: str,
    net: str,
    exact: bool,
    why: bool,
    page: Path | None,
    json: bool,
) -> None:
    from striate.features.neighbours import query_of, search

    with Watcher(quiet=json) as events:
        query = query_of(image, store, layer=layer, network=net or None)
        found = search(
            store,
            query,
            count=k,
            metric=metric,
            label=label,
            split=split,
            where=where,
            way="exact" if exact else "auto",
        )
        parts = None
        if why and found.neighbours:
            from striate.explain.similarity import explain_similarity

            parts = explain_similarity(
                store, query, found.neighbours[0].image, network=net or None, metric=metric, events=events,
            )  # fmt: skip
    if page is not None:
        from striate.report.maps.neighbours_page import write_neighbours_page

        write_neighbours_page(found, page, parts=parts)
    note = _entering(image, store)
    if json:
        from striate.cli.similar_tables import search_document

        print_json(search_document(found, parts) | {"entered": note})
        return
    from striate.cli.similar_tables import show_parts, show_search

    if note:
        print_line(f"{image} entered as {note}.")
    show_search(found)
    if parts is not None:
        show_parts(parts)
    if page is not None:
        print_line(f"Wrote {page}.")


def _entering(image: str, store: VectorStore) -> str:
    """Return what was done to the picture of a file on its way in; "" of all else, and where more than its centre is read."""
    from striate.data import said_entering
    from striate.data.decoding import read_bytes
    from striate.data.files import decode_file

    if not Path(image).is_file() or store.spec.views not in {"centre", "flips"}:
        return ""
    how = store.spec.preprocessing
    decoded = decode_file(Path(image).name, read_bytes(Path(image)), how.stored_axes)
    return said_entering(tuple(decoded.values.shape), how)


def index(
    store: Annotated[str, typer.Argument(help="A store, as striate extract writes it.")],
    layer: Annotated[str, typer.Option(help="One of the store's layers; its first if left out.")] = "",
    metric: Annotated[str, typer.Option(help="cosine or l2.")] = "cosine",
    kind: Annotated[
        str, typer.Option(help="ivf-flat (whole vectors), ivf-pq (codes, less disk) or ivf-hnsw-sq (graphs).")
    ] = "ivf-flat",
    recall: Annotated[float, typer.Option(help="Share of the true nearest 10 that it shall find.")] = 0.99,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Build an index over a store's vectors, so that a search need not read them all, and measure its recall.

    One index a layer; another takes its place. Rows that are added later are searched, too.
    """
    from striate.features.neighbours import build_index
    from striate.features.store import VectorStore

    if metric not in {"cosine", "l2"}:
        raise UsageError("--metric must be cosine or l2", got=metric)
    if kind not in {"ivf-flat", "ivf-pq", "ivf-hnsw-sq"}:
        raise UsageError("--kind must be ivf-flat, ivf-pq or ivf-hnsw-sq", got=kind)
    opened = VectorStore.open(store)
    with Watcher(quiet=json) as events:
        found = build_index(
            opened,
            layer=layer,
            metric=cast("Metric", metric),
            kind=cast("IndexKind", kind),
            recall=recall,
            events=events,
        )
    if json:
        from striate import schema
        from striate.cli.similar_tables import SCHEMA_VERSION
        from striate.records.plain import to_plain

        print_json({"schema": schema.stamp("search-index", SCHEMA_VERSION), "index": to_plain(found)})
    else:
        from striate.cli.similar_tables import show_index

        show_index(found, store)


def _duplicates(store: VectorStore, layer: str, near: float | None, where: str, *, json: bool) -> None:
    from striate.features.neighbours import stored_duplicates

    with Watcher(quiet=json) as events:
        found = stored_duplicates(store, layer=layer, limit=near, where=where, events=events)
    if json:
        from striate import schema
        from striate.cli.similar_tables import SCHEMA_VERSION, plain_of

        print_json({"schema": schema.stamp("stored-duplicates", SCHEMA_VERSION), **plain_of(found)})
    else:
        from striate.cli.similar_tables import show_duplicates

        show_duplicates(found)
    if found.differing:
        raise typer.Exit(1)
