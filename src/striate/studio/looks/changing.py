"""Channels silenced or scaled while a network looks at an input: what it would answer then. The network itself stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.errors import InputError
from striate.studio.subject import Subject


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Change:
    """A channel's values times a factor; 0 silences it."""

    row: int
    channel: int
    factor: float


def checked(subject: Subject, changes: Sequence[Change]) -> tuple[Change, ...]:
    """Return changes in the network's order.

    Raises:
        InputError: A layer or channel that is not there; a channel that is changed twice; a factor that is not finite.
    """
    for change in changes:
        layer = subject.layer(change.row)
        if not 0 <= change.channel < layer.channels:
            raise InputError(
                f"a channel's number must be 0 … {layer.channels - 1}", got=change.channel, where=layer.reading.name
            )
        if not -1e6 <= change.factor <= 1e6:
            raise InputError("a factor must be finite, at most a million", got=change.factor, where=layer.reading.name)
    if len({(change.row, change.channel) for change in changes}) < len(changes):
        raise InputError("a channel must be changed once", got=len(changes))
    return tuple(sorted(changes))


def run_changed(
    subject: Subject,
    inputs: Tensor,
    changes: Sequence[Change],
    module: nn.Module | None = None,
    *,
    taps: Sequence[str] = (),
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the scores and the value of every layer's tap, as they would be with the changes.

    Layers are changed one after the other in the network's order, so that a later one meets what an earlier change left of it.

    Args:
        subject: The network; its parameters are read and not written.
        inputs: (1, c, axes…).
        changes: In the network's order.
        taps: Names of ops whose values are wanted; the layers' if none are named.
        module: That runs in place of the network's own: one with edited filters.
    """
    module, program = module or subject.network.module, subject.recording.program
    given: dict[str, Tensor] = {}
    with torch.inference_mode():
        for row in sorted({change.row for change in changes}):
            layer = subject.layers[row]
            tap = layer.reading.tap
            value = program.run_from(module, given, inputs=inputs, until=tap).taps[tap].clone()
            for change in changes:
                if change.row == row:
                    value.select(layer.axis, change.channel).mul_(change.factor)
            given[tap] = value
        found = program.run_from(module, given, inputs=inputs, taps=taps or _taps(subject))
    return found.outputs, found.taps | given


def _taps(subject: Subject) -> list[str]:
    return [layer.reading.tap for layer in subject.layers]


def words_of(subject: Subject, changes: Sequence[Change]) -> str:
    """Return changes in a sentence; empty without any."""
    if not changes:
        return ""
    told = []
    for change in changes:
        name = f"channel {change.channel} of {subject.layers[change.row].reading.name}"
        told.append(f"{name} is silenced" if change.factor == 0 else f"{name} counts × {change.factor:g}")
    return f"{'; '.join(told)}."[:1].upper() + f"{'; '.join(told)}."[1:]
