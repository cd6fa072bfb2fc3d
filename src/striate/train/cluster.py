"""The same training on a Ray cluster: Ray starts the processes, the loop is `train`'s own."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from striate.data import load_data
from striate.data.load import absolute_reference
from striate.errors import InputError, Quoted, RunError
from striate.records.training import Recipe
from striate.records.trial import Speed
from striate.runs import Run
from striate.tasks.cluster import import_ray, last_line
from striate.train.asking import starting_point
from striate.train.training import train


def train_on_ray(
    network: str,
    data: str,
    recipe: Recipe,
    folder: Path | str,
    *,
    workers: int,
    uses_gpu: bool = False,
    retries: int = 0,
) -> Run:
    """Train a network in several processes of a Ray cluster, and return the run.

    Each worker takes its part of every batch of the recipe, as under `torchrun`: the same weights as in one process, up to
    rounding, and the same bits in every repetition with as many workers. Ray's cluster must be up (`ray start`), otherwise one is
    started on this machine for the time of the call. Data and folder must be reachable for all workers under the same path.

    Args:
        network: A reference, as the command line takes it.
        data: The same.
        recipe: How to train.
        folder: The run folder.
        workers: Processes, at least 1.
        uses_gpu: One GPU for each.
        retries: How often to go on from the last checkpoint by itself after a worker was lost.

    Raises:
        MissingExtraError: Ray is not installed.
        InputError: Fewer than one worker.
        RunError: A worker failed or was lost; the same call goes on from the last checkpoint.

    Example:
        >>> run = train_on_ray("net.yaml", "pictures", Recipe(), "runs/a", workers=4)    # doctest: +SKIP
    """
    if workers < 1:
        raise InputError("workers must be at least 1", got=workers)
    ray = import_ray("training on a cluster")
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    folder = Path(folder).resolve()
    was_up = ray.is_initialized()
    notes = folder.with_name(f".{folder.name}-ray")
    trainer = TorchTrainer(
        _train,
        train_loop_config={
            "network": absolute_reference(network),
            "data": absolute_reference(data),
            "recipe": asdict(recipe),
            "folder": str(folder),
        },
        torch_config=TorchConfig(backend="nccl" if uses_gpu else "gloo"),
        scaling_config=ScalingConfig(num_workers=workers, use_gpu=uses_gpu),
        run_config=RunConfig(storage_path=str(notes), failure_config=FailureConfig(max_failures=retries)),
    )
    try:
        trainer.fit()
    except Exception as cause:
        raise RunError(
            "every worker of a training must stay alive",
            got=Quoted(last_line(cause)),
            where=str(folder),
            hint="Start it again with the same folder and as many workers to go on from the last checkpoint.",
        ) from cause
    finally:
        if not was_up:
            ray.shutdown()
        shutil.rmtree(notes, ignore_errors=True)
    return Run.read(folder)


def _train(given: dict[str, Any]) -> None:
    """What each worker does."""
    train(
        starting_point(given["network"]),
        load_data(given["data"]),
        Recipe(**given["recipe"]),
        given["folder"],
        speed=Speed(),
    )
