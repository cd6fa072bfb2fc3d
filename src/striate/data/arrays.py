"""Arrays that are already in memory."""

from __future__ import annotations

import numpy as np
import torch

from striate.data.array_files import AXES_OF
from striate.data.dataset import Dataset, check_classes, data_fingerprint, number_ids
from striate.data.pixels import InMemory, content_key
from striate.data.read_as import ReadAs
from striate.data.reading import no_samples
from striate.data.sample import Sample, SetAside, Target
from striate.errors import DataError, ShapeError
from striate.records import Output

FLOAT32_MAX = float(np.finfo(np.float32).max)


def load_arrays(stored: object, targets: object, *, read_as: ReadAs) -> Dataset:
    """Return the data set of arrays; both are copied. See `load_data` for what they may be.

    Raises:
        ShapeError: Samples of other axes than signals, images or volumes have; not one target per sample.
        DataError: Samples that are no numbers; targets that are neither classes, labels nor values.
    """
    values = _values(stored, read_as.axes)
    raw = _array(targets)
    if raw.ndim not in {1, 2} or len(raw) != len(values):
        raise ShapeError(f"there must be one target for each of the {len(values)} samples", got=raw.shape)
    output, converted = _targets(raw)
    reasons = [
        "its value is not a finite number" if target is None else "" if fine else "holds numbers that are not finite"
        for target, fine in zip(converted, _finite(values), strict=True)
    ]
    keep = [index for index, reason in enumerate(reasons) if not reason]
    aside = [SetAside(place=f"arrays/{index}", reason=reason) for index, reason in enumerate(reasons) if reason]
    if not keep:
        raise no_samples("arrays", aside)
    if output.kind == "classes":
        check_classes(
            [target for index in keep if isinstance(target := converted[index], int)], output.names, where="arrays"
        )
    ids = number_ids([content_key(values[index].tobytes()) for index in keep])
    samples = tuple(
        Sample(id=sample_id, target=target, group=None, place=f"arrays/{index}")
        for sample_id, index in zip(ids, keep, strict=True)
        if (target := converted[index]) is not None
    )
    return Dataset(
        name="arrays",
        reference="arrays",
        samples=samples,
        output=output,
        set_aside=tuple(aside),
        shape=values.shape[1:],
        fingerprint=data_fingerprint(samples, output),
        pixels=InMemory(torch.from_numpy(values[keep])),
        read_as=read_as,
    )


def _array(value: object) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    try:
        return np.array(value)
    except ValueError:
        raise ShapeError("arrays must be rectangular", got=type(value).__name__) from None


def _values(stored: object, axes: int) -> np.ndarray:
    """Return a copy, uint8 or float32, (n, c, axes of space)."""
    values = _array(stored)
    if values.dtype.kind not in "fiu":
        raise DataError("samples must be numbers", got=str(values.dtype))
    wanted = axes or AXES_OF.get(values.ndim - 1, 0)
    if not axes and values.ndim == 4 and values.shape[1] not in {1, 3} and values.shape[3] in {1, 3}:
        raise ShapeError(
            "images must have their channels first, (n, c, h, w)",
            got=values.shape,
            hint="Use images.transpose(0, 3, 1, 2); if they are so already, say read_as=ReadAs(axes=2).",
        )
    if values.ndim not in {wanted + 1, wanted + 2} or not wanted or 0 in values.shape:
        asked = "signals, images or volumes" if not axes else f"{axes} axes of space"
        raise ShapeError(f"samples must be {asked}, with or without channels: (n, …) or (n, c, …)", got=values.shape)
    if values.dtype != np.uint8:
        with np.errstate(over="ignore"):
            values = values.astype(np.float32)
    return np.ascontiguousarray(values if values.ndim == wanted + 2 else values[:, None])


def _finite(values: np.ndarray) -> list[bool]:
    if values.dtype == np.uint8:
        return [True] * len(values)
    return [bool(np.isfinite(value).all()) for value in values]


def _targets(raw: np.ndarray) -> tuple[Output, list[Target | None]]:
    """Return the output and the targets; None for a value that is not finite."""
    kind = raw.dtype.kind
    if raw.ndim == 1 and kind in "iubU":
        names = [str(item) for item in np.unique(raw).tolist()]
        index = {name: position for position, name in enumerate(names)}
        return Output(kind="classes", names=tuple(names)), [index[str(item)] for item in raw.tolist()]
    if raw.ndim == 2 and kind in "iub" and np.isin(raw, (0, 1)).all():
        output = Output(kind="labels", names=tuple(f"label {i}" for i in range(raw.shape[1])))
        return output, [tuple(map(int, row)) for row in raw.tolist()]
    if kind == "f":
        table = raw.reshape(len(raw), -1)
        names = ["value"] if raw.ndim == 1 else [f"value {i}" for i in range(table.shape[1])]
        rows = zip(table.astype(float).tolist(), (np.abs(table) <= FLOAT32_MAX).all(1), strict=True)
        return Output(kind="values", names=tuple(names)), [tuple(row) if fine else None for row, fine in rows]
    raise DataError(
        "targets must be whole numbers or words (n,), 0 and 1 (n, k), or floats (n,) or (n, k)",
        got=f"{raw.dtype} of shape {raw.shape}",
    )
