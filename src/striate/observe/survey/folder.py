"""A finished survey as a folder: `survey.json`, `survey.safetensors` and `features.safetensors`."""

from __future__ import annotations

import contextlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from striate import fingerprint, schema
from striate.errors import InputError, Quoted, SchemaError, WeightsError
from striate.nets import Network
from striate.nets.weights import weights_key
from striate.observe.survey import feature_file, state
from striate.observe.survey.settings import SurveySettings
from striate.records.unit_survey import LayerStatistics, Survey, SurveyedLayer
from striate.runs import write_bytes, write_json

_VERSION = 1
_DOCUMENT, _ARRAYS = "survey.json", "survey.safetensors"
_TABLES = ("samples", "targets", "answers", "confidences")
_TUPLES = ("sizes", "field_px", "quantile_shares")


def is_survey(folder: Path) -> bool:
    """Return whether there is a finished survey."""
    return (folder / _DOCUMENT).is_file()


def known_format(folder: Path) -> str | None:
    """Return the memory format of what is in a folder, finished or not; None if there is nothing."""
    if is_survey(folder):
        return str(_document(folder)["settings"]["memory_format"])
    settings = state.known_settings(folder)
    return None if settings is None else str(settings["memory_format"])


def remove_state(folder: Path) -> None:
    """Remove what was only needed to go on."""
    with contextlib.suppress(OSError):
        (folder / state.NAME).unlink(missing_ok=True)


def write_survey(survey: Survey, folder: Path | str) -> None:
    """Write a survey into a folder, the document last.

    Raises:
        StorageError: The disk refused.
    """
    from safetensors.numpy import save

    folder = Path(folder)
    arrays: dict[str, Any] = {
        name: getattr(survey, name) for name in _TABLES if getattr(survey, name) is not None
    }  # fmt: skip
    rows = []
    for number, layer in enumerate(survey.layers):
        row = _split(layer, f"{number}/", arrays)
        row["statistics"] = None
        if layer.statistics is not None:
            row["statistics"] = _split(layer.statistics, f"{number}/statistics/", arrays)
        rows.append(row)
    content = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    write_bytes(folder / _ARRAYS, content)
    # Before the document, which says that all is there; those of this folder are there already.
    if survey.features is not None and not _is_here(survey.features, folder):
        rows_on_disk = feature_file.FeaturesOnDisk(folder, *survey.features.shape)
        rows_on_disk.add(survey.features)
        rows_on_disk.settle()
    write_json(
        folder / _DOCUMENT,
        {
            "schema": schema.stamp("survey", _VERSION),
            "settings": dict(survey.settings),
            "data": survey.data,
            "class_names": list(survey.class_names),
            "input_px": list(survey.input_px),
            "features_of": survey.features_of,
            "layers": rows,
            "arrays_sha256": fingerprint.of_content(content),
        },
    )


def read_survey(
    folder: Path | str, network: Network | None = None, *, settings: SurveySettings | None = None
) -> Survey:
    """Return the survey a folder holds.

    Args:
        folder: The folder.
        network: If given, the survey must be of its weights.
        settings: If given, the survey must have been made with them.

    Raises:
        InputError: There is none, or one of other data or settings.
        WeightsError: It is of other weights.
        SchemaError: Damaged, or written by another version.
    """
    folder = Path(folder)
    if not is_survey(folder):
        raise InputError("a survey's folder must hold survey.json", got=str(folder))
    document = _document(folder)
    if network is not None and weights_key(network.module) != document["settings"]["weights"]:
        raise WeightsError(
            "a survey must be of this network's weights",
            got=Quoted("one of others"),
            where=str(folder),
            hint="Make it anew in another folder.",
        )
    difference = settings.difference(document["settings"]) if settings is not None else ""
    if difference:
        raise InputError(
            "a survey must go on with the same network, data and settings",
            got=Quoted(difference),
            where=str(folder),
            hint="Choose another folder, or delete that one.",
        )
    arrays = _arrays(folder, document["arrays_sha256"])
    return Survey(
        settings=document["settings"],
        data=document["data"],
        class_names=tuple(document["class_names"]),
        input_px=tuple(document["input_px"]),
        layers=tuple(_layer(row, f"{number}/", arrays) for number, row in enumerate(document["layers"])),
        features_of=document["features_of"],
        features=feature_file.read_features(folder / feature_file.NAME) if document["features_of"] else None,
        **{name: arrays.get(name) for name in _TABLES},
    )


def _is_here(features: npt.NDArray[np.float32], folder: Path) -> bool:
    name = getattr(features, "filename", None)
    return name is not None and Path(name).resolve().parent == folder.resolve()


def _document(folder: Path) -> dict[str, Any]:
    path = folder / _DOCUMENT
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as cause:
        raise SchemaError("survey.json must be JSON", got=str(cause), where=str(path)) from cause
    return schema.accept(document, "survey", _VERSION, where=str(path))


def _arrays(folder: Path, sha256: str) -> dict[str, npt.NDArray[Any]]:
    from safetensors.numpy import load

    path = folder / _ARRAYS
    content = path.read_bytes() if path.is_file() else b""
    if not content or fingerprint.of_content(content) != sha256:
        got = "another file" if content else "no file"
        raise SchemaError("a survey's arrays must be those survey.json names", got=Quoted(got), where=str(path))
    return dict(load(content))


def _split(record: SurveyedLayer | LayerStatistics, start: str, arrays: dict[str, Any]) -> dict[str, Any]:
    """Return a record's plain values; its arrays go into `arrays`."""
    row: dict[str, Any] = {}
    for one in fields(record):
        value = getattr(record, one.name)
        if isinstance(value, np.ndarray):
            arrays[start + one.name] = value
        elif one.name == "participation" and value != value:  # noqa: PLR0124 - JSON has no such number
            row[one.name] = None
        elif one.name != "statistics":
            row[one.name] = list(value) if isinstance(value, tuple) else value
    return row


def _joined(row: dict[str, Any], start: str, arrays: dict[str, npt.NDArray[Any]]) -> dict[str, Any]:
    own = {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
    plain = {name: tuple(value) if name in _TUPLES else value for name, value in row.items()}
    return plain | {name: array for name, array in own.items() if "/" not in name}


def _layer(row: dict[str, Any], start: str, arrays: dict[str, npt.NDArray[Any]]) -> SurveyedLayer:
    statistics = None
    if row["statistics"] is not None:
        values = _joined(row["statistics"], f"{start}statistics/", arrays)
        values["participation"] = float("nan") if values["participation"] is None else values["participation"]
        statistics = LayerStatistics(**values)
    return SurveyedLayer(**(_joined(row, start, arrays) | {"statistics": statistics}))
