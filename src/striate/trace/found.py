"""What no step of a program makes: a run's inputs, and the module's parameters and buffers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted
from striate.graph import times
from striate.trace.replay import Replay
from striate.trace.tape import Value


class Found:
    """What no step makes, looked up in the module and the inputs of a run."""

    def __init__(self, module: nn.Module, inputs: Mapping[str, Tensor], device: torch.device) -> None:
        self._module, self._inputs, self._device = module, inputs, device
        self._parts: dict[str, Any] = {"": module}

    def all(self, record: Replay, numbers: Iterable[int]) -> dict[int, Tensor]:
        """Return the tensors of these values."""
        found = {}
        for number in numbers:
            tensor = self._one(record.found[number])
            found[number] = tensor.clone() if number in record.literal else tensor
        return found

    def _one(self, value: Value) -> Tensor:
        if value.origin == "input":
            if value.key not in self._inputs:
                raise InputError(
                    "the values given must cut every path from the inputs",
                    got=Quoted(f"a path from {value.key} past them"),
                    hint="Give the inputs too.",
                )
            return self._inputs[value.key]
        if value.constant is not None:
            return value.constant.to(self._device)
        path, _, name = value.key.rpartition(".")
        part = self._part(path)
        # Looked up where modules keep it: quicker than asking the module.
        held = getattr(part, "_parameters" if value.origin == "parameter" else "_buffers", None)
        tensor = held.get(name) if type(held) is dict else None
        tensor = getattr(part, name, None) if tensor is None else tensor
        if not isinstance(tensor, Tensor) or tuple(tensor.shape) != value.shape:
            raise InputError(
                "the module must be the one that was traced",
                got=Quoted(f"no {value.origin} of size {times(value.shape) or '1'}"),
                where=value.key,
                hint="Trace this module.",
            )
        return tensor

    def _part(self, path: str) -> object:
        if path not in self._parts:
            parent, _, name = path.rpartition(".")
            self._parts[path] = getattr(self._part(parent), name, None)
        return self._parts[path]
