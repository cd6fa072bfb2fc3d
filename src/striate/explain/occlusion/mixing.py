"""Whether images that go through a network at once change each other's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from striate.errors import StriateError
from striate.explain.occlusion.routes import UNFIT
from striate.nets import Network
from striate.trace import Recording, trace
from striate.trace.replay import Replay, Scaled, Step
from striate.trace.tape import Ref


def mixes(network: Network, image: Tensor) -> bool:
    """Whether a network, in eval mode, normalises by the images that are there at once; by its calls for an image (c, …).

    They are recorded only where a pass meets batch normalisation that may: it takes longer than many windows. Where they cannot
    be, its modules say it.
    """
    try:
        with torch.no_grad(), _Normalised() as met:
            network.module(image[None])
        # A pass may have gone round a module that does.
        may_mix = met.is_training or _has_such_modules(network.module)
        return may_mix and mixes_images(trace(network.module, (1, *image.shape)), network.module)
    except (StriateError, *UNFIT):
        return _has_such_modules(network.module)


class _Normalised(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Notes whether a call normalises by what it is given."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.is_training = False

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401
        """Hear one call."""
        given = _normalising(func._schema, args, kwargs or {})  # noqa: SLF001 - the schema has no public name
        self.is_training = self.is_training or bool(given.get("training"))
        return func(*args, **(kwargs or {}))


def mixes_images(recording: Recording, module: nn.Module) -> bool:
    """Whether recorded calls normalise over images: batch normalisation without statistics, as a module or as a function."""
    record = recording.program.record
    if isinstance(record, str):
        return _has_such_modules(module)
    return any(_is_over_images(step, record) for step in record.steps)


def _is_over_images(step: Step, record: Replay) -> bool:
    schema = step.func._schema  # type: ignore[attr-defined]  # noqa: SLF001 - the schema has no public name
    given = _normalising(schema, step.args, step.kwargs)
    if not given.get("training") or not isinstance(given["input"], Ref):
        return False
    # Axis 1 has its own statistics at each place; instance normalisation puts the images there.
    shape = record.shapes[given["input"].value]
    return record.batch is not None or any(isinstance(size, Scaled) for size in (*shape[:1], *shape[2:]))


def _normalising(schema: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401
    """Return what a call of batch normalisation is given, by name; nothing of any other."""
    names = [argument.name for argument in schema.arguments]
    if "batch_norm" not in schema.name or "training" not in names:
        return {}
    return dict(zip(names, args, strict=False)) | dict(kwargs)


def _has_such_modules(module: nn.Module) -> bool:
    norms = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return any(isinstance(part, norms) and part.running_mean is None for part in module.modules())
