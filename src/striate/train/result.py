"""The network a training leaves behind, with the receipt that says how it came about."""

from __future__ import annotations

import copy
import json
from dataclasses import asdict, replace
from typing import Any

from striate import schema
from striate.blueprint import Blueprint
from striate.errors import InputError
from striate.nets import Network, load_weights, read_weights, save_weights
from striate.records.output import Output, Preprocessing
from striate.runs import Run, write_json
from striate.train.care import Care
from striate.train.checkpoint import State
from striate.train.score import SCORE_NAMES
from striate.train.work import Work

_DOCUMENT = "network.json"
_WEIGHTS = "weights.safetensors"
_SCHEMA_VERSION = 3


def save_result(run: Run, start: Network, work: Work, state: State, care: Care) -> Network:
    """Write `network/` (the first process does) and return the network, on the processor, in plain memory and in eval mode.

    A module from a session cannot be built again from a file: beside its weights stands what else
    is known, under a schema of its own, so that nobody takes it for a whole network.

    Raises:
        StorageError: The disk refused.
    """
    care.release()
    module = work.device.release(work.module).eval()
    module.zero_grad()
    network = replace(start, module=module, receipt=_receipt(run, start, work, state, care))
    folder = run.folder / "network"
    if not work.device.ranks.leads:
        return network
    if network.origin.kind != "module":
        network.save(folder)
        return network
    save_weights(module, folder / _WEIGHTS)
    write_json(
        folder / _DOCUMENT,
        {
            "schema": schema.stamp("session-network", _SCHEMA_VERSION),
            "preprocessing": asdict(network.preprocessing),
            "output": asdict(network.output),
            "receipt": dict(network.receipt),
        },
    )
    return network


def read_result(run: Run, given: Network | Blueprint) -> Network:
    """Return the network of a finished run.

    A module from a session is a copy of the one given, with trained weights.

    Raises:
        InputError: There is none.
        WeightsError: The weights are not those that were written.
    """
    folder = run.folder / "network"
    if isinstance(given, Blueprint) or given.origin.kind != "module":
        return Network.read(folder)
    path = folder / _DOCUMENT
    if not path.is_file():
        raise InputError("a finished run must hold its network", got=str(folder))
    document = schema.accept(
        json.loads(path.read_text(encoding="utf-8")),
        "session-network",
        _SCHEMA_VERSION,
        where=str(path),
        migrations={1: lambda document: document, 2: lambda document: document},
    )
    module = copy.deepcopy(given.module)
    load_weights(module, read_weights(folder / _WEIGHTS), where=str(folder / _WEIGHTS))
    return Network(
        module=module.eval(),
        preprocessing=Preprocessing.from_document(document["preprocessing"]),
        output=Output(kind=document["output"]["kind"], names=tuple(document["output"]["names"])),
        origin=given.origin,
        receipt=document["receipt"],
    )


def _receipt(run: Run, start: Network, work: Work, state: State, care: Care) -> dict[str, Any]:
    """Return how the weights came about, in plain values."""
    document = run.document
    epochs = max(state.epoch, 0)
    kept = state.kept_epoch
    return {
        "weights": f"trained, {epochs if kept is None else kept} of {work.recipe.epochs} epochs",
        "start": dict(start.receipt),
        "recipe": work.recipe.document(),
        "data": dict(document.inputs["data"]),
        "split": dict(document.inputs["split"]),
        "epochs": epochs,
        "steps": state.step,
        "score": {"name": SCORE_NAMES[work.dataset.output.kind], "validation": state.score},
        **care.receipt(work.optimizer, state.peaks[:kept]),
        **({} if kept is None else {"kept_epoch": kept}),
        "settings": {key: value for key, value in document.settings.items() if key != "recipe"},
        "versions": dict(document.versions),
    }
