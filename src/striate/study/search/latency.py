"""Designs that are fast enough on this machine, measured before the search begins."""

from __future__ import annotations

import random
from dataclasses import replace
from statistics import median

import torch

from striate.errors import InputError, Quoted
from striate.events import SILENT, Events, Task
from striate.numbers import measure
from striate.study.search.space import Space
from striate.study.timing import forward_s, ready
from striate.train.device import own_state

MOST_MEASURED = 400
_TIMED = 7


def within_latency(space: Space, most_ms: float, *, seed: int = 0, events: Events = SILENT) -> Space:
    """Return the space of the designs whose forward pass of one image takes at most so long, one thread, in the median.

    Of more than 400 designs so many are drawn evenly and measured.

    Raises:
        InputError: None is fast enough; the fastest is told.

    When it misleads:
        A busy machine is slow. Measure on the machine the network is for.
    """
    designs = list(space.designs)
    is_drawn = space.is_drawn or len(designs) > MOST_MEASURED
    if len(designs) > MOST_MEASURED:
        designs = random.Random(seed).sample(designs, MOST_MEASURED)  # noqa: S311 - no secret
    task = Task("measuring latency", total=len(designs), unit="design", events=events)
    found, fastest = [], float("inf")
    with own_state(torch.device("cpu"), 1), torch.inference_mode():
        for design in designs:
            taken = _forward_ms(space, design)
            fastest = min(fastest, taken)
            if taken <= most_ms:
                found.append(design)
            task.advance()
    if not found:
        raise InputError(
            "some design must be fast enough",
            got=Quoted(f"{measure(fastest)} ms at best"),
            where="latency_ms",
            hint="Allow more, or leave smaller options open.",
        )
    return replace(
        space, designs=tuple(sorted(found)), share=space.share * len(found) / len(designs), is_drawn=is_drawn
    )


def _forward_ms(space: Space, design: tuple[int, ...]) -> float:
    warm = ready(space.blueprint(design))
    return 1000 * median(forward_s(*warm) for _ in range(_TIMED))
