"""One unit as a survey saw it: its figures, and the images it answers to most strongly."""

from __future__ import annotations

import math

import numpy as np

from striate.data import prepare
from striate.errors import InputError, Quoted, UnknownNameError
from striate.graph import times
from striate.numbers import plural
from striate.observe.survey import judge_units
from striate.records.array import Array
from striate.records.unit_survey import Survey, SurveyedLayer
from striate.report.arrays import ArrayStore
from striate.report.pictures.inputs import as_shown
from striate.report.pictures.shrinking import shrunk
from striate.studio.job_wire import Twin, Unit
from striate.studio.looks.pictures import MOST_VALUES
from striate.studio.subject import Subject
from striate.studio.work.longwork import data_of

_MOST_TWINS = 8


def unit(subject: Subject, survey: Survey, row: int, channel: int) -> Unit:
    """Return what a unit answers to.

    Raises:
        InputError: No such row or unit; a row that neither learned nor rectifies.
    """
    layer = surveyed_layer(subject, survey, row, channel)
    found = layer.statistics
    assert found is not None  # noqa: S101 - the studio's surveys have statistics
    (judged,) = judge_units(survey, layer.layer, [channel])
    k = layer.boxes.shape[1]
    return Unit(
        row=row,
        channel=channel,
        seen=_seen(subject, survey),
        broken=layer.broken,
        is_dead=judged.is_dead,
        always_on=judged.always_on,
        active=float(found.active_share[channel]),
        largest=float(layer.maximum[channel]),
        quantile_shares=list(found.quantile_shares),
        quantiles=[float(value) for value in found.quantiles[channel]],
        samples=[int(sample) for sample in layer.samples[channel, :k]],
        values=[float(value) for value in layer.values[channel, :k]],
        places=[_place(layer, int(flat)) for flat in layer.places[channel, :k]],
        field=times(layer.field_px) if layer.has_boxes else "",
        class_names=list(survey.class_names),
        class_counts=[] if judged.class_counts is None else [int(count) for count in judged.class_counts],
        class_means=[] if found.class_means is None else [float(mean) for mean in found.class_means[:, channel]],
        selectivity=_number(found.selectivity, channel),
        explained=_number(found.explained, channel),
        coherence=judged.coherence,
        chance_coherence=list(judged.chance_coherence or ()),
        twins=[Twin(channel=other, correlation=value) for other, value in judged.twins[:_MOST_TWINS]],
        verdicts=list(judged.verdicts),
    )


def strongest_inputs(subject: Subject, survey: Survey, row: int, channel: int) -> bytes:
    """Return the images a unit answers to most strongly, as safetensors.

    `pictures` uint8 (k, h, w[, 3]) as the network receives them; `boxes` int32 (k, axes of space, 2): the pixels of the input
    that it reads where it answers, [first, last + 1] an axis; `samples` int32 (k), `values` float32 (k).

    Raises:
        InputError: As for `unit`.
    """
    layer = surveyed_layer(subject, survey, row, channel)
    dataset, how = data_of(subject), subject.network.preprocessing
    k = layer.boxes.shape[1]
    side = min(224, math.isqrt(MOST_VALUES // (3 * k)))
    pictures = []
    for sample in layer.samples[channel, :k]:
        rate = dataset.samples[int(sample)].sample_rate_hz
        entered = prepare(dataset.read(int(sample)), how, sample_rate_hz=rate)
        pictures.append(shrunk(as_shown(entered, how, side), side))
    store = ArrayStore()
    store.images("pictures", np.stack(pictures))
    store.numbers("boxes", layer.boxes[channel].astype(np.int32))
    store.numbers("samples", layer.samples[channel, :k].astype(np.int32))
    store.numbers("values", layer.values[channel, :k].astype(np.float32))
    return store.to_safetensors()


def surveyed_layer(subject: Subject, survey: Survey, row: int, channel: int) -> SurveyedLayer:
    """Return what a survey saw of a row that has this unit.

    Raises:
        InputError: No such row or unit; a row that neither learned nor rectifies.
    """
    name = subject.layer(row).reading.name
    try:
        layer = survey.layer(name)
    except UnknownNameError:
        raise InputError(
            "a unit's layer must have learned or rectify to be surveyed",
            got=Quoted(name),
            hint="What others hold is the value of a layer before them.",
        ) from None
    if not 0 <= channel < layer.units:
        raise InputError(f"a channel's number must be 0 … {layer.units - 1}", got=channel, where=name)
    return layer


def _place(layer: SurveyedLayer, flat: int) -> list[int]:
    return [] if flat < 0 or not layer.sizes else [int(one) for one in np.unravel_index(flat, layer.sizes)]


def _seen(subject: Subject, survey: Survey) -> str:
    of = len(data_of(subject))
    count = len(survey.samples)
    some = (
        f"{plural(count, 'sample')} of {survey.data}"
        if count == of
        else f"{count} of {of} samples of {survey.data}, evenly spread"
    )
    return f"{some}; also those it learned from."


def _number(values: Array | None, channel: int) -> float | None:
    """Return a figure, if there is one and it is a number."""
    if values is None or math.isnan(float(values[channel])):
        return None
    return float(values[channel])
