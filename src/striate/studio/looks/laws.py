"""How the gradient of a score comes to a neuron and is handed on: the winners, the shared weight, the flipped filter."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import torch

from striate.explain.backward_detail import detail_of
from striate.explain.neuron import Pass
from striate.records import UnitAt
from striate.report.arrays import ArrayStore
from striate.report.backward.gradient_parts import parts_of
from striate.studio.looks.neurons import row_of
from striate.studio.unit_wire import Law
from striate.trace.backprop import gradients

_MOST_KEPT = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A unit whose gradient is taken apart.

    Attributes:
        row: Number of its row.
        channel: Of that row.
        at: Its place.
        about: Number of the output whose score is sent back; the highest if None.
        weight: Of its filter the weight that is told as a sum over places; that with the largest gradient if None.
    """

    row: int
    channel: int
    at: tuple[int, ...] = ()
    about: int | None = None
    weight: tuple[int, ...] | None = None


class Laws:
    """The newest laws: a page asks for the words and for the pictures of one singly, and both come of one way back."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, Wanted], tuple[Law, bytes]] = OrderedDict()

    def of(self, look: str, seen: Pass, wanted: Wanted) -> tuple[Law, bytes]:
        """Return the law of a look, by its key; asked by one thread at a time, as its pass is.

        Raises:
            InputError: As `law`.
        """
        found = self._kept.pop((look, wanted), None) or law(seen, wanted)
        self._kept[look, wanted] = found
        while len(self._kept) > _MOST_KEPT:
            self._kept.popitem(last=False)
        return found


def law(seen: Pass, wanted: Wanted) -> tuple[Law, bytes]:
    """Return how the gradient came to a unit and how its op hands it on, and the arrays of its pictures as safetensors.

    The op is the one that does the row's work: of a convolution with its normalisation and activation the convolution.

    Raises:
        InputError: There is no such row, channel, place, output or weight; no gradient reaches it.
    """
    row = row_of(seen, wanted.row)
    row.flat(wanted.channel, wanted.at)
    output = int(seen.scores.argmax()) if wanted.about is None else wanted.about
    seen.slopes(None, output)
    answer = seen.run.values[seen.run.graph.outputs[0]]
    with torch.inference_mode(mode=False):
        seed = torch.zeros_like(seen.run.tensors[answer])
        seed.view(-1)[output] = 1
        unit = UnitAt(layer=row.ops[0], unit=wanted.channel, at=wanted.at)
        found = detail_of(seen.run, gradients(seen.run, {answer: seed}), unit, wanted.weight)
    store = ArrayStore()
    parts = parts_of(found, store)
    shared = found.weight
    told = Law(
        row=wanted.row,
        channel=wanted.channel,
        at=list(wanted.at),
        op=row.ops[0],
        about=output,
        gradient=found.gradient,
        weights=[] if shared is None else _sides(seen, row.ops[0]),
        weight=[] if shared is None else list(shared.index[1:]),
        parts=parts,
    )
    return told, store.to_safetensors()


def _sides(seen: Pass, op: str) -> list[int]:
    """Return channels and sides of each of a convolution's filters."""
    call = seen.run.calls_of(op)[-1]
    return list(call.arguments["weight"].shape[1:])
