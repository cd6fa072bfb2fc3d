"""Two routes for windows to go through a network: by the module itself, or by an engine that knows what changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError
from striate.explain.answers import scores
from striate.explain.occlusion.engine import Engine
from striate.explain.occlusion.scene import Scene
from striate.nets import Network
from striate.trace.replay import Unfit

Numbers: TypeAlias = NDArray[np.int64]
# From numbers of windows to the scores (n, outputs) with each of them covered.
Route: TypeAlias = Callable[[Numbers], Tensor]
# What operators raise that cannot do what is asked of them, memory that is not there among it.
UNFIT = (Unfit, InputError, RuntimeError, TypeError, ValueError, LookupError, AssertionError)


def by_module(network: Network, scene: Scene) -> Route:
    """Return whole images through the module."""
    return lambda numbers: scores(network, scene.images(numbers))


def by_engine(network: Network, scene: Scene, engine: Engine) -> Route:
    """Return what windows change through an engine that was made for the same image."""
    return lambda numbers: engine.run(*scene.covers(numbers)).reshape(len(numbers), network.output.count)


def first_line(cause: BaseException) -> str:
    """Return the first line of what an error says; its type where it says nothing."""
    return (str(cause).splitlines() or [type(cause).__name__])[0]
