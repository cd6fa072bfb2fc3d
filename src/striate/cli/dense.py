"""`striate dense`: a classifier's answer everywhere on an image of any size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from striate.cli.terminal import print_json, print_line
from striate.cli.watch import Watcher
from striate.errors import InputError, Quoted, UsageError, unknown_name
from striate.graph import times
from striate.numbers import count, plural

if TYPE_CHECKING:
    from striate.data import Picture
    from striate.nets import Network
    from striate.nets.dense import DenseNetwork
    from striate.records.dense import PredictionMaps, Strongest

By = Literal["dilation", "shift"]
# Maps that are drawn where no class is named.
_DRAWN = 3
# From so many pixels on, only maps that are named are kept.
_MOST_KEPT = 4_000_000


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate dense runs/a photo.jpg --size 600 --out maps")(dense)


def dense(
    network: Annotated[str, typer.Argument(help="A run, net.yaml, timm:name@weights.safetensors, …")],
    image: Annotated[Path, typer.Argument(help="JPEG, PNG, TIFF, …; of any size.")],
    size: Annotated[
        str, typer.Option(help="Scale the image: its shorter side (600), or height x width (600x800).")
    ] = "",
    classes: Annotated[str, typer.Option(help="Outputs to draw and keep, by name or number, with commas.")] = "",
    names: Annotated[
        Path | None, typer.Option(help="A text file with one name an output, for networks without.")
    ] = None,
    finer: Annotated[
        int, typer.Option(help="Positions in place of one, along each axis; must divide the stride: 2, 4.", min=1)
    ] = 1,
    by: Annotated[
        By, typer.Option(help="How finer maps are made: dilation, in one pass; shift, one pass a position.")
    ] = "dilation",
    tile: Annotated[
        int | None,
        typer.Option(help="Side of a tile in pixels; 0: never. If left out 1024, above 2 million pixels.", min=0),
    ] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Run the network on every position's crop.")] = False,
    scores: Annotated[bool, typer.Option("--scores", help="Scores as they are: no softmax, no sigmoid.")] = False,
    compare: Annotated[int, typer.Option(help="Positions held against the network on its crops.", min=0)] = 64,
    most_pixels: Annotated[int, typer.Option(help="Refuse larger images, also once scaled.", min=1)] = 64_000_000,
    out: Annotated[Path | None, typer.Option(help="Folder for pictures and maps; none if left out.")] = None,
    page: Annotated[Path | None, typer.Option(help="Write maps, winners and positions as one HTML page.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say what a classifier answers everywhere on an image: which class, how sure, and where.

    The network is made fully convolutional: it keeps its weights, and answers at every stride of its last map.
    """
    if exact and finer != 1 and by == "dilation":
        raise UsageError("--exact must come with --by shift for finer maps", got=f"--exact --finer {finer}")
    if by == "shift" and finer == 1:
        raise UsageError("--by must come with --finer", got="--by shift", hint="Like --finer 2 --by shift.")
    if out is not None and out.exists() and not out.is_dir():
        raise InputError("--out must be a folder, or not there yet", got=str(out))
    from striate.data import read_picture, said_entering
    from striate.explain import prediction_maps
    from striate.nets import load_network
    from striate.nets.dense import dense as make_dense

    loaded = _named(load_network(network), names)
    _check_pictures(loaded)
    picture = _resized(read_picture(image, most_pixels=most_pixels), size, most_pixels)
    wide = make_dense(loaded)
    chosen = _numbers(classes, loaded, wide)
    kept = chosen if chosen is not None or picture.size_px[0] * picture.size_px[1] < _MOST_KEPT else ()
    if page is not None and kept == ():
        raise UsageError(
            "--page must come with --classes for an image of 4 million pixels or more",
            got=f"{picture.size_px[0]}x{picture.size_px[1]}",
            hint="Name the classes to keep, or make it smaller with --size.",
        )
    with Watcher(quiet=json) as events:
        found = prediction_maps(
            loaded, picture, dense_network=wide, tile_px=tile, finer=finer, by=by, classes=kept, as_scores=scores, exact=exact,
            compared=compare, events=events,
        )  # fmt: skip
    entries = _drawn(found, chosen)
    note = said_entering((picture.channels, *picture.size_px), loaded.preprocessing)
    written = _write(found, picture, entries, out, source=f"{network}, {image.name}") if out is not None else []
    if page is not None:
        _write_page(found, picture, wide, page, name=network, shown=image.name)
        written.append(page)
    if json:
        print_json(_document(found, wide, written) | {"entered": note})
        return
    _show(found, wide, loaded, entries if chosen is not None else [], note)
    for path in written:
        print_line(f"Wrote {path}.")


