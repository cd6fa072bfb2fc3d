"""Whether images that go through a network at once change each other's answers."""

from __future__ import annotations

from torch import Tensor, nn

from striate.errors import StriateError
from striate.explain.occlusion.routes import UNFIT
from striate.nets import Network
from striate.trace import Recording, trace
from striate.trace.replay import Replay, Scaled, Step
from striate.trace.tape import Ref


def mixes(network: Network, image: Tensor) -> bool:
    """Whether a network, in eval mode, normalises by the images that are there at once; by its calls for an image (c, …).

    Where these cannot be recorded, by its modules.
    """
    try:
        return mixes_images(trace(network.module, (1, *image.shape)), network.module)
    except (StriateError, *UNFIT):
        return _has_such_modules(network.module)


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


def _has_such_modules(module: nn.Module) -> bool:
    norms = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
    return any(isinstance(part, norms) and part.running_mean is None for part in module.modules())
