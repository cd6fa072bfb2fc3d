"""Where to go on after a kill: one file, one rename, so never a mixture of two moments."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from striate import schema
from striate.errors import SchemaError, WeightsError
from striate.runs import write_bytes

SCHEMA_VERSION = 2
# Version 2 may say more of the state; what version 1 does not say has its default.
_MIGRATIONS: dict[int, schema.Migration] = {1: lambda document: document}
EPOCH = "epoch.safetensors"
STEP = "step.safetensors"
# Beside the two that are gone on from: before the first step, and when the guard last saw no damage.
START = "start.safetensors"
GOOD = "good.safetensors"


@dataclass(slots=True, kw_only=True)
class State:
    """How far a training is; with the weights and the optimiser's tensors, all it takes to go on.

    Random numbers are not part of it: orders, shifts and dropout are drawn from (seed, epoch or
    step) anew.

    Attributes:
        step: Steps taken.
        epoch: Epochs closed; 0 once the start was measured, −1 before.
        loss_sum: Sum of the losses of the steps of the open epoch.
        seconds: Time spent in the open epoch.
        score: Newest validation score.
        rows: Lines of metrics.jsonl that belong to it.
        first_loss: Loss of the first step.
        smoothed_loss: See `Watch`.
        peaks: Highest rate of each epoch that was begun.
        best_epoch: Epoch with the lowest validation loss so far, −1 before the first.
        best_loss: That loss.
        best_score: Validation score of that epoch.
        start_score: Validation score at epoch 0.
        start_loss: Validation loss at epoch 0.
        rollbacks: How often the guard went back.
        good_epoch: Newest epoch the guard found no damage in, −1 before the first.
        good_best: Which epoch was the best then.
        back_to: Epoch the guard last went back to, −1 if it never did.
        suspected: What the guard's last look saw damaged, with its score.
        gradient_norm: Largest of the open epoch, by block, if there is a guard.
        guard_seconds: Time the guard took in the open epoch.
        kept_epoch: Whose weights were kept at the end, where those are not the last epoch's.
        at_once: Images a process works on at once since memory ran out; 0: all of its part.
        world_size: Processes that train together.
    """

    step: int = 0
    epoch: int = -1
    loss_sum: float = 0.0
    seconds: float = 0.0
    score: float = 0.0
    rows: int = 0
    first_loss: float | None = None
    smoothed_loss: float | None = None
    peaks: list[float] = field(default_factory=list)
    best_epoch: int = -1
    best_loss: float = 0.0
    best_score: float = 0.0
    start_score: float = 0.0
    start_loss: float = 0.0
    rollbacks: int = 0
    good_epoch: int = -1
    good_best: int = 0
    back_to: int = -1
    suspected: dict[str, float] = field(default_factory=dict)
    gradient_norm: dict[str, float] = field(default_factory=dict)
    guard_seconds: float = 0.0
    kept_epoch: int | None = None
    at_once: int = 0
    world_size: int = 1


def save_checkpoint(path: Path, state: State, module: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Write a checkpoint atomically: a kill or a full disk leaves the file that was there.

    Raises:
        StorageError: The disk refused.
    """
    from safetensors.torch import save

    tensors = {f"module/{key}": value for key, value in _values(module).items()}
    plain: dict[str, dict[str, Any]] = {}
    for index, slots in optimizer.state_dict()["state"].items():
        for name, value in slots.items():
            if isinstance(value, Tensor):
                tensors[f"optimizer/{index}/{name}"] = value
            else:
                plain.setdefault(str(index), {})[name] = value
    document = {
        "schema": schema.stamp("checkpoint", SCHEMA_VERSION),
        "state": asdict(state),
        "optimizer": plain,
    }
    own = {key: value.detach().cpu().contiguous().clone() for key, value in tensors.items()}
    write_bytes(path, save(own, metadata={"striate": json.dumps(document, allow_nan=False)}))


def newest(folder: Path) -> Path | None:
    """Return the file of a checkpoint folder that is furthest on, or None if there is none."""
    found = [path for path in (folder / EPOCH, folder / STEP) if path.is_file()]
    return max(found, key=_order, default=None)


def load_checkpoint(path: Path, module: nn.Module, optimizer: torch.optim.Optimizer | None = None) -> State:
    """Put a checkpoint's tensors in place, and return the state.

    Args:
        path: The file.
        module: Gets its parameters and buffers.
        optimizer: Gets its state; None leaves that out.

    Raises:
        WeightsError: The file is damaged, or of another network.
        SchemaError: Written by a version this code cannot read.
    """
    document, tensors = _read(path)
    own = _values(module)
    stored = {key.partition("/")[2]: value for key, value in tensors.items() if key.startswith("module/")}
    if {key: value.shape for key, value in own.items()} != {key: value.shape for key, value in stored.items()}:
        raise WeightsError("a checkpoint must fit the network", got="other tensors", where=str(path), hint=_CURE)
    with torch.no_grad():
        for key, value in stored.items():
            own[key].copy_(value)
    if optimizer is not None:
        slots: dict[int, dict[str, Any]] = {int(index): dict(values) for index, values in document["optimizer"].items()}
        for key, value in tensors.items():
            part, _, rest = key.partition("/")
            if part == "optimizer":
                index, _, name = rest.partition("/")
                slots.setdefault(int(index), {})[name] = value
        _lay_out(slots, optimizer)
        optimizer.load_state_dict(optimizer.state_dict() | {"state": slots})
    return State(**document["state"])


_CURE = "Delete the checkpoint folder to begin again."


def _values(module: nn.Module) -> dict[str, Tensor]:
    """Return every parameter and buffer, also buffers that a state dict leaves out."""
    return {**dict(module.named_parameters()), **dict(module.named_buffers())}


def _lay_out(slots: dict[int, dict[str, Any]], optimizer: torch.optim.Optimizer) -> None:
    """Give what belongs to a parameter that parameter's order in memory, which decides how sums are rounded."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for index, values in slots.items():
        for name, value in values.items():
            if isinstance(value, Tensor) and value.shape == parameters[index].shape:
                laid = torch.empty_like(parameters[index], dtype=value.dtype, requires_grad=False)
                values[name] = laid.copy_(value)


def _order(path: Path) -> tuple[int, int, int]:
    # What was done before a rollback lies behind it, however many steps it had.
    state = _document(path)["state"]
    return state.get("rollbacks", 0), state["step"], state["epoch"]


def _document(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
    except (SafetensorError, OSError) as cause:
        raise WeightsError("a checkpoint must be whole", got=str(cause), where=str(path), hint=_CURE) from cause
    try:
        document = json.loads(metadata.get("striate", "null"))
    except ValueError as cause:
        raise SchemaError("a checkpoint's header must be JSON", got=str(cause), where=str(path), hint=_CURE) from cause
    return schema.accept(document, "checkpoint", SCHEMA_VERSION, where=str(path), migrations=_MIGRATIONS)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    from striate.nets import read_weights

    document = _document(path)
    return document, read_weights(path)
