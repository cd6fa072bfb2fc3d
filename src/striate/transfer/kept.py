"""The adapted network in its run folder, also of a module from a session, and what was measured beside it."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from striate import schema
from striate.errors import InputError, Quoted, SchemaError
from striate.nets import Network, load_weights, read_weights, save_weights
from striate.nets.cuts import CutNetwork, Ending
from striate.records.adaptation_document import adaptation_document, adaptation_from_document
from striate.records.adapting import Adaptation
from striate.records.output import Output
from striate.runs import Run, write_json
from striate.trace.shell import twin, unwrapped

DOCUMENT = "adaptation.json"
NETWORK = "network"
WEIGHTS = f"{NETWORK}/weights.safetensors"
_SESSION = f"{NETWORK}/session.json"
_VERSION = 1


def save_network(run: Run, network: Network) -> None:
    """Write the adapted network; of a module from a session its weights and where it was cut.

    Raises:
        StorageError: The disk refused.
    """
    made = network.module
    if network.origin.kind != "module":
        network.save(run.folder / NETWORK)
        return
    if not isinstance(made, CutNetwork):
        raise InputError("an adapted network must be a cut one", got=type(made).__name__)
    save_weights(made, run.folder / WEIGHTS)
    # Beside network.json that a training may have left: nobody is to take this for a whole network.
    write_json(
        run.folder / _SESSION,
        {
            "schema": schema.stamp("session-adapted", _VERSION),
            "ending": asdict(made.ending),
            "output": asdict(network.output),
            "value_mean": list(network.preprocessing.value_mean),
            "value_std": list(network.preprocessing.value_std),
            "receipt": dict(network.receipt),
        },
    )


def read_network(run: Run, given: Network | None = None) -> Network:
    """Return the adapted network, in eval mode.

    Args:
        run: Its folder.
        given: The pretrained network; needed only if it is a module from a session.

    Raises:
        InputError: It is needed and missing.
        SchemaError, WeightsError: Its files are not those that were written.
    """
    if is_kept_whole(run):
        return Network.read(run.folder / NETWORK)
    if given is None:
        raise InputError(
            "a module from a session must be given again to read what it was adapted to",
            got=Quoted("none"),
            where=str(run.folder),
        )
    document = schema.accept(
        read_json(run.folder / _SESSION), "session-adapted", _VERSION, where=str(run.folder / _SESSION)
    )
    module = CutNetwork(twin(unwrapped(given.module)), Ending.from_document(document["ending"]))
    load_weights(module, read_weights(run.folder / WEIGHTS), where=str(run.folder / WEIGHTS))
    how = replace(given.preprocessing, value_mean=tuple(document["value_mean"]), value_std=tuple(document["value_std"]))
    output = Output(kind=document["output"]["kind"], names=tuple(document["output"]["names"]))
    return replace(given, module=module.eval(), preprocessing=how, output=output, receipt=document["receipt"])


def is_kept_whole(run: Run) -> bool:
    """Return whether the adapted network can be read without the pretrained one."""
    return not (run.folder / _SESSION).is_file()


def save_adaptation(run: Run, adaptation: Adaptation) -> None:
    """Write everything that was measured."""
    write_json(run.folder / DOCUMENT, adaptation_document(adaptation))


def read_adaptation(run: Run) -> Adaptation:
    """Return everything that was measured.

    Raises:
        SchemaError: The file is damaged.
    """
    path = run.folder / DOCUMENT
    return adaptation_from_document(read_json(path), where=str(path))


def read_json(path: Path) -> Any:  # noqa: ANN401 - whatever the file holds
    """Return what a JSON file of a run holds.

    Raises:
        SchemaError: It is damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as cause:
        raise SchemaError(
            "a file of a run must be what was written", got=Quoted(f"no JSON: {cause}"), where=str(path)
        ) from cause
