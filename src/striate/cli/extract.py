"""`striate extract`: feature vectors of a data set, into a store."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from striate.cli.terminal import print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import UsageError
from striate.numbers import duration, plural

if TYPE_CHECKING:
    from striate.records.vectors import Extraction, MemoryFormat, Pooling, Views
    from striate.tasks import Where

SCHEMA_VERSION = 1
_POOLINGS, _VIEWS = ("flat", "average", "max", "generalised"), ("centre", "flips", "crops")


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate extract runs/a photos --out runs/a/vectors")(extract)


def extract(
    network: Annotated[str, typer.Argument(help="A run or network folder, timm:name@file, torchvision:name …")],
    data: Annotated[
        str, typer.Argument(help="digits, a folder (of class folders, of parts, or of files), or a manifest.")
    ],
    out: Annotated[
        str, typer.Option(help="The store: a folder, or s3://… ; of a run folder it is RUN/vectors by default.")
    ] = "",
    layer: Annotated[list[str] | None, typer.Option(help="A layer or op; may be given several times.")] = None,
    stages: Annotated[
        bool, typer.Option("--stages", help="Also the ends of stages, for a map through the depth.")
    ] = False,
    pool: Annotated[str, typer.Option(help="Of maps: average, max, generalised or flat.")] = "",
    views: Annotated[
        str, typer.Option(help="centre, flips or crops: the vectors of several views averaged.")
    ] = "centre",
    normalise: Annotated[bool, typer.Option("--normalise", help="Bring vectors to length 1.")] = False,
    whole: Annotated[bool, typer.Option("--whole", help="Decode large JPEGs whole.")] = False,
    memory_format: Annotated[str, typer.Option("--format", help="plain, channels-last, or auto: tried.")] = "auto",
    lanes: Annotated[int | None, typer.Option(help="Threads that read and compute.", min=1)] = None,
    workers: Annotated[int, typer.Option(help="Processes, or actors of Ray.", min=1)] = 1,
    on: Annotated[str, typer.Option(help="processes of this machine, or ray.")] = "processes",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Write the feature vectors of a data set into a store, in one pass.

    By default the vector that enters the first fully connected layer. Kill it, run it again: it goes on; run it again when the
    data grew: only what is new is read. A file that cannot be read becomes a row with the reason. Of a run that was trained on
    these data, the parts are kept too.
    """
    from striate import schema
    from striate.features.extraction import extract as write_vectors
    from striate.records.vectors import VectorChoice
    from striate.transfer.parts import trained_parts

    if pool not in {"", *_POOLINGS}:
        raise UsageError("--pool must be average, max, generalised or flat", got=pool)
    if views not in _VIEWS:
        raise UsageError("--views must be centre, flips or crops", got=views)
    if memory_format not in {"auto", "plain", "channels-last"}:
        raise UsageError("--format must be auto, plain or channels-last", got=memory_format)
    if on not in {"processes", "ray"}:
        raise UsageError("--on must be processes or ray", got=on)
    address = out or _beside(network)
    with Watcher(quiet=json) as events:
        found = write_vectors(
            network,
            data,
            address,
            VectorChoice(
                layers=tuple(layer or ()),
                is_staged=stages,
                pooling=cast("Pooling | None", pool or None),
                views=cast("Views", views),
                is_normalised=normalise,
                is_reduced=not whole,
                memory_format=cast("MemoryFormat | None", None if memory_format == "auto" else memory_format),
            ),
            lanes=lanes,
            workers=workers,
            on=cast("Where", on),
            parts=trained_parts(network, data, events=events),
            events=events,
        )
    if json:
        print_json({"schema": schema.stamp("extraction", SCHEMA_VERSION), **asdict(found)})
    else:
        _show(found)
    if found.failed:
        raise typer.Exit(1)


def _beside(network: str) -> str:
    if not Path(network).is_dir():
        raise UsageError("--out must say where the store is to be", got="nothing", hint="For example --out vectors.")
    return str(Path(network) / "vectors")


def _show(found: Extraction) -> None:
    words = f"{plural(found.computed, 'image')} read in {duration(found.seconds)}"
    if found.computed:
        words += f" ({1 / found.image_s:.0f} a second)"
    if found.stored:
        words += f", {found.stored} were there already"
    if found.changed:
        words += f", {found.changed} had changed"
    if found.retold:
        words += f", {found.retold} were told anew (label, targets, group or part)"
    print_line(f"{words}. The store {found.address} has {plural(found.rows, 'row')}.")
    if found.failed:
        print_line(f"{plural(found.failed, 'row')} with an error instead of a vector:")
        for reason, count in found.errors:
            print_line(f"  {count} times: {reason}")
    print_line(f"Next: striate similar IMAGE {found.address} · striate map {found.address}")
