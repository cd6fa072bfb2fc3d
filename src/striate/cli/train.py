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
    schedule: Annotated[str | None, typer.Option(help="one-cycle, cosine or constant.")] = None,
    warm_up: Annotated[float | None, typer.Option(help="Share of the steps in which the rate climbs first.")] = None,
    rates: Annotated[
        list[str] | None, typer.Option(help="PATH=0.1: a part of the network at a tenth of the rate.", metavar="PATH=X")
    ] = None,
    freeze: Annotated[
        list[str] | None, typer.Option(help="Part of the network to leave as it is, such as layer1.", metavar="PATH")
    ] = None,
    unfreeze: Annotated[
        list[str] | None, typer.Option(help="2:PATH trains a frozen part from epoch 2 on.", metavar="EPOCH:PATH")
    ] = None,
    norm: Annotated[
        str | None, typer.Option(help="Running statistics of the trained part: train, keep or reestimate.")
    ] = None,
    patience: Annotated[
        int | None, typer.Option(help="Epochs without a lower validation loss after which it stops.", min=0)
    ] = None,
    guard: Annotated[str | None, typer.Option(help="Look for damage: none, watch or rollback.")] = None,
    batch: Annotated[int | None, typer.Option(help="Images a step.", min=1)] = None,
    balance: Annotated[
        str | None, typer.Option(help="What makes rare classes count as much as common ones: none, loss or sampling.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of weights, order and shifts.")] = None,
    threads: Annotated[int | None, typer.Option(help="Processor threads.", min=1)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train a network; kill it whenever you like and run it again: the result is the same, bit for bit."""
    from striate.data import load_data
    from striate.train import train as train_network
    from striate.train.asking import document, read_rates, read_unfreeze, recipe_with, starting_point

    recipe = recipe_with(
        data,
        epochs=epochs,
        init=init,
        optimizer=optimizer,
        rate=rate,
        schedule=schedule,
        warm_up=warm_up,
        rates=read_rates(rates),
        frozen=tuple(freeze) if freeze else None,
        unfreeze=read_unfreeze(unfreeze),
        norm=norm,
        patience=patience,
        guard=guard,
        batch=batch,
        balance=balance,
        seed=seed,
    )
    with Watcher(quiet=json) as events:
        trained = train_network(
            starting_point(network),
            load_data(data, events=events),
            recipe,
            out,
            events=events,
            threads=threads,
        )
    if json:
        print_json(document(trained))
        return
    curve = trained.curve
    print_line(f"{curve.score_name} {curve.kept.score:.4f} on {curve.validation_count} validation samples.")
    print_line(f"Next: striate inspect {out} {data}")
