"""A subject and its looks in the words of the wire."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.data.hearing import hearing_words
from striate.explain.answers import meant
from striate.graph import times
from striate.numbers import count
from striate.records import Receptive
from striate.studio.edit_wire import EditedFilter, SetWeight
from striate.studio.looks.changing import words_of
from striate.studio.looks.editing import Edit, edit_words
from striate.studio.looks.look import Look, Looks
from striate.studio.subject import Layer, Subject
from striate.studio.wire import Answer, Changed, Explored, InputKind, LayerRow, LookMade, OutputKind

# Outputs up to so many are all shown, in their order, so that change is seen; of more the likeliest.
ALL_OUTPUTS, LIKELIEST = 12, 10


def explored(subject: Subject) -> Explored:
    """Return what the page needs before anything was looked at."""
    output = subject.network.output
    return Explored(
        name=subject.name,
        facts=_facts(subject),
        input=InputKind(
            shape=list(subject.network.input_shape), is_centred=is_centred(subject), words=_preprocessing(subject)
        ),
        output=OutputKind(kind=output.kind, names=list(output.names)),
        rows=[_row(layer) for layer in subject.layers],
        samples=0 if subject.dataset is None else len(subject.dataset),
        data=_data(subject),
    )


def told(subject: Subject, look: Look, before: Look | None = None) -> LookMade:
    """Return a look's answers.

    Args:
        subject: The network.
        look: What is told.
        before: The look at the same input without changes, to be told beside one with changes.
    """
    output = subject.network.output
    shares = _shares(subject, look)
    numbers = list(range(output.count))
    if output.count > ALL_OUTPUTS:
        numbers = torch.argsort(shares, descending=True, stable=True)[:LIKELIEST].tolist()
    return LookMade(
        key=look.key,
        words=look.words,
        target=look.target,
        changes=[Changed(row=one.row, channel=one.channel, factor=one.factor) for one in look.changes],
        edits=[_edited(one) for one in look.edits],
        changed=" ".join(part for part in (words_of(subject, look.changes), edit_words(subject, look.edits)) if part),
        before=[] if before is None else _answers(subject, before, _shares(subject, before), numbers),
        answers=_answers(subject, look, shares, numbers),
    )


def described(subject: Subject, looks: Looks, look: Look) -> LookMade:
    """Return a look's answers; of one with changes or edits beside those of the network as it is.

    Raises:
        UnknownNameError: Its input was given up.
    """
    return told(subject, look, looks.change(look.key, []) if look.changes or look.edits else None)


def _edited(one: Edit) -> EditedFilter:
    values = [SetWeight(index=list(index), value=value) for index, value in one.values]
    return EditedFilter(row=one.row, channel=one.channel, how=one.how, factor=one.factor, values=values)


def _shares(subject: Subject, look: Look) -> Tensor:
    """Return what the scores mean: probabilities, or values."""
    return meant(subject.network, look.scores[None])[0]


def _answers(subject: Subject, look: Look, shares: Tensor, numbers: list[int]) -> list[Answer]:
    return [
        Answer(
            number=number,
            name=subject.network.output.names[number],
            score=float(look.scores[number]),
            probability=float(shares[number]),
        )
        for number in numbers
    ]


def is_centred(subject: Subject) -> bool:
    """Return whether drawings are centred as MNIST's digits were: for one channel of 28 × 28."""
    return subject.network.input_shape == (1, 28, 28)


def _data(subject: Subject) -> str:
    if subject.dataset is None:
        return ""
    other = "" if subject.shares_classes else f" (its {subject.dataset.output.kind} are not the network's)"
    return subject.dataset.name + other


def _row(layer: Layer) -> LayerRow:
    reading = layer.reading
    path, _, _ = reading.name.rpartition(".")
    return LayerRow(
        name=reading.name,
        summary=reading.summary,
        kind=reading.kind,
        block=path,
        channels=layer.channels,
        sizes=list(layer.sizes),
        sees=_sees(reading.receptive),
        reads=list(layer.reads),
        params=reading.cost.params,
        macs=reading.cost.macs,
        is_learned=reading.is_learned,
        is_rectified=reading.is_rectified,
    )


def _facts(subject: Subject) -> str:
    params = sum(parameter.numel() for parameter in subject.network.module.parameters())
    macs = sum(layer.reading.cost.macs for layer in subject.layers)
    figures = f"{count(params)} parameters · {count(macs)} MACs"
    return f"{figures} · {subject.note}" if subject.note else figures


def _sees(field: Receptive) -> str:
    if not field.is_known:
        return ""
    return "everything" if field.is_global else times([int(axis.size_px) for axis in field.axes])


def _preprocessing(subject: Subject) -> str:
    how = subject.network.preprocessing
    if heard := hearing_words(how):
        return heard
    mean, std = (", ".join(f"{value:.3g}" for value in values) for values in (how.mean, how.std))
    return f"Scaled and cut to {times(how.shape)}; then (value − {mean}) / {std}."
