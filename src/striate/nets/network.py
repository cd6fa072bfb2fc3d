"""`Network`: a module with what it takes to use it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torch import nn

from striate import fingerprint, schema
from striate.errors import InputError, SchemaError, WeightsError
from striate.nets.origin import Origin
from striate.nets.weights import load_weights, read_weights, save_weights
from striate.records.output import Output, Preprocessing
from striate.runs import write_json

SCHEMA_VERSION = 3
# Versions 2 and 3 may say more: of the preprocessing and of the origin; of signals, sounds and their scale, and where the network
# was cut. What an older version does not say has its default.
_MIGRATIONS: dict[int, schema.Migration] = {1: lambda document: document, 2: lambda document: document}
_PARTS = ("preprocessing", "output", "origin", "receipt", "weights_sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A module with its preprocessing, output names, origin and receipt.

    Attributes:
        module: The torch module; its scores are not yet probabilities.
        preprocessing: What turns stored samples into its input.
        output: Kind and names of what it answers.
        origin: How to build it again.
        receipt: What is known of its weights: how trained, on what, content keys.
    """

    module: nn.Module
    preprocessing: Preprocessing
    output: Output
    origin: Origin
    receipt: Mapping[str, Any] = field(default_factory=dict)

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Input shape without the batch."""
        return self.preprocessing.shape

    def save(self, folder: Path | str) -> None:
        """Write `weights.safetensors`, then `network.json` that names its SHA-256.

        Raises:
            InputError: A module from a session has no origin to be built from.
            StorageError: The disk refused.
        """
        if self.origin.kind == "module":
            raise InputError(
                "a network must have an origin to be saved",
                got="a module from a session",
                hint="Load it as python:package.module:factory.",
            )
        folder = Path(folder)
        sha256 = save_weights(self.module, folder / "weights.safetensors")
        write_json(
            folder / "network.json",
            {
                "schema": schema.stamp("network", SCHEMA_VERSION),
                "preprocessing": asdict(self.preprocessing),
                "output": asdict(self.output),
                "origin": asdict(self.origin),
                "receipt": dict(self.receipt),
                "weights_sha256": sha256,
            },
        )

    @classmethod
    def read(cls, folder: Path | str) -> Network:
        """Return the network a folder holds, in eval mode.

        Raises:
            InputError: There is none.
            SchemaError: Written by a version this code cannot read.
            WeightsError: The weights are not those that were written.
        """
        folder = Path(folder)
        path = folder / "network.json"
        if not path.is_file():
            raise InputError("a network folder must hold network.json", got=str(folder))
        try:
            parsed = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as cause:
            raise SchemaError("network.json must be JSON", got=str(cause), where=str(path)) from cause
        document = schema.accept(parsed, "network", SCHEMA_VERSION, where=str(path), migrations=_MIGRATIONS)
        missing = [name for name in _PARTS if name not in document]
        if missing:
            raise SchemaError("network.json must be whole", got=f"no {', '.join(missing)}", where=str(path))
        weights = folder / "weights.safetensors"
        if not weights.is_file() or fingerprint.of_file(weights) != document["weights_sha256"]:
            raise WeightsError(
                "weights must be those network.json names",
                got="another file" if weights.is_file() else "no file",
                where=str(weights),
            )
        origin = Origin.from_document(document["origin"])
        module = origin.build()
        load_weights(module, read_weights(weights), where=str(weights))
        module.eval()
        return cls(
            module=module,
            preprocessing=Preprocessing.from_document(document["preprocessing"]),
            output=Output(kind=document["output"]["kind"], names=tuple(document["output"]["names"])),
            origin=origin,
            receipt=document["receipt"],
        )
