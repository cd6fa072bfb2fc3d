"""One forward pass as in training, on which each layer can be looked at and changed before the next one runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import ShapeError, StriateError
from striate.graph import times
from striate.nets.beginnings.weighted import weighted
from striate.trace.state import eval_mode, kept_randomness

Before = Callable[[str, nn.Module, Tensor], None]
After = Callable[[str, nn.Module, Tensor], Tensor | None]


@contextmanager
def as_in_training(module: nn.Module) -> Iterator[None]:
    """Let batch normalisation use the batch, as in training, with dropout off; give everything back afterwards.

    Modes, running statistics and random numbers are as before, also after an exception.
    """
    with kept_randomness(), eval_mode(module):
        for part in module.modules():
            if isinstance(part, nn.modules.batchnorm._NormBase):  # noqa: SLF001 - see weighted.NORMALISING
                part.training = True
        yield


def walk(
    module: nn.Module,
    images: Tensor,
    *,
    before: Before | None = None,
    after: After | None = None,
    every_call: bool = False,
) -> tuple[str, ...]:
    """Run a network once, without gradients, and return the layers with weights in the order they ran.

    What is changed at one layer holds for all later ones, so that one pass is enough to go through a network of any depth,
    with branches or without.

    Args:
        module: Left in its mode, with its buffers; its weights are the visitors' to change.
        images: (n, c, …), n at least 2.
        before: Called with path, layer and input before a layer runs.
        after: Called with path, layer and output; what it returns goes on in the output's place.
        every_call: Whether layers that run more than once are visited each time, not the first time only.

    Raises:
        ShapeError: The images do not fit the network.
    """
    order: list[str] = []
    place = next((parameter.device for parameter in module.parameters()), images.device)
    handles = []
    try:
        for name, layer in weighted(module).items():
            visitor = _Visitor(name, order, before, after, every_call=every_call)
            handles += [layer.register_forward_pre_hook(visitor.enter), layer.register_forward_hook(visitor.leave)]
        with as_in_training(module), torch.no_grad():
            run(module, images.to(place))
    finally:
        for handle in handles:
            handle.remove()
    return tuple(order)


def run(module: nn.Module, images: Tensor) -> Any:  # noqa: ANN401 - a network returns anything
    """Return what a network makes of images.

    Raises:
        ShapeError: They do not fit.
    """
    try:
        return module(images)
    except StriateError:
        raise
    except (RuntimeError, ValueError) as cause:
        raise ShapeError(
            "images must fit the network",
            got=str(cause).splitlines()[0],
            where=f"images of {times(tuple(images.shape))}",
        ) from cause


class _Visitor:
    """The hooks of one layer."""

    def __init__(
        self, name: str, order: list[str], before: Before | None, after: After | None, *, every_call: bool
    ) -> None:
        self._name, self._order, self._before, self._after = name, order, before, after
        self._every_call = every_call
        self._calls = 0

    def enter(self, layer: nn.Module, given: tuple[Any, ...]) -> None:
        self._calls += 1
        if self._calls == 1:
            self._order.append(self._name)
        if self._before is not None and (self._calls == 1 or self._every_call) and isinstance(given[0], Tensor):
            self._before(self._name, layer, given[0])

    def leave(self, layer: nn.Module, _given: object, made: Tensor) -> Tensor | None:
        if self._after is None or not (self._calls == 1 or self._every_call):
            return None
        return self._after(self._name, layer, made)
