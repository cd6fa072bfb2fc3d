"""Whether images that go through a network at once change each other's answers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from striate.errors import StriateError
from striate.explain.answers import scores
from striate.explain.occlusion.routes import UNFIT
from striate.nets import Network
from striate.trace import Recording, trace
from striate.trace.replay import Replay, Scaled, Step
from striate.trace.tape import Ref


def watched(network: Network, images: Tensor) -> tuple[Tensor, bool]:
    """Return the scores of images (n, c, …) that go at once, and whether they may have changed each other's.

    What torch's Python functions are not called for, scripted and compiled modules, may.
    """
    if any(map(_is_hidden, network.module.modules())):
        return scores(network, images), True
    with _Normalised() as met:
        found = scores(network, images)
    # A pass may have gone round a module that does.
    return found, met.may_mix or _has_such_modules(network.module)


def mixes(network: Network, image: Tensor) -> bool:
    """Whether a network, in eval mode, normalises by the images that are there at once; by its calls for an image (c, …).

    Where these cannot be recorded, by its modules. It takes longer than many windows: `watched` says whether it is to be asked.
    """
    try:
        return mixes_images(trace(network.module, (1, *image.shape)), network.module)
    except (StriateError, *UNFIT):
        return _has_such_modules(network.module)


class _Normalised(TorchFunctionMode):
    """Notes whether a call may normalise by what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.may_mix = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:  # noqa: ANN401
        """Hear one call."""
        kwargs = kwargs or {}
        if "batch_norm" in getattr(func, "__name__", ""):
            # The sixth is whether it is trained; of functions that modules do not call nothing is known.
            training = kwargs.get("training", args[5] if len(args) > 5 else False)
            self.may_mix = self.may_mix or func is not nn.functional.batch_norm or bool(training)
        return func(*args, **kwargs)


def mixes_images(recording: Recording, module: nn.Module) -> bool:
    """Whether recorded calls normalise over images: batch normalisation without statistics, as a module or as a function."""
    record = recording.program.record
    if isinstance(record, str):
        return _has_such_modules(module)
    return any(_is_over_images(step, record) for step in record.steps)


def _is_over_images(step: Step, record: Replay) -> bool:
    schema = step.func._schema  # type: ignore[attr-defined]  # noqa: SLF001 - the schema has no public name
    names = [argument.name for argument in schema.arguments]
    if "batch_norm" not in schema.name or "training" not in names:
        return False
    given = dict(zip(names, step.args, strict=False)) | dict(step.kwargs)
    if not given.get("training") or not isinstance(given["input"], Ref):
        return False
    # Axis 1 has its own statistics at each place; instance normalisation puts the images there.
    shape = record.shapes[given["input"].value]
    return record.batch is not None or any(isinstance(size, Scaled) for size in (*shape[:1], *shape[2:]))


def _is_hidden(module: nn.Module) -> bool:
    is_compiled = getattr(module, "_compiled_call_impl", None) is not None or hasattr(module, "_orig_mod")
    return is_compiled or isinstance(module, torch.jit.ScriptModule)


def _has_such_modules(module: nn.Module) -> bool:
    norms = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return any(isinstance(part, norms) and part.running_mean is None for part in module.modules())
