"""What the studio's jobs do: cover a look's input part by part, and survey every unit over the data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from striate.data import Dataset
from striate.errors import InputError, Quoted
from striate.events import Events
from striate.explain import occlusion
from striate.observe.survey import survey
from striate.records.unit_survey import Survey
from striate.report.arrays import ArrayStore
from striate.report.pictures.shrinking import strongest
from striate.studio.looks.look import Look
from striate.studio.subject import Subject
from striate.trace.copying import copied

# Longest side of a map of an answer, and the share of the input that a square covers if nobody says.
_SIDE, _SHARE = 112, 7


def check_occlusion(subject: Subject) -> None:
    """Refuse networks of volumes: their maps have a depth that the page does not show.

    Raises:
        InputError: It reads volumes.
    """
    if len(subject.network.input_shape) > 3:
        raise InputError("occlusion here must be of images or signals", got=Quoted("a network of volumes"))


def covered(
    subject: Subject, look: Look, outputs: list[int], *, window_px: int, stride_px: int, events: Events
) -> bytes:
    """Return how answers change while a square covers each part of a look's input, as safetensors.

    `maps` int8 (outputs, h, w): mean over the squares on a pixel of covered − clean, below zero where the answer needs what is
    there; one scale. `outputs` int32, `clean` float32 (outputs): the answers to the whole input; `grid` float32 (rows, columns,
    outputs): those with the square at each place; `window_px`, `stride_px` int32.

    Args:
        subject: What is watched.
        look: Whose input.
        outputs: Numbers of the answers wanted.
        window_px: Side of the square; 0 takes a seventh of the input's shorter side.
        stride_px: Step; 0 takes half of the square's side.
        events: Hears of each window; may cancel.

    Raises:
        InputError: A square larger than the input; a step above it.
        Cancelled: The watcher asked to stop.
    """
    window = window_px or max(1, min(subject.network.input_shape[1:]) // _SHARE)
    stride = stride_px or max(1, window // 2)
    # A copy: other looks are taken meanwhile.
    network = replace(subject.network, module=copied(subject.network.module, {}))
    (record,) = occlusion(network, look.inputs.clone(), window_px=window, stride_px=stride, events=events)
    maps = np.stack([np.asarray(record.maps[output], np.float32) for output in outputs])
    grid = np.asarray(record.grid)[..., outputs]
    store = ArrayStore()
    store.maps("maps", strongest(maps.reshape(len(outputs), -1, maps.shape[-1]), _SIDE))
    store.numbers("outputs", np.asarray(outputs, np.int32))
    store.numbers("clean", np.asarray(record.clean, np.float32)[outputs])
    store.numbers("grid", grid.astype(np.float32))
    store.numbers("window_px", np.asarray(record.window_px, np.int32))
    store.numbers("stride_px", np.asarray(record.stride_px, np.int32))
    return store.to_safetensors()


def of_job(subject: Subject) -> dict[str, str]:
    """Return what decides the result of work on the network and the data, beside what was asked."""
    data = {} if subject.dataset is None else {"data": subject.dataset.fingerprint}
    return {"weights": subject.key, **data}


def data_of(subject: Subject) -> Dataset:
    """Return the data.

    Raises:
        InputError: There are none.
    """
    if subject.dataset is None:
        raise InputError("a survey must be of data that the studio was opened with", got=Quoted("no data"))
    return subject.dataset


def surveyed(subject: Subject, samples: int, *, events: Events) -> Survey:
    """Return the survey of at most so many samples, evenly spread over the data.

    Raises:
        InputError: There are no data.
        Cancelled: The watcher asked to stop.
    """
    dataset = data_of(subject)
    count = min(samples, len(dataset))
    indices = [number * len(dataset) // count for number in range(count)]
    return survey(subject.network, dataset, indices, lanes=1, recording=subject.recording, events=events)
