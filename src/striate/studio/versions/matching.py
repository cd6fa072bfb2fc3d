"""What an input makes of another version, on the rows of the network that is watched."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from striate.data import prepare
from striate.errors import InputError, Quoted
from striate.graph import times
from striate.records.output import Preprocessing
from striate.studio.looks.look import Given, Look, looked
from striate.studio.subject import Subject


def partners(subject: Subject, other: Subject) -> tuple[int | None, ...]:
    """Return for each layer the number of the other's layer of its name and shape; None where there is none."""
    known = {(layer.reading.name, layer.channels, layer.sizes): number for number, layer in enumerate(other.layers)}
    return tuple(known.get((layer.reading.name, layer.channels, layer.sizes)) for layer in subject.layers)


def matched(subject: Subject, other: Subject, key: str, given: Given) -> Look:
    """Return the look of another version at the same input, its layers in the order of the watched network's.

    The scores are the other's own. Layers without a partner are zero; whoever shows them says so.

    Args:
        subject: The network that is watched.
        other: The version.
        key: Of the look.
        given: The input, as it entered the watched network.

    Raises:
        InputError: The version reads something else; its scores are not finite.
    """
    seen = looked(other, key, replace(given, inputs=entering(subject, other, given), changes=()))
    values: list[Tensor] = []
    for layer, number in zip(subject.layers, partners(subject, other), strict=True):
        values.append(torch.zeros(layer.channels, *layer.sizes) if number is None else seen.values[number])
    return replace(seen, inputs=given.inputs, values=tuple(values), version=given.version)


def entering(subject: Subject, other: Subject, given: Given) -> Tensor:
    """Return a given input as it enters another version, which may be scaled and normalised in another way.

    Raises:
        InputError: It reads another shape, and the input is no sample that could be prepared anew.
    """
    ours, theirs = subject.network.preprocessing, other.network.preprocessing
    if ours == theirs:
        return given.inputs
    if given.sample is not None and subject.dataset is not None:
        rate = subject.dataset.samples[given.sample].sample_rate_hz
        return prepare(subject.dataset.read(given.sample), theirs, sample_rate_hz=rate)[None]
    # Of a drawing or a picture only what entered is there.
    if (ours.shape, ours.scale, ours.mel) != (theirs.shape, theirs.scale, theirs.mel):
        raise InputError(
            f"a version must read what the opened network reads, {times(ours.shape)}, to see a drawing or a picture",
            got=Quoted(times(theirs.shape) if ours.shape != theirs.shape else "another scale"),
            where=other.name,
            hint="Samples of the data are prepared for each of them.",
        )
    return _normalised(given.inputs * _channels(ours.std, ours) + _channels(ours.mean, ours), theirs)


def _normalised(values: Tensor, how: Preprocessing) -> Tensor:
    return (values - _channels(how.mean, how)) / _channels(how.std, how)


def _channels(values: tuple[float, ...], how: Preprocessing) -> Tensor:
    return torch.tensor(values).reshape(1, -1, *(1,) * (len(how.shape) - 1))