def _named(network: Network, names: Path | None) -> Network:
    from dataclasses import replace

    if names is None:
        return network
    try:
        lines = [line.strip() for line in names.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as cause:
        got = str(names) if names.exists() else Quoted(f"no file {names}")
        raise InputError("--names must be a text file with one name an output", got=got) from cause
    return replace(network, output=replace(network.output, names=tuple(lines)))


def _check_pictures(network: Network) -> None:
    """Refuse a network that reads no pictures: of signals and volumes there are no maps yet."""
    how = network.preprocessing
    if how.stored_axes != 2 or how.scale:
        reads = {1: "sounds or signals", 2: "numbers that are no bytes", 3: "volumes"}[how.stored_axes]
        raise InputError(
            "a network for prediction maps must read pictures",
            got=Quoted(f"one that reads {reads}"),
            hint="striate inspect and striate backward take it.",
        )


def _resized(picture: Picture, size: str, most_pixels: int) -> Picture:
    if not size:
        return picture
    parts = size.split("x")
    if not all(part.isdigit() and int(part) for part in parts) or len(parts) > 2:
        raise InputError("a size must be a number above 0, or two with x between them", got=size, where="--size")
    scale = int(parts[0]) / min(picture.size_px)
    height, width = map(int, parts) if len(parts) == 2 else (round(side * scale) for side in picture.size_px)
    if height * width > most_pixels:
        raise InputError(
            f"a scaled image must have at most {count(most_pixels)} pixels",
            got=Quoted(times((height, width))),
            where="--size",
            hint="--most-pixels lifts the limit.",
        )
    return picture.resized((height, width))


def _numbers(classes: str, network: Network, wide: DenseNetwork) -> tuple[int, ...] | None:
    from striate.explain.prediction_maps import output_names

    known = output_names(network, wide.conversion.outputs)
    if not classes:
        return None
    found = []
    for word in (part.strip() for part in classes.split(",")):
        if known.count(word) > 1:
            numbers = ", ".join(str(number) for number, name in enumerate(known) if name == word)
            raise InputError(
                "an output must be named unmistakably",
                got=word,
                where="--classes",
                hint=f"Several have that name; say the number: {numbers}.",
            )
        if word in known:
            found.append(known.index(word))
        elif word.isdigit() and int(word) < len(known):
            found.append(int(word))
        elif word.lstrip("-").isdecimal():
            raise InputError(f"an output's number must be 0 … {len(known) - 1}", got=int(word), where="--classes")
        else:
            raise unknown_name("output", word, list(known), where="--classes")
    return tuple(found)


def _drawn(found: PredictionMaps, chosen: tuple[int, ...] | None) -> list[Strongest]:
    if chosen is None:
        return [entry for entry in found.strongest if entry.output in found.kept][:_DRAWN]
    by_output = {entry.output: entry for entry in found.strongest}
    return [by_output[number] for number in chosen]


def _write(found: PredictionMaps, picture: Picture, entries: list[Strongest], out: Path, *, source: str) -> list[Path]:
    import io

    import numpy as np
    from PIL import Image

    from striate.report.dense.pictures import map_picture, segmentation_picture
    from striate.runs import write_bytes

    small = picture.scaled(1920)
    pixels = small.region((0, small.size_px[0]), (0, small.size_px[1])).numpy()
    image = Image.fromarray(pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0)))
    files = {f"map-{entry.output}.png": map_picture(image, found, entry, source=source) for entry in entries}
    files["segmentation.png"] = segmentation_picture(image, found, source=source)
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer, maps=found.maps, kept=np.array(found.kept, np.int64), winner=found.winner, winner_value=found.winner_value,
        names=np.array(found.names, dtype=np.str_), size_px=found.size_px, stride_px=found.stride_px, centre_px=found.centre_px,
    )  # fmt: skip
    files["maps.npz"] = buffer.getvalue()
    for name, content in files.items():
        write_bytes(out / name, content)
    return [out / name for name in files]


