"""The yardstick of grown images: the same network with all weights drawn anew."""

from __future__ import annotations

from dataclasses import replace

from striate.errors import InputError
from striate.explain.saliency.anew import draw_anew
from striate.nets import Network
from striate.trace.shell import twin, unwrapped


def drawn_anew(network: Network, *, seed: int) -> Network | None:
    """Return a copy of a network with all weights drawn anew; None if it has none, or cannot be traced.

    Normalisation forgets what it learned as well (γ is 1, β is 0). What real images made of it (the statistics of batch
    normalisation) stays: the yardstick has the same range of values.
    """
    fresh = replace(network, module=twin(unwrapped(network.module)))
    try:
        draw_anew(fresh, seed=seed)
    except InputError:
        return None
    return fresh
