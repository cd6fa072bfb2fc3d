"""One input seen by the network: the values of every layer, kept while somebody looks at them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Lock

import torch
from torch import Tensor

from striate import fingerprint
from striate.errors import InputError, Quoted, UnknownNameError
from striate.studio.looks.changing import Change, checked, run_changed
from striate.studio.looks.editing import Edit, checked_edits, edited_module
from striate.studio.subject import Layer, Subject

# Of all looks together; the last one stays however large it is.
MOST_BYTES = 512 * 2**20
# Inputs are small: of those whose values were given up, the network runs again.
MOST_INPUTS, MOST_INPUT_BYTES = 512, 256 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """An input and what it makes of every layer.

    Attributes:
        key: Of the input's values and the network's weights; the same input is the same look.
        inputs: (1, c, axes…) float32, preprocessed.
        scores: (outputs,) float32, before softmax.
        values: By the layer's number: (channels, axes…) float32.
        words: How the input came to be: what was cut, moved, scaled.
        target: Number of the class the data give it; None if unknown.
        changes: Channels that were silenced or scaled on the way.
        edits: Filters whose weights were others.
        is_difference: It is no look of the network: scores and values are those of one look less those of another.
        version: The version whose values these are, on the rows of the network that is watched; empty for that itself.
    """

    key: str
    inputs: Tensor
    scores: Tensor
    values: tuple[Tensor, ...]
    words: str
    target: int | None = None
    changes: tuple[Change, ...] = ()
    edits: tuple[Edit, ...] = ()
    is_difference: bool = False
    version: str = ""

    @property
    def size_bytes(self) -> int:
        """What its values take."""
        return sum(value.numel() * value.element_size() for value in self.values)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Given:
    """An input before it is looked at."""

    inputs: Tensor
    words: str
    target: int | None = None
    changes: tuple[Change, ...] = ()
    edits: tuple[Edit, ...] = ()
    # Of a difference: the keys of its two looks.
    less: tuple[str, ...] = ()
    # Of a sample of the data: its number.
    sample: int | None = None
    # Of a look in another version: its name, and the key of its weights.
    version: str = ""
    version_key: str = ""


class Looks:
    """The looks of a subject, bounded in bytes; those given up are made again from their input.

    The network runs in one thread at a time.

    Args:
        subject: What is looked at.
        most_bytes: Of the values kept, all looks together.
        in_version: Makes the look of another version, of a key and what was given; None if there are no others.
    """

    def __init__(
        self,
        subject: Subject,
        *,
        most_bytes: int = MOST_BYTES,
        in_version: Callable[[str, Given], Look] | None = None,
    ) -> None:
        self._subject, self._most_bytes, self._in_version = subject, most_bytes, in_version
        self._given: OrderedDict[str, Given] = OrderedDict()
        self._kept: OrderedDict[str, Look] = OrderedDict()
        self._turn = Lock()

    def take(self, given: Given) -> Look:
        """Return the look at an input.

        Raises:
            InputError: Values that are not finite.
        """
        # The weights too: an address may be kept by a browser that meets another network behind it tomorrow.
        shaping = (given.changes, given.edits, given.less, given.version_key)
        parts = [repr(part).encode() for part in shaping if part]
        known = fingerprint.of_bytes(self._subject.key.encode(), given.inputs.numpy().tobytes(), *parts)
        key = fingerprint.short(known)
        with self._turn:
            self._given[key] = given
            self._given.move_to_end(key)
            while len(self._given) > 1 and (len(self._given) > MOST_INPUTS or self._inputs_bytes() > MOST_INPUT_BYTES):
                self._given.popitem(last=False)
            # The same values may come another way, and be called something else.
            self._kept[key] = replace(self._look(key), words=given.words, target=given.target)
            return self._kept[key]

    def change(self, key: str, changes: Sequence[Change], edits: Sequence[Edit] = ()) -> Look:
        """Return the look at the same input with other changes and edits, all of them; without any that at the input itself.

        Raises:
            UnknownNameError: Nobody gave its input, or long ago.
            InputError: A change or an edit of what is not there.
        """
        before = self.of(key)
        with self._turn:
            sample = self._given[key].sample
        return self.take(
            Given(
                inputs=before.inputs,
                words=before.words,
                target=before.target,
                changes=checked(self._subject, changes),
                edits=checked_edits(self._subject, edits),
                sample=sample,
            )
        )

    def elsewhere(self, key: str, *, version: str, version_key: str) -> Look:
        """Return the look of another version at the same input.

        Raises:
            UnknownNameError: Nobody gave its input, or long ago.
            InputError: A look with changes, a difference, or one of another version already.
        """
        look = unchanged(self.of(key))
        with self._turn:
            given = self._given[look.key]
        return self.take(replace(given, version=version, version_key=version_key))

    def difference(self, key: str, other: str) -> Look:
        """Return one look less another, layer by layer: what is brighter in the first is above zero.

        Raises:
            UnknownNameError: Nobody gave one of their inputs, or long ago.
            InputError: One is a difference itself.
        """
        first, second = self.of(key), self.of(other)
        if first.is_difference or second.is_difference:
            raise InputError("a difference must be of two looks at inputs", got=Quoted("a difference"))
        return self.take(
            Given(
                inputs=first.inputs,
                words=first.words,
                changes=first.changes,
                edits=first.edits,
                less=(first.key, second.key),
            )
        )

    def of(self, key: str) -> Look:
        """Return the look of that key.

        Raises:
            UnknownNameError: Nobody gave its input, or long ago.
        """
        with self._turn:
            return self._look(key)

    def _inputs_bytes(self) -> int:
        return sum(given.inputs.nbytes for given in self._given.values())

    def _look(self, key: str) -> Look:
        if key not in self._given:
            raise UnknownNameError(
                "a look must be of an input that was given", got=Quoted(key), hint="Give the input again."
            )
        if key not in self._kept:
            self._kept[key] = self._made(key, self._given[key])
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(look.size_bytes for look in self._kept.values()) > self._most_bytes:
            self._kept.popitem(last=False)
        return self._kept[key]

    def _made(self, key: str, given: Given) -> Look:
        if given.version and self._in_version is not None:
            return self._in_version(key, given)
        if not given.less:
            return looked(self._subject, key, given)
        first, second = (self._look(one) for one in given.less)
        return replace(_less(first, second), key=key)


def looked(subject: Subject, key: str, given: Given) -> Look:
    """Return what an input makes of every layer: one forward pass, and one up to each layer that is changed.

    Raises:
        InputError: Scores that are not finite.
    """
    outputs, taps = run_changed(subject, given.inputs, given.changes, edited_module(subject, given.edits))
    scores = outputs.reshape(-1).float().cpu()
    values = tuple(_by_channel(taps[layer.reading.tap], layer) for layer in subject.layers)
    if not bool(torch.isfinite(scores).all()):
        raise InputError("a network's scores must be finite", got=Quoted("NaN or infinity"), where=subject.name)
    return Look(
        key=key,
        inputs=given.inputs,
        scores=scores,
        values=values,
        words=given.words,
        target=given.target,
        changes=given.changes,
        edits=given.edits,
    )


def unchanged(look: Look) -> Look:
    """Return a look of the network as it is.

    Raises:
        InputError: One with changed channels or filters, a difference of two, or one of another version: the network as it is has
            no such values.
    """
    is_changed = bool(look.changes or look.edits)
    if is_changed or look.is_difference or look.version:
        got = "one with changed channels or filters" if is_changed else f"one of {look.version}"
        raise InputError(
            "a look must be one of the network as it is to be taken apart",
            got=Quoted("a difference of two looks" if look.is_difference else got),
            hint="Undo the changes first." if is_changed else "Open that network itself." if look.version else "",
        )
    return look


def _less(look: Look, other: Look) -> Look:
    values = tuple(one - two for one, two in zip(look.values, other.values, strict=True))
    # Outputs that are not each other's have no difference.
    scores = look.scores - other.scores if look.scores.shape == other.scores.shape else torch.zeros_like(look.scores)
    return replace(look, scores=scores, values=values, is_difference=True)


def _by_channel(value: Tensor, layer: Layer) -> Tensor:
    """Return a value (1, …) as (channels, axes…): no copy, since a run's taps are its caller's."""
    return value[0].movedim(layer.axis - 1, 0).float().cpu()
