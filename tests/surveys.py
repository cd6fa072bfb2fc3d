"""Surveys made by hand, and surveys as plain values."""

from __future__ import annotations

import dataclasses

import numpy as np

from striate.records.unit_survey import LayerStatistics, Survey, SurveyedLayer


def plain(record):
    """A record as nested plain values that are equal only to the bit."""
    if dataclasses.is_dataclass(record):
        return {one.name: plain(getattr(record, one.name)) for one in dataclasses.fields(record)}
    if isinstance(record, tuple):
        return [plain(one) for one in record]
    return (record.dtype.str, record.shape, record.tobytes()) if isinstance(record, np.ndarray) else repr(record)


def planted(sets, features, targets, *, names=("a", "b", "c"), responses=None, values=None, k=5):
    """A survey of one layer of which each unit's strongest images, all features and classes are given."""
    units, counted = sets.shape
    images = len(features)
    responses = np.zeros((images, units), np.float32) if responses is None else responses
    values = np.tile(np.linspace(2, 1, counted, dtype=np.float32), (units, 1)) if values is None else values
    nothing = np.zeros(units, np.float32)
    statistics = LayerStatistics(
        positions=1, active_share=nothing, always_on=np.zeros(units, np.bool_), quantile_shares=(0.5,),
        quantiles=np.zeros((units, 1), np.float32), mean=nothing.astype(np.float64), spread=nothing.astype(np.float64),
        sparseness=nothing, class_means=None, class_counts=None, selectivity=None, explained=None, neighbour_correlation=None,
        channels=units, rows=images, participation=1.0, rank=1, rank_99=1, responses=responses,
    )  # fmt: skip
    layer = SurveyedLayer(
        layer="late", op="late", units=units, sizes=(), is_rectified=True, images=images, broken=0,
        maximum=values.max(1), samples=sets, values=values, places=np.zeros((units, k), np.int64),
        boxes=np.zeros((units, k, 2, 2), np.int64), is_cut=np.zeros((units, k), np.bool_), field_px=(8, 8), has_boxes=False,
        is_global=True, statistics=statistics,
    )  # fmt: skip
    return Survey(
        settings={}, data="planted", class_names=names if targets is not None else (), input_px=(8, 8), layers=(layer,),
        samples=np.arange(images), targets=targets, answers=None, confidences=None, features_of="late",
        features=features.astype(np.float32),
    )  # fmt: skip
