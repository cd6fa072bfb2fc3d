"""Rows of the store's table from what was loaded and what the network made of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from striate.data.reading import Entry
from striate.features.extraction.loading import Loaded, absolute
from striate.features.store.columns import table_schema
from striate.records import Output
from striate.records.vectors import VectorSpec

NOT_FINITE = "the network's vector is not finite"


def rows_of(
    loaded: Sequence[Loaded],
    vectors: Mapping[str, Tensor],
    scores: Tensor | None,
    spec: VectorSpec,
    truth: Output | None,
    schema: Any = None,  # noqa: ANN401 - pyarrow ships no types
) -> Any:  # noqa: ANN401
    """Return a pyarrow.Table, one row a sample in the order given.

    Args:
        loaded: The samples.
        vectors: (m, size) by layer: of those without an error, in their order.
        scores: (m, outputs) of the same.
        spec: Of the store.
        truth: What the targets mean.
        schema: The store's, made once for many calls (it holds every class's name); None makes it.
    """
    import numpy as np
    import pyarrow as pa

    schema = schema or table_schema(spec)
    good = [place for place, one in enumerate(loaded) if not one.error]
    finite = torch.ones(len(good), dtype=torch.bool)
    for values in vectors.values():
        finite &= values.isfinite().all(1)
    errors: list[str | None] = [one.error or None for one in loaded]
    answered: list[tuple[str | None, float | None, float | None]] = [(None, None, None)] * len(loaded)
    for row, place in enumerate(good):
        if not finite[row]:
            errors[place] = NOT_FINITE
        elif scores is not None:
            answered[place] = answer(scores[row], spec, loaded[place].entry, truth)
    columns: dict[str, Any] = {
        "id": [one.content for one in loaded],
        "content": [one.content for one in loaded],
        "place": [one.entry.place for one in loaded],
        "path": [absolute(one.entry.path) for one in loaded],
        "size_bytes": [one.size_bytes for one in loaded],
        "modified_ns": [one.modified_ns for one in loaded],
        "label": [label_of(one.entry, truth) for one in loaded],
        "targets": [targets_of(one.entry) for one in loaded],
        "group": [one.entry.group for one in loaded],
        "split": [one.entry.split for one in loaded],
        "prediction": [row[0] for row in answered],
        "confidence": [row[1] for row in answered],
        "loss": [row[2] for row in answered],
        "thumbnail": [one.thumbnail for one in loaded],
        "error": errors,
    }
    arrays = [pa.array(values, schema.field(name).type) for name, values in columns.items()]
    mask = np.array([error is not None for error in errors], dtype=bool)
    for layer in spec.layers:
        whole = np.zeros((len(loaded), layer.size), np.float32)
        if good:
            whole[good] = vectors[layer.name].numpy()
        whole[mask] = 0
        flat = pa.array(whole.reshape(-1))
        arrays.append(pa.FixedSizeListArray.from_arrays(flat, layer.size, mask=pa.array(mask)))
    return pa.Table.from_arrays(arrays, schema=schema)


def label_of(entry: Entry, truth: Output | None) -> str | None:
    """Return the class, or the labels between ";"; None where nobody said, and of values."""
    if truth is None or entry.target is None or truth.kind == "values":
        return None
    if isinstance(entry.target, int):
        return truth.names[entry.target]
    return ";".join(name for name, holds in zip(truth.names, entry.target, strict=True) if holds)


def targets_of(entry: Entry) -> list[float] | None:
    """Return the target as numbers."""
    if entry.target is None:
        return None
    return [float(entry.target)] if isinstance(entry.target, int) else [float(number) for number in entry.target]


def answer(
    scores: Tensor, spec: VectorSpec, entry: Entry, truth: Output | None
) -> tuple[str | None, float | None, float | None]:
    """Return the network's answer for one sample, its probability, and its loss where what is true is an answer it can give."""
    output = spec.output
    if len(scores) != output.count or not bool(scores.isfinite().all()):
        return None, None, None
    knows = truth is not None and entry.target is not None and truth.kind == output.kind
    if output.kind == "classes":
        log_shares = scores.double().log_softmax(0)
        best = int(scores.argmax())
        name = label_of(entry, truth)
        loss = -float(log_shares[output.names.index(name)]) if knows and name in output.names else None
        return output.names[best], math.exp(float(log_shares[best])), loss
    if output.kind == "labels":
        held = ";".join(name for name, score in zip(output.names, scores.tolist(), strict=True) if score > 0)
        same = knows and truth is not None and truth.names == output.names
        loss = _binary(scores, entry) if same else None
        return held, None, loss
    mean, std = spec.preprocessing.value_mean, spec.preprocessing.value_std
    values = scores.double()
    if std:
        values = values * values.new_tensor(std) + values.new_tensor(mean)
    words = ";".join(f"{value:.6g}" for value in values.tolist())
    same = knows and truth is not None and truth.count == output.count
    return words, None, _squared(values, entry) if same else None


def _binary(scores: Tensor, entry: Entry) -> float:
    targets = scores.new_tensor(targets_of(entry) or [])
    return float(torch.nn.functional.binary_cross_entropy_with_logits(scores, targets))


def _squared(values: Tensor, entry: Entry) -> float:
    return float((values - values.new_tensor(targets_of(entry) or [])).square().mean())
