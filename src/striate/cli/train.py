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
    data: Annotated[
        str,
        typer.Argument(
            help="digits, a folder of class folders, or a CSV or Parquet manifest: of pictures, sounds, arrays or volumes."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Run folder; the same command again goes on where it stopped.")],
    epochs: Annotated[int | None, typer.Option(help="Passes over the training samples.", min=1)] = None,
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
    batch: Annotated[int | None, typer.Option(help="Samples a step.", min=1)] = None,
    images: Annotated[
        int | None, typer.Option(help="Training samples used, classes in proportion; all if left out.", min=1)
    ] = None,
    balance: Annotated[
        str | None, typer.Option(help="What makes rare classes count as much as common ones: none, loss or sampling.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of weights, order and shifts.")] = None,
    threads: Annotated[int | None, typer.Option(help="Processor threads.", min=1)] = None,
    scale: Annotated[
        str, typer.Option(help="Of numbers that are no bytes: what becomes 0 and 1, like 0,4095; measured if left out.")
    ] = "",
    sample_rate: Annotated[
        int, typer.Option(help="Hz that sounds are resampled to; the commonest rate if left out.", min=0)
    ] = 0,
    window_ms: Annotated[float, typer.Option(help="Window of a spectrogram.", min=1)] = 25.0,
    hop_ms: Annotated[
        float, typer.Option(help="From one window to the next; chosen to span the median sound if left out.", min=0)
    ] = 0.0,
    low_hz: Annotated[float, typer.Option(help="Lower end of a spectrogram's mel bands.", min=0)] = 0.0,
    high_hz: Annotated[float, typer.Option(help="Upper end; half the sample rate if left out.", min=0)] = 0.0,
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
    keep_checkpoints: Annotated[
        bool | None,
        typer.Option(
            "--keep-checkpoints/--no-keep-checkpoints",
            help="Keep the weights before the first step and after 1, 4, 16, 64 … steps; if left out, up to 4 MiB each.",
        ),
    ] = None,
    keep_every: Annotated[
        int, typer.Option(help="Keep the weights after every so many epochs as well, of any size; 0 for none.", min=0)
    ] = 0,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train a network; kill it whenever you like and run it again: the result is the same, bit for bit."""
    from striate.cli.amounts import pair_from
    from striate.data import ReadAs, load_data
    from striate.records import Sound
    from striate.train import train as train_network
    from striate.train.asking import (
        axes_of,
        document,
        leads,
        read_rates,
        read_unfreeze,
        recipe_with,
        speed_of,
        starting_point,
        told_start,
    )  # fmt: skip

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
        images=images,
        balance=balance,
        seed=seed,
    )
    given = starting_point(network)
    read_as = ReadAs(
        axes=axes_of(given),
        scale=pair_from(scale, where="--scale"),
        sound=Sound(sample_rate_hz=sample_rate, window_ms=window_ms, hop_ms=hop_ms, low_hz=low_hz, high_hz=high_hz),
    )
    speed = speed_of(memory_format, precision, is_fused=fused)
    with Watcher(quiet=json or not leads()) as events:
        trained = train_network(
            given,
            load_data(data, read_as=read_as, events=events),
            recipe,
            out,
            events=events,
            threads=threads,
            speed=speed,
            keep_checkpoints=keep_checkpoints,
            keep_every=keep_every,
        )
    if not leads():
        return
    if json:
        print_json(document(trained) | {"start_note": told_start(given, trained.curve)})
        return
    curve = trained.curve
    print_line(f"{curve.score_name} {curve.kept.score:.4f} on {curve.validation_count} validation samples.")
    if said := told_start(given, curve):
        print_line(said)
    print_line(f"Next: striate inspect {out} {data}")
