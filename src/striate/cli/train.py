"""`striate train`: train a blueprint on data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from striate.cli.terminal import print_json, print_line
from striate.cli.watch import Watcher


def add_to(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: striate train net.yaml digits --out runs/a --epochs 6")(train)


def train(
    network: Annotated[str, typer.Argument(help="net.yaml, or any network reference.")],
    data: Annotated[str, typer.Argument(help="digits, a folder of class folders, or a CSV or Parquet manifest.")],
    out: Annotated[Path, typer.Option(help="Run folder; the same command again goes on where it stopped.")],
    epochs: Annotated[int | None, typer.Option(help="Passes over the training images.", min=1)] = None,
    init: Annotated[
        str | None, typer.Option(help="How a blueprint's weights begin: he, lsuv, kmeans …; `striate init --list`.")
    ] = None,
    optimizer: Annotated[str | None, typer.Option(help="sgd, adam or adamw.")] = None,
    rate: Annotated[float | None, typer.Option(help="Highest learning rate.")] = None,
    batch: Annotated[int | None, typer.Option(help="Images a step.", min=1)] = None,
    balance: Annotated[
        str | None, typer.Option(help="What makes rare classes count as much as common ones: none, loss or sampling.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of weights, order and shifts.")] = None,
    threads: Annotated[int | None, typer.Option(help="Processor threads.", min=1)] = None,
    memory_format: Annotated[
        str,
        typer.Option(
            "--format", help="Order of pixels in memory: auto (a trial of the machine), plain or channels-last."
        ),
    ] = "auto",
    precision: Annotated[
        str | None,
        typer.Option(
            help="auto (bf16 only if its gradients agree), float32 or bf16; as Accelerate was launched, else auto."
        ),
    ] = None,
    fused: Annotated[
        bool, typer.Option("--fused", help="The optimiser's fused kernel, where it is not tried.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train a network; kill it whenever you like and run it again: the result is the same, bit for bit."""
    from striate.data import load_data
    from striate.train import train as train_network
    from striate.train.asking import document, leads, recipe_with, speed_of, starting_point

    recipe = recipe_with(
        data, epochs=epochs, init=init, optimizer=optimizer, rate=rate, batch=batch, balance=balance, seed=seed
    )
    speed = speed_of(memory_format, precision, is_fused=fused)
    with Watcher(quiet=json or not leads()) as events:
        trained = train_network(
            starting_point(network),
            load_data(data, events=events),
            recipe,
            out,
            events=events,
            threads=threads,
            speed=speed,
        )
    if not leads():
        return
    if json:
        print_json(document(trained))
        return
    curve = trained.curve
    print_line(f"{curve.score_name} {curve.epochs[-1].score:.4f} on {curve.validation_count} validation samples.")
    print_line(f"Next: striate inspect {out} {data}")
