"""The passes of looks through the network, op by op, kept while somebody asks about their neurons."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Lock

import torch

from striate.errors import InputError, Quoted
from striate.explain.answers import taken
from striate.explain.neuron import Common, Pass
from striate.explain.saliency.scored import single
from striate.studio.looks.editing import edited_module
from striate.studio.looks.look import Look
from striate.studio.subject import Subject
from striate.trace.state import kept_randomness

# Values and gradients of all passes together; the last one stays however large it is.
_MOST_BYTES = 1024 * 2**20


class Passes:
    """The passes of a subject's looks, bounded in bytes; those given up are made again.

    Args:
        subject: Whose network it is.
        most_bytes: Of the values kept, all passes together.
    """

    def __init__(self, subject: Subject, *, most_bytes: int = _MOST_BYTES) -> None:
        self._subject = subject
        self._network, self._most_bytes = single(subject.network), most_bytes
        self._kept: OrderedDict[str, Pass] = OrderedDict()
        self._common: Common | None = None
        self._turn = Lock()

    @contextmanager
    def of(self, look: Look) -> Iterator[Pass]:
        """Give the pass of a look; one thread at a time.

        Raises:
            InputError: A difference of two looks, or one of another version: no pass through the network has such values.
        """
        if look.is_difference or look.version:
            got = "a difference of two" if look.is_difference else f"one of {look.version}"
            raise InputError("a neuron must be of one look at the opened network", got=Quoted(got))
        with self._turn, torch.inference_mode(mode=False), kept_randomness():
            if look.key not in self._kept:
                inputs = taken(self._network, look.inputs, axes=(1, 2, 3))
                module = self._network.module
                if look.edits:
                    module = single(replace(self._network, module=edited_module(self._subject, look.edits))).module
                found = Pass(module, inputs, self._factors(look), self._common)
                self._kept[look.key] = found
                self._common = found.common
            self._kept.move_to_end(look.key)
            while len(self._kept) > 1 and sum(seen.size_bytes for seen in self._kept.values()) > self._most_bytes:
                self._kept.popitem(last=False)
            yield self._kept[look.key]

    def _factors(self, look: Look) -> dict[str, torch.Tensor]:
        """Return what a look's changes multiply, by the op whose value it is."""
        found: dict[str, torch.Tensor] = {}
        for change in look.changes:
            layer = self._subject.layers[change.row]
            shape = [1] * (len(layer.reading.shape) + 1)
            shape[layer.axis] = layer.channels
            factors = found.setdefault(layer.reading.tap, torch.ones(shape))
            factors.select(layer.axis, change.channel).fill_(change.factor)
        return found
