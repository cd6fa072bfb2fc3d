"""What a browser sends, as inputs: a sample, a drawing, a picture."""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from striate.data import prepare, said_entering
from striate.data.decoding import decode
from striate.errors import InputError, Quoted
from striate.graph import times
from striate.studio.looks.describing import is_centred
from striate.studio.looks.drawing import centred
from striate.studio.looks.look import Given
from striate.studio.subject import Subject
from striate.studio.wire import DrawingWanted, SampleWanted


def of_sample(subject: Subject, wanted: SampleWanted) -> Given:
    """Return a sample of the data.

    Raises:
        InputError: There are no data, or no such sample.
    """
    dataset = subject.dataset
    if dataset is None:
        raise InputError("a sample must be of data that the studio was opened with", got=Quoted("no data"))
    dataset.check_indices((wanted.sample,))
    rate = dataset.samples[wanted.sample].sample_rate_hz
    stored = dataset.read(wanted.sample)
    inputs = prepare(stored, subject.network.preprocessing, sample_rate_hz=rate)
    own = int(dataset.targets()[wanted.sample]) if dataset.output.kind == "classes" else None
    said = "" if own is None else f", {dataset.output.names[own]}"
    done = said_entering(tuple(stored.shape), subject.network.preprocessing)
    as_it_is = "as stored" if tuple(stored.shape) == subject.network.input_shape else "its middle"
    words = f"Number {wanted.sample} of {dataset.name}{said}; {done or as_it_is}."
    return replace(_given(inputs, words, own if subject.shares_classes else None), sample=wanted.sample)


def of_drawing(subject: Subject, wanted: DrawingWanted) -> Given:
    """Return a drawing.

    Raises:
        InputError: A network that does not read images; pixels that are not as many as it says.
    """
    _check_reads_images(subject)
    try:
        data = base64.b64decode(wanted.pixels, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("a drawing's pixels must be base64", got=Quoted("other characters")) from None
    if len(data) != wanted.height * wanted.width:
        raise InputError("a drawing must have height × width pixels", got=len(data))
    pixels = np.frombuffer(data, np.uint8).reshape(wanted.height, wanted.width)
    if is_centred(subject):
        image, words = centred(pixels)
    else:
        image, words = torch.from_numpy(pixels.copy())[None], "Scaled to the input's size."
    return _given(prepare(image, subject.network.preprocessing), words)


def of_picture(subject: Subject, data: bytes) -> Given:
    """Return a stored picture, decoded within bounds.

    Raises:
        InputError: A network that does not read images.
        DataError: No picture, or one that cannot be read as a whole.
    """
    _check_reads_images(subject)
    image = decode(data)
    done = said_entering(tuple(image.shape), subject.network.preprocessing)
    words = f"A picture of {times(image.shape[1:])} pixels{f', {done}' if done else ''}."
    return _given(prepare(image, subject.network.preprocessing), words)


def _given(inputs: Tensor, words: str, target: int | None = None) -> Given:
    return Given(inputs=inputs[None], words=words, target=target)


def _check_reads_images(subject: Subject) -> None:
    how = subject.network.preprocessing
    if len(how.shape) != 3 or how.mel is not None or how.scale:
        raise InputError("pictures must go to a network that reads images", got=Quoted("one that reads other things"))
