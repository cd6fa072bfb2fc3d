"""What `striate similar` and `striate index` show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from striate.cli.terminal import print_line
from striate.numbers import count as grouped
from striate.numbers import duration, percent, plural, storage

if TYPE_CHECKING:
    from striate.records.neighbours import (
        Search,
        SearchIndex,
        SimilarityMap,
        SimilarParts,
        StoredDuplicates,
        StoredImage,
    )

SCHEMA_VERSION = 1
_MOST = 20
# From so many rows on an index is proposed: docs/measurements.md.
INDEX_PAYS_ROWS = 50_000


def show_index(found: SearchIndex, address: str) -> None:
    """Show an index: what it took, what it finds, and whether it pays."""
    print_line(
        f"Index of {grouped(found.rows)} vectors of {found.layer} ({found.kind}, {found.metric}): built in "
        f"{duration(found.build_s)} (told {duration(found.told_s)}), memory grew by {storage(found.peak_bytes)} at most "
        f"(told {storage(found.told_bytes)})."
    )
    print_line(
        f"It looks into {found.probes} of {found.partitions} partitions"
        + (f", compares {found.refine}·k candidates again" if found.refine > 1 else "")
        + f", and finds {_recall(found)}; {found.queries} rows were asked that did not choose this."
    )
    print_line(f"A search takes {duration(found.search_s)}, an exact one {duration(found.exact_s)}.")
    if found.recall < found.wished:
        print_line(f"That is less than the {percent(found.wished)} that were wished for.")
    if found.search_s >= found.exact_s:
        print_line("It does not pay here: striate similar goes on searching exactly.")
    print_line(f"Next: striate similar IMAGE {address}")


def _recall(found: SearchIndex) -> str:
    low, high = found.interval
    return f"{percent(found.recall)} ({percent(low)} … {percent(high)}) of the true nearest {found.k}"


def show_search(found: Search) -> None:
    """Show the neighbours, nearest first."""
    from rich import box
    from rich.table import Table

    from striate.cli.terminal import console

    index = found.index
    how = "exact"
    if index is not None:
        how = f"through its index, which finds {_recall(index)} (measured at {plural(index.rows, 'row')})"
    words = f"{grouped(found.searched)} vectors of {found.layer} ({found.size} numbers, {found.metric}) searched in "
    print_line(f"{words}{duration(found.seconds)}, {how}.")
    if found.unindexed:
        print_line(f"{plural(found.unindexed, 'row')} that the index does not hold: searched one by one.")
    for copy in found.copies[:_MOST]:
        print_line(f"The picture itself is in the store: {_named(copy.image)}.")
    if found.copy_count > _MOST:
        print_line(f"It is in {grouped(found.copy_count)} rows altogether.")
    if len(found.neighbours) < found.asked:
        print_line(f"No more than {plural(len(found.neighbours), 'neighbour')}: so many rows there are.")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("distance", justify="right")
    for name in ("label", "answer", "split", "id", "place"):
        table.add_column(name)
    for one in found.neighbours:
        image = one.image
        table.add_row(
            f"{one.distance:.4f}",
            image.label or "–",
            image.prediction or "–",
            image.split or "–",
            image.id,
            image.place,
        )
    console().print(table)
    if not found.has_index and found.searched >= INDEX_PAYS_ROWS:
        print_line(f"An index would answer sooner: striate index {found.address}")


def _named(image: StoredImage) -> str:
    return f"{image.id} ({image.place}" + (f", {image.label})" if image.label else ")")


def show_parts(parts: SimilarParts) -> None:
    """Show on which parts the similarity rests."""
    print_line(f"Why {_named(parts.neighbour)} is similar: {parts.metric} {parts.on_query.clean:.4f}.")
    for name, found in (("query", parts.on_query), ("neighbour", parts.on_neighbour)):
        _show_map(name, found)
    print_line(
        "You should see the strongest windows take clearly more than those that matter in other pictures. Something is wrong "
        "if they take no more: then the map shows where pictures have their thing, not what these two share."
    )


def _show_map(name: str, found: SimilarityMap) -> None:
    rows, columns = found.grid.shape
    size = f"{found.window_px[0]}×{found.window_px[1]}"
    if found.share is None:
        print_line(f"On the {name}: no window of {size} px takes anything from it.")
        return
    drop = found.clean - found.grid
    row, column = divmod(int(drop.argmax()), columns)
    top, left = row * found.stride_px[0], column * found.stride_px[1]
    print_line(
        f"On the {name}: {percent(found.share)} of what windows of {size} px take lies on {found.few} of {rows * columns}; the "
        f"most, {drop.max():.4f}, at row {top}, column {left}."
        + (
            f" The windows that matter most in {found.others} other pictures take {percent(found.share_elsewhere)}."
            if found.share_elsewhere is not None
            else ""
        )
    )


def show_duplicates(found: StoredDuplicates) -> None:
    """Show near-duplicates, those first whose labels differ."""
    print_line(
        f"{found.held} of {grouped(found.rows)} rows are near-duplicates or copies of others, in "
        f"{plural(found.groups, 'group')}: "
        f"{plural(found.pair_count, 'pair')} of different pictures with a cosine of at least {found.limit:.5f} (centred vectors "
        f"of {found.layer}; {found.limit_from}), {plural(found.copies, 'copy', 'copies')}."
    )
    if found.differing:
        print_line(f"{plural(found.differing, 'pair')} whose labels differ:")
    for pair in found.pairs[:_MOST]:
        kind = "labels differ" if pair.is_apart else "copy" if pair.is_copy else ""
        print_line(f"  {pair.cosine:.5f}  {_named(pair.first)}  {_named(pair.second)}  {kind}".rstrip())
    if len(found.pairs) > _MOST:
        print_line(f"  and {len(found.pairs) - _MOST} more; --json prints them.")


def search_document(found: Search, parts: SimilarParts | None) -> dict[str, Any]:
    """Return a search as plain values, for `--json`."""
    from striate import schema

    document = {"schema": schema.stamp("search", SCHEMA_VERSION), **plain_of(found)}
    if parts is not None:
        document["why"] = plain_of(parts)
    return document


def plain_of(record: object) -> dict[str, Any]:
    """Return a record as plain values, arrays as lists, without pictures."""
    from striate.records.plain import to_plain

    plain: dict[str, Any] = _listed(to_plain(record))
    return plain


def _listed(value: Any) -> Any:  # noqa: ANN401 - plain values of any kind
    if isinstance(value, dict):
        pictures = {"thumbnail", "query_image", "neighbour_image"}
        return {name: _listed(held) for name, held in value.items() if name not in pictures}
    if isinstance(value, list):
        return [_listed(held) for held in value]
    return value.tolist() if hasattr(value, "tolist") else value
