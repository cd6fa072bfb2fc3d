"""Where a tour plays: inputs, layers and channels that a step names by what they are, found in the network that is watched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from striate.explain.answers import meant
from striate.studio.looks.given import of_sample
from striate.studio.looks.look import Look, Looks
from striate.studio.looks.neurons import row_of
from striate.studio.looks.orders import by_channel
from striate.studio.looks.passes import Passes
from striate.studio.looks.pictures import peaks_of, planes
from striate.studio.subject import Subject
from striate.studio.tours.files import ChannelChoice, InputChoice, LayerChoice, PlaceChoice
from striate.studio.wire import SampleWanted

# A tour must begin soon: so many MACs are spent on finding inputs, at least on so many samples and at most on these.
_MOST_MACS, _FEWEST, _MOST = 2e10, 8, 200
_POOLS = ("maxpool", "avgpool")


class NotHereError(Exception):
    """A step that names what this network or these data do not have; its text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """An input as an address names it, and its look."""

    source: str
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit at one place of its map."""

    row: int
    channel: int
    at: tuple[int, ...]
    value: float


class Stage:
    """What the steps of a tour mean in one network.

    Args:
        subject: What is watched.
        looks: Its looks.
        passes: Its passes.
        present: The look on the page, which is the input where there are no data; None if there is none.
    """

    def __init__(self, subject: Subject, looks: Looks, passes: Passes, present: Look | None = None) -> None:
        self.subject, self.looks, self.passes = subject, looks, passes
        self._present = present
        self._found: dict[InputChoice, Place] = {}
        self._looked: list[_Candidate] = []

    def input(self, choice: InputChoice) -> Place:
        """Return an input.

        "clear": the sample answered with the highest probability, or the largest value, among those answered rightly if the
        data's classes are the network's; "wrong": the first that is answered wrongly; "other": the one that is answered
        otherwise most surely. They are looked for in samples evenly spaced through the data, the more the fewer MACs the
        network has.

        Raises:
            NotHereError: No data; no such sample among those looked at.
        """
        if choice not in self._found:
            self._found[choice] = self._input(choice)
        return self._found[choice]

    def row(self, choice: LayerChoice) -> int:
        """Return a layer's number.

        Raises:
            NotHereError: The network has none.
        """
        rows = self.subject.layers
        convolutions = [number for number, layer in enumerate(rows) if layer.reading.kind == "conv" and layer.sizes]
        pools = [number for number, layer in enumerate(rows) if layer.reading.kind in _POOLS]
        if choice == "answer":
            last = len(rows) - 1
            if rows[last].channels != self.subject.network.output.count or rows[last].sizes:
                raise NotHereError("the last layer is not the answer")
            return last
        if choice == "first-pool":
            return _one(pools[:1], "this network has no pooling with windows")
        if choice == "second-conv":
            return _one(convolutions[1:2], "this network has no second convolution")
        return _one(
            convolutions[:1] if choice == "first-conv" else convolutions[-1:], "this network has no convolution"
        )

    def unit(self, look: Look, row: int, channel: ChannelChoice, place: PlaceChoice) -> Unit:
        """Return a unit of a layer.

        "strongest": the channel with the value of largest magnitude; "answered": the output that is answered; "weighted": the
        channel whose values, times the gradient of the answer's score, add up to most. At its place of largest, or of smallest,
        magnitude.

        Raises:
            NotHereError: All values are zero, or not finite.
        """
        value = look.values[row]
        if not bool(value.isfinite().all()) or not bool(value.any()):
            raise NotHereError(f"{self.subject.layers[row].reading.name} is zero everywhere for this input")
        number = self._channel(look, row, channel)
        flat = value[number].reshape(-1).abs()
        index = int(flat.argmin() if place == "weakest" else flat.argmax())
        at = tuple(int(one) for one in np.unravel_index(index, tuple(value.shape[1:]))) if value.ndim > 1 else ()
        return Unit(row=row, channel=number, at=at, value=float(value[number][at]))

    def _channel(self, look: Look, row: int, choice: ChannelChoice) -> int:
        if choice == "answered":
            return int(look.scores.argmax())
        if choice == "strongest":
            return int(np.abs(peaks_of(planes(look, row))).argmax())
        with self.passes.of(look) as seen:
            slope = by_channel(seen, row, seen.slopes(None, int(look.scores.argmax())).get(row_of(seen, row).number))
        products = (slope * look.values[row]).double().reshape(len(slope), -1).sum(1)
        return int(products.argmax())

    def _input(self, choice: InputChoice) -> Place:
        if self.subject.dataset is None or not len(self.subject.dataset):
            if self._present is None or choice != "clear":
                raise NotHereError("the studio was opened without data" if self._present else "nothing has gone in yet")
            return Place(source=f"look:{self._present.key}", look=self._present)
        if choice == "clear":
            best = max(self._candidates(), key=lambda one: (one.is_right, one.size))
            return self._place(best.number)
        if choice == "wrong":
            if not self.subject.shares_classes:
                raise NotHereError("the data do not say which answer is right")
            wrong = [one for one in self._candidates() if not one.is_right]
            if not wrong:
                raise NotHereError(f"none of {len(self._candidates())} samples that were looked at is answered wrongly")
            return self._place(wrong[0].number)
        clear = int(self.input("clear").look.scores.argmax())
        others = [one for one in self._candidates() if one.answer != clear]
        if not others:
            raise NotHereError("all samples that were looked at are answered alike")
        return self._place(max(others, key=lambda one: one.size).number)

    def _place(self, number: int) -> Place:
        look = self.looks.take(of_sample(self.subject, SampleWanted(sample=number)))
        return Place(source=f"sample:{number}", look=look)

    def _candidates(self) -> list[_Candidate]:
        if not self._looked:
            self._looked = _candidates(self.subject)
        return self._looked


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    number: int
    answer: int
    # What the answer means: its probability, or the value itself.
    size: float
    is_right: bool


def _candidates(subject: Subject) -> list[_Candidate]:
    dataset = subject.dataset
    assert dataset is not None  # noqa: S101 - asked with data only
    macs = sum(layer.reading.cost.macs for layer in subject.layers)
    wanted = int(min(max(_MOST_MACS / max(1, macs), _FEWEST), _MOST, len(dataset)))
    found = []
    for number in np.linspace(0, len(dataset) - 1, wanted).astype(int).tolist():
        given = of_sample(subject, SampleWanted(sample=number))
        with torch.inference_mode():
            scores = subject.recording.program.run(subject.network.module, given.inputs).outputs.reshape(1, -1).float()
        answer = int(scores.argmax())
        size = float(meant(subject.network, scores)[0, answer])
        found.append(_Candidate(number=number, answer=answer, size=size, is_right=given.target in (None, answer)))
    return found


def _one(numbers: list[int], otherwise: str) -> int:
    if not numbers:
        raise NotHereError(otherwise)
    return numbers[0]
