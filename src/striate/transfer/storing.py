"""What an adaptation keeps in its run folder, so that a kill costs at most one training."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

from striate import fingerprint, schema
from striate.errors import Quoted, SchemaError
from striate.runs import Run, write_bytes
from striate.transfer.extracting import Features
from striate.transfer.short import Attempt

FEATURES = "features.safetensors"
ATTEMPTS = "attempts.jsonl"
BRACKETS = "brackets.jsonl"
_VERSION = 1


def save_features(run: Run, features: Features) -> str:
    """Write the features at every cut; return the file's SHA-256."""
    from safetensors.torch import save

    document = {
        "schema": schema.stamp("features", _VERSION),
        "seconds": features.seconds,
        "image_s": features.image_s,
        "memory_format": features.memory_format,
    }
    tensors = {f"rows/{name}": rows.contiguous() for name, rows in features.rows.items()}
    tensors["targets"] = features.targets.contiguous()
    tensors["indices"] = torch.tensor(features.indices)
    write_bytes(run.folder / FEATURES, save(tensors, metadata={"striate": json.dumps(document)}))
    return fingerprint.of_file(run.folder / FEATURES)


def read_features(run: Run) -> Features | None:
    """Return the features an earlier sitting stored, None if there are none.

    Raises:
        SchemaError: Damaged, or written by another version.
    """
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file

    path = run.folder / FEATURES
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            text = (file.metadata() or {}).get("striate", "null")
    except SafetensorError as cause:
        raise SchemaError(
            "stored features must be a whole safetensors file",
            got=Quoted(str(cause)),
            where=str(path),
            hint="Delete it: the pass is made again.",
        ) from cause
    try:
        document = schema.accept(json.loads(text), "features", _VERSION, where=str(path))
    except ValueError as cause:
        raise SchemaError("stored features must say what they are", got=text[:40], where=str(path)) from cause
    tensors = load_file(path)
    return Features(
        rows={name.partition("/")[2]: value for name, value in tensors.items() if name.startswith("rows/")},
        indices=tuple(tensors["indices"].tolist()),
        targets=tensors["targets"],
        seconds=document["seconds"],
        image_s=document["image_s"],
        memory_format=document["memory_format"],
    )


class Attempts:
    """Finished trainings of a run, by what decides them.

    Args:
        run: The folder.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        rows = run.rows(ATTEMPTS)
        # Half a line that a kill left would be the beginning of the next one.
        run.keep_rows(ATTEMPTS, rows)
        run.keep_rows(BRACKETS, run.rows(BRACKETS))
        self._known = {row["key"]: row for row in rows}

    def recall(self, what: Mapping[str, Any]) -> Attempt | None:
        """Return the attempt of an earlier sitting, None if there was none."""
        row = self._known.get(fingerprint.of_json(dict(what)))
        if row is None:
            return None
        gains = None if row["gains"] is None else np.asarray(row["gains"], np.float64)
        loss = math.inf if row["loss"] is None else row["loss"]
        return Attempt(gains=gains, loss=loss, seconds=row["seconds"], step_s=row["step_s"], state=row["state"])

    @property
    def spent_s(self) -> float:
        """Seconds that earlier sittings had used when they wrote their last training down."""
        return max((float(row.get("spent_s", 0.0)) for row in self._known.values()), default=0.0)

    @property
    def brackets(self) -> tuple[int, ...]:
        """Sizes of the brackets that earlier sittings began."""
        return tuple(int(row["size"]) for row in self._run.rows(BRACKETS))

    def begin_bracket(self, size: int) -> None:
        """Write down that a bracket begins."""
        self._run.append(BRACKETS, {"size": size})

    def remember(self, what: Mapping[str, Any], attempt: Attempt, *, spent_s: float = 0.0) -> None:
        """Write a finished attempt, and how much of the budget was spent by then."""
        row = {
            "key": fingerprint.of_json(dict(what)),
            "what": dict(what),
            "gains": None if attempt.gains is None else attempt.gains.tolist(),
            "loss": attempt.loss if math.isfinite(attempt.loss) else None,
            "seconds": round(attempt.seconds, 3),
            "step_s": attempt.step_s,
            "state": attempt.state,
            "spent_s": round(spent_s, 3),
        }
        self._run.append(ATTEMPTS, row)
        self._known[row["key"]] = row
