"""A survey that is not finished: all its layers, what was answered, and the file it is kept in between two sittings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from striate import schema
from striate.errors import InputError, Quoted, SchemaError
from striate.observe.survey.layer_state import LayerNeeds, LayerState
from striate.observe.survey.settings import SurveySettings
from striate.runs import write_bytes

NAME = "state.safetensors"
# 2: the least mean of each unit is kept too.
_VERSION = 2


class SurveyState:
    """What was kept of the images from one number to another.

    Args:
        settings: What decides every number.
        needs: How much is kept of each layer, by op.
        images: Images in all.
    """

    def __init__(self, settings: SurveySettings, needs: Mapping[str, LayerNeeds], images: int) -> None:
        self.settings, self.needs = settings, needs
        self.layers = {op: LayerState(need) for op, need in needs.items()}
        self.seen = np.zeros(images, np.bool_)
        self.answers = np.full(images, -1, np.int64)
        self.confidences = np.full(images, np.nan, np.float32)

    @property
    def done(self) -> int:
        """Images seen."""
        return int(self.seen.sum())

    def answered(self, orders: Sequence[int], answers: npt.NDArray[np.int64], sure: npt.NDArray[np.float32]) -> None:
        """Take in answers and their probabilities."""
        self.answers[orders], self.confidences[orders] = answers, sure

    def save(self, folder: Path) -> None:
        """Write everything as one file, atomically.

        Raises:
            StorageError: The disk refused; the file that was there is still whole.
        """
        from safetensors.numpy import save

        document = {"schema": schema.stamp("survey-state", _VERSION), "settings": self.settings.document()}
        tensors: dict[str, Any] = {"seen": self.seen, "answers": self.answers, "confidences": self.confidences}
        for number, layer in enumerate(self.layers.values()):
            tensors |= {f"{number}/{name}": np.ascontiguousarray(item) for name, item in layer.arrays().items()}
        write_bytes(folder / NAME, save(tensors, metadata={"striate": json.dumps(document)}))

    @classmethod
    def read(
        cls, folder: Path, settings: SurveySettings, needs: Mapping[str, LayerNeeds], images: int
    ) -> SurveyState | None:
        """Return what an earlier sitting kept; None if there is none.

        Raises:
            InputError: It is of another network, data or settings.
            SchemaError: Damaged, or written by another version.
        """
        path = folder / NAME
        if not path.is_file():
            return None
        document, tensors = _read(path)
        difference = settings.difference(document["settings"])
        if difference:
            raise InputError(
                "a survey must go on with the same network, data and settings",
                got=Quoted(difference),
                where=str(folder),
                hint="Choose another folder, or delete that one.",
            )
        state = cls(settings, needs, images)
        state.seen, state.answers, state.confidences = (tensors[name] for name in ("seen", "answers", "confidences"))
        for number, (op, need) in enumerate(needs.items()):
            start = f"{number}/"
            own = {name.removeprefix(start): item for name, item in tensors.items() if name.startswith(start)}
            state.layers[op] = LayerState.of(need, own)
        return state


def known_settings(folder: Path) -> dict[str, Any] | None:
    """Return the settings of what an earlier sitting kept; None if there is nothing.

    Raises:
        SchemaError: Damaged, or written by another version.
    """
    path = folder / NAME
    return dict(_read(path, has_tensors=False)[0]["settings"]) if path.is_file() else None


def _read(path: Path, *, has_tensors: bool = True) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            text = (file.metadata() or {}).get("striate", "null")
            names = file.keys() if has_tensors else ()
            tensors = {name: file.get_tensor(name) for name in names}
    except SafetensorError as cause:
        hint = "Delete it: the survey is made again."
        raise SchemaError(
            "a state must be a whole safetensors file", got=Quoted(str(cause)), where=str(path), hint=hint
        ) from cause
    return schema.accept(json.loads(text), "survey-state", _VERSION, where=str(path)), tensors
