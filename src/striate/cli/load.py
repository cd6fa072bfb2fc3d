"""`striate load`: pretrained weights into a network, with what became of every tensor."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from striate.cli.terminal import console, print_json, print_line
from striate.errors import InputError

if TYPE_CHECKING:
    from striate.nets import Network
    from striate.records import LoadReport

By = Literal["name", "order", "zoo"]


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate load timm:resnet18@weights.safetensors --out resnet18")(load)


def load(
    network: Annotated[
        str,
        typer.Argument(help="timm:name, torchvision:name or hub:owner/name, with @file, or +weights to fetch them."),
    ],
    out: Annotated[Path | None, typer.Option(help="Folder to save the network to.")] = None,
    by: Annotated[
        By, typer.Option(help="Match tensors by name, by order, or as timm's own reader does (zoo).")
    ] = "name",
    least: Annotated[
        float, typer.Option(help="Share of the tensors and of their bytes that must be loaded.", min=0, max=1)
    ] = 1.0,
    sha256: Annotated[str, typer.Option(help="What the file's SHA-256 must begin with.")] = "",
    outputs: Annotated[int, typer.Option(help="Outputs; if the file has others, a new head begins.", min=0)] = 0,
    most: Annotated[float, typer.Option(help="Largest value that is believed to be a weight.")] = 1e6,
    channels: Annotated[int, typer.Option(help="Input channels other than the network's own.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Start of what the file does not fill.")] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Load pretrained weights, say what became of every tensor, and save the network.

    Nothing is loaded unless everything but a new head fits, or the share asked for does.
    """
    from striate.nets import load_pretrained, with_channels
    from striate.nets.begun_anew import new_layer_findings
    from striate.records import Loading

    asked = Loading(by=by, least_share=least, sha256=sha256, outputs=outputs, most_magnitude=most)
    loaded, report = load_pretrained(network, asked, seed=seed)
    if report is None:
        raise InputError(
            "weights must be named",
            got=network,
            hint="Append @file.safetensors, or +weights to fetch the published ones.",
        )
    if channels:
        loaded = with_channels(loaded, channels)
    if out is not None:
        loaded.save(out)
    findings = new_layer_findings(loaded)
    if json:
        saved = None if out is None else str(out)
        rows = [finding.row() for finding in findings]
        print_json(report.document() | {"told": report.told, "saved": saved, "findings": rows})
        return
    _show(loaded, report)
    for finding in findings:
        print_line(f"{finding.severity}: {finding.told} {finding.todo} ({finding.name})")
    if out is not None:
        print_line(f"Saved {out}. Next: striate inspect {out} DATA")


def _show(network: Network, report: LoadReport) -> None:
    from rich.table import Table

    from striate.cli.tables import facts
    from striate.graph import times
    from striate.numbers import count, percent, storage

    table = Table(box=None, header_style="bold")
    table.add_column("module")
    for column in ("tensors", "loaded", "size", "share of bytes"):
        table.add_column(column, justify="right")
    for row in report.modules:
        share = percent(row.loaded_bytes / max(row.size_bytes, 1))
        table.add_row(row.module, count(row.tensors), count(row.loaded), storage(row.size_bytes), share)
    console().print(table)
    how = network.preprocessing
    scaled = times(how.scaled_px or how.shape[1:])
    console().print(
        facts(
            [
                ("Loaded", report.told),
                ("From", report.file),
                ("SHA-256", report.sha256),
                (
                    "Input",
                    f"{times(how.shape)}, the middle of an image scaled to {scaled} ({how.interpolation}, {how.crop})",
                ),
                ("mean, std", f"{_numbers(how.mean)}; {_numbers(how.std)}, on the scale 0 to 1"),
            ]
        )
    )


def _numbers(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
