"""How the short trainings are worked out on this machine: by a trial, once, and then kept."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

from striate import schema
from striate.data import batches
from striate.records.adapting import Regime
from striate.records.trial import Speed, Way
from striate.runs import Run, write_json
from striate.train.balancing import loss_for, training_order
from striate.train.device import Device
from striate.train.trial import try_machine
from striate.train.turns import Steps
from striate.transfer.ground import Bench
from striate.transfer.regimes import recipe

WAY = "way.json"
STEP = "step.json"
SCHEMA_VERSION = 1
# A trial must not take more than this share of the budget.
_SHARE = 0.02


def device_for(run: Run, bench: Bench, regime: Regime) -> tuple[Device, str]:
    """Return the device, working in the way that is fastest here, and what the trial found, in a sentence.

    What an earlier sitting found is used again: other ways round differently.

    Args:
        run: Where the way is kept.
        bench: What is adapted to what.
        regime: One in which the whole network is trained.
    """
    path = run.folder / WAY
    if path.is_file():
        document = schema.accept(json.loads(path.read_text(encoding="utf-8")), "way", SCHEMA_VERSION, where=str(path))
        return bench.device.working(Way(**document["way"])), ""
    seconds = _SHARE * bench.clock.budget_s
    if seconds < 1:
        return bench.device, ""
    trial = try_machine(_steps(bench, regime), Speed(memory_format="auto", precision="auto"), seconds=min(seconds, 4.0))
    way = replace(trial.way, evaluation_batch=0)
    write_json(path, {"schema": schema.stamp("way", SCHEMA_VERSION), "way": asdict(way)})
    return bench.device.working(way), trial.sentence


def step_cost(run: Run, measured: float) -> float:
    """Return the cost of a step that an earlier sitting measured, or keep this one: the plan must stay the same."""
    path = run.folder / STEP
    if path.is_file():
        document = schema.accept(json.loads(path.read_text(encoding="utf-8")), "step", SCHEMA_VERSION, where=str(path))
        return float(document["backward"])
    write_json(path, {"schema": schema.stamp("step", SCHEMA_VERSION), "backward": measured})
    return measured


def speed_of(device: Device) -> Speed:
    """Return a device's way as a training is asked for it."""
    way = device.way
    return Speed(memory_format=way.memory_format, precision=way.precision, is_fused=way.is_fused)


def _steps(bench: Bench, regime: Regime) -> Steps:
    how = recipe(regime, (), batch=bench.batch)
    start, split = bench.adapted(regime, 1.0), bench.split(0)
    some = training_order(bench.dataset, split.train, how, epoch=0)[: bench.batch]
    batch = next(batches(bench.dataset, some, start.preprocessing, batch_size=len(some)))
    loss = loss_for(start, bench.dataset, split.train, how)
    return Steps(
        module=start.module, images=batch.images, targets=batch.targets, loss=loss.to(bench.device.place), recipe=how,
        device=bench.device,
    )  # fmt: skip
