"""Arrays that are already in memory."""

from __future__ import annotations

import numpy as np
import torch

from striate.data.dataset import Dataset, check_classes, data_fingerprint, number_ids
from striate.data.pixels import InMemory, content_key
from striate.data.reading import no_images
from striate.data.sample import Sample, SetAside, Target
from striate.errors import DataError, ShapeError
from striate.records import Output

FLOAT32_MAX = float(np.finfo(np.float32).max)


def load_arrays(images: object, targets: object) -> Dataset:
    """Return the data set of arrays; both are copied. See `load_data` for what they may be.

    Raises:
        ShapeError: Images that are not (n, h, w) or (n, 1 or 3, h, w); not one target per image.
        DataError: Images that are not uint8; targets that are neither classes, labels nor values.
    """
    pixels = _pixels(images)
    raw = _array(targets)
    if raw.ndim not in {1, 2} or len(raw) != len(pixels):
        raise ShapeError(f"there must be one target for each of the {len(pixels)} images", got=raw.shape)
    output, converted = _targets(raw)
    keep = [index for index, target in enumerate(converted) if target is not None]
    aside = [
        SetAside(place=f"arrays/{index}", reason="its value is not a finite number")
        for index, target in enumerate(converted)
        if target is None
    ]
    if not keep:
        raise no_images("arrays", aside)
    if output.kind == "classes":
        check_classes(
            [target for target in converted if isinstance(target, int)],
            output.names,
            where="arrays",
        )
    ids = number_ids([content_key(pixels[index].tobytes()) for index in keep])
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
        shape=pixels.shape[1:],
        fingerprint=data_fingerprint(samples, output),
        pixels=InMemory(torch.from_numpy(pixels[keep])),
    )


def _array(value: object) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu().numpy()
    try:
        return np.array(value)
    except ValueError:
        raise ShapeError("arrays must be rectangular", got=type(value).__name__) from None


def _pixels(images: object) -> np.ndarray:
    """Return a copy, uint8 (n, c, h, w)."""
    pixels = _array(images)
    if pixels.dtype != np.uint8:
        raise DataError(
            "images must be uint8, 0 … 255",
            got=str(pixels.dtype),
            hint="For floats 0 … 1: (images * 255).round().astype('uint8').",
        )
    if pixels.ndim == 3:
        pixels = pixels[:, None]
    if pixels.ndim == 4 and pixels.shape[1] not in {1, 3} and pixels.shape[3] in {1, 3}:
        raise ShapeError(
            "images must have their channels first, (n, c, h, w)",
            got=pixels.shape,
            hint="Use images.transpose(0, 3, 1, 2).",
        )
    if pixels.ndim != 4 or pixels.shape[1] not in {1, 3} or 0 in pixels.shape:
        raise ShapeError("images must have shape (n, h, w) or (n, 1 or 3, h, w)", got=pixels.shape)
    return np.ascontiguousarray(pixels)


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
