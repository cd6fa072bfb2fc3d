"""The configuration of a network on the Hugging Face Hub: plain values from a stranger, taken with care."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from striate.errors import InputError
from striate.nets.origin import Origin
from striate.nets.zoo.fetching import hub_file
from striate.nets.zoo.published import from_timm
from striate.records.output import Preprocessing

# Arguments of timm's factory that could fetch, read or run something.
_FORBIDDEN = ("pretrained", "checkpoint", "cache", "scriptable", "exportable", "file", "url", "features")
_LARGEST = 2**22


@dataclass(frozen=True, slots=True, kw_only=True)
class HubNetwork:
    """What a `config.json` says.

    Attributes:
        origin: timm's network with its arguments.
        preprocessing: Of its weights.
        labels: Names of its outputs; empty if it names none.
        source: Where the configuration is from, with its revision.
    """

    origin: Origin
    preprocessing: Preprocessing
    labels: tuple[str, ...]
    source: str


def hub_network(repository: str, *, fetch: bool) -> HubNetwork:
    """Return a network of the hub as its configuration describes it.

    Args:
        repository: "owner/name", or a folder with `config.json`.
        fetch: Whether the net may be used.

    Raises:
        InputError: Not there; not a timm network; arguments that are not plain values.
    """
    found = hub_file(repository, ("config.json",), fetch=fetch)
    config = _read(found.path)
    # Older files hold one level only.
    inner = config.get("pretrained_cfg")
    stated: dict[str, Any] = dict(inner) if isinstance(inner, Mapping) else dict(config)
    architecture = config.get("architecture")
    if not isinstance(architecture, str):
        raise InputError(
            "a hub network must be a timm network: its config.json must name an architecture",
            got=config.get("architectures", config.get("model_type")),
            where=str(found.path),
        )
    arguments = config.get("model_args") or {}
    _check_arguments(arguments, str(found.path))
    outputs = config.get("num_classes", stated.get("num_classes", 0))
    labels = config.get("label_names") or stated.get("label_names") or stated.get("labels") or ()
    origin = Origin(kind="timm", text=architecture, outputs=int(outputs), options=dict(arguments))
    names = tuple(map(str, labels)) if isinstance(labels, list) and len(labels) == origin.outputs else ()
    return HubNetwork(
        origin=origin, preprocessing=_preprocessing(stated, str(found.path)), labels=names, source=found.source
    )


def _read(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _LARGEST:
        raise InputError("config.json must be small", got=path.stat().st_size, where=str(path))
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as cause:
        raise InputError("config.json must be JSON", got=str(cause), where=str(path)) from cause
    if not isinstance(config, dict):
        raise InputError("config.json must be an object", got=type(config).__name__, where=str(path))
    return config


def _check_arguments(arguments: object, where: str) -> None:
    """Let numbers, words and lists of them through, and nothing that leads to another file."""
    if not isinstance(arguments, Mapping):
        raise InputError("model_args must be an object", got=type(arguments).__name__, where=where)
    for key, value in arguments.items():
        parts = value if isinstance(value, list) else [value]
        is_plain = all(part is None or isinstance(part, bool | int | float | str) for part in parts)
        if not is_plain or any(word in key for word in _FORBIDDEN):
            raise InputError("model_args must be plain values that shape the network", got=key, where=where)


def _preprocessing(stated: Mapping[str, Any], where: str) -> Preprocessing:
    try:
        return from_timm(stated)
    except (TypeError, ValueError, KeyError, AttributeError, ZeroDivisionError) as cause:
        if isinstance(cause, InputError):
            raise
        raise InputError(
            "a hub network must state its preprocessing as timm does", got=str(cause), where=where
        ) from cause