def _write_page(
    found: PredictionMaps, picture: Picture, wide: DenseNetwork, page: Path, *, name: str, shown: str
) -> None:
    import numpy as np

    from striate.report.dense.page import write_dense_page

    small = picture.scaled(1920)
    pixels = small.region((0, small.size_px[0]), (0, small.size_px[1])).numpy()
    image = pixels[0] if len(pixels) == 1 else np.ascontiguousarray(pixels.transpose(1, 2, 0))
    write_dense_page(found, wide.conversion, image, page, name=name, shown=shown)


def _show(found: PredictionMaps, wide: DenseNetwork, network: Network, asked: list[Strongest], note: str) -> None:
    """Print both answers, the outputs asked for before the strongest, and how far the maps are from crops."""
    from striate.nets.references import RANDOM
    from striate.numbers import figure, percent, probability

    def shown(value: float) -> str:
        return probability(value) if found.unit == "probability" else figure(value)

    conversion = wide.conversion
    if network.receipt.get("weights") == RANDOM:
        print_line("The weights are random: name a file, like timm:resnet18@weights.safetensors.")
    rows, columns = found.winner.shape
    steps = f"{times(tuple(map(int, found.stride_px)))} px apart, each for {times(conversion.input_shape[1:])} px"
    print_line(f"Image {times(found.size_px)} px: {rows}×{columns} positions, {steps} ({found.way}).")
    if found.scaled is not None:
        best = int(found.scaled.argmax())
        print_line(f"The image scaled to the network's input: {found.names[best]}, {shown(float(found.scaled[best]))}.")
        if note:
            print_line(f"  It entered as {note}.")
    print_line("The maps, largest over the image:")
    for entry in asked + [entry for entry in found.strongest[:5] if entry not in asked]:
        row, column = entry.centre_px
        print_line(f"  {entry.name}: {shown(entry.value)} around row {row:.0f}, column {column:.0f}")
    number, share = next(iter(found.shares().items()))
    print_line(f"Most positions: {found.names[number]}, {percent(share)} of them.")
    _show_deviation(found, wide)
    if "tiles" in found.way and not conversion.is_local:
        print_line("Tiles are not the whole here: what depends on the whole map has a tile instead.")


def _show_deviation(found: PredictionMaps, wide: DenseNetwork) -> None:
    from striate.numbers import percent

    gap = found.deviation
    if found.way.startswith("crops"):
        print_line("Every position is the network on its crop, by construction.")
        return
    if gap is not None:
        print_line(
            f"Beside the network on {gap.positions} of {plural(gap.total, 'crop')}: scores differ by"
            f" {percent(gap.mean)} of the largest on average, {percent(gap.largest)} at most; the same class at"
            f" {percent(gap.agreement)}."
        )
    # One position is the network's own size, where nothing differs.
    if not wide.conversion.is_exact and found.winner.size > 1:
        verb = "Why they differ" if gap is not None else "Why they may differ from the network on crops"
        print_line(f"{verb}: {_reasons(wide)}. --exact runs every crop.")


def _reasons(wide: DenseNetwork) -> str:
    conversion = wide.conversion
    found = [
        (conversion.padded_at, "padding from {} on"),
        (conversion.global_at, "{} depends on the whole map"),
        (conversion.unknown_at, "nobody knows how far {} looks"),
    ]
    return "; ".join(text.format(op) for op, text in found if op)


def _document(found: PredictionMaps, wide: DenseNetwork, written: list[Path]) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "conversion": wide.conversion.document(),
        "way": found.way,
        "unit": found.unit,
        "size_px": list(found.size_px),
        "positions": list(found.winner.shape),
        "stride_px": list(found.stride_px),
        "centre_px": list(found.centre_px),
        "scaled": None if found.scaled is None else _first(found),
        "strongest": [asdict(entry) for entry in found.strongest[:20]],
        "shares": [{"name": found.names[n], "share": share} for n, share in list(found.shares().items())[:20]],
        "deviation": None if found.deviation is None else asdict(found.deviation),
        "written": [str(path) for path in written],
    }


def _first(found: PredictionMaps) -> list[dict[str, Any]]:
    order = (-found.scaled).argsort()[:5] if found.scaled is not None else ()
    return (
        [{"name": found.names[n], "value": float(found.scaled[n])} for n in order] if found.scaled is not None else []
    )
