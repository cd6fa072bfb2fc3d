"""A network as scores of its input that can be differentiated: in float32 at least, whole or from a layer on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted
from striate.explain.answers import as_scores, fitting, parts, scores, taken
from striate.nets import Network
from striate.trace import Recording, tap, trace
from striate.trace.program import Program
from striate.trace.shell import twin, unwrapped

_COARSE = (torch.float16, torch.bfloat16)
# The backward pass keeps every layer's values.
_KEPT = 4


class Scored:
    """A network and images, ready to be asked for gradients; the network is left as it is.

    Args:
        network: Any; one in half precision is copied and computed in float32, which `notes` says.
        images: Preprocessed, (n, c, axes…).
        dtype: What to compute in; the network's own type, or float32 if that is coarser, if None.
        axes: Numbers of axes of space the caller can do.

    Attributes:
        units: How many scores of each image are asked about: their gradients are in memory together.
        heard: Told, between backward passes, how many were taken, one for each image and score; may raise to end them.

    Raises:
        ShapeError: Images of another shape.
        InputError: Images that are not finite floats.
    """

    def __init__(
        self,
        network: Network,
        images: Tensor,
        *,
        dtype: torch.dtype | None = None,
        axes: tuple[int, ...] = (1, 2, 3),
    ) -> None:
        self.notes: tuple[str, ...] = ()
        self._is_single = False
        self.units = 1
        self.heard: Callable[[int], None] = _nobody
        is_coarse = any(tensor.dtype in _COARSE for tensor in _tensors(network.module))
        if is_coarse:
            name = str(dtype or torch.float32).removeprefix("torch.")
            self.notes = (f"The network is in half precision; it was copied and computed in {name}.",)
        if is_coarse or dtype is not None:
            with torch.inference_mode(mode=False):
                module = twin(unwrapped(network.module)).to(dtype or torch.float32)
            network = replace(network, module=module)
        self.network = network
        self.inputs = taken(network, images, axes=axes)
        if dtype is not None:
            self.inputs = self.inputs.to(dtype)

    @property
    def module(self) -> nn.Module:
        """The module that is asked."""
        return unwrapped(self.network.module)

    @property
    def at_once(self) -> int:
        """How many images a backward pass is taken for at once: fewer of those of which many units are asked."""
        if not len(self.inputs) or self._is_single:
            return 1
        return max(1, fitting(self.inputs[0]) // max(_KEPT, self.units))

    @cached_property
    def recording(self) -> Recording:
        """The trace at the images' size; a network whose calls depend on their number is then run image by image."""
        shape = self.inputs.shape[1:]
        # At two images, where a program is recorded anyway.
        try:
            found = trace(self.module, (2, *shape))
            if found.program.batch is None:
                return found
        except InputError:
            pass
        found = trace(self.module, (1, *shape))
        self._is_single = found.program.batch is not None
        return found

    def refused(self, what: str) -> None:
        """Refuse a network whose calls cannot be run again one by one.

        Raises:
            InputError: It is one.
        """
        reason = self.recording.program.reason
        if reason or self.recording.skipped_hooks:
            raise InputError(
                f"{what} must have a network that makes the same calls for all images",
                got=Quoted(reason or f"hooks at {', '.join(self.recording.skipped_hooks)}"),
                hint="Remove the hooks, or take gradient or integrated_gradients, which run the module itself.",
            )

    def scores(self, inputs: Tensor, program: Program | None = None) -> Tensor:
        """Return the scores (n, outputs); of another program, if one is given."""
        if program is None:
            return scores(self.network, inputs)
        return as_scores(self.network, program.run(self.module, inputs).outputs, len(inputs))

    def slopes(self, inputs: Tensor, units: Tensor, program: Program | None = None) -> Tensor:
        """Return the gradients (n, k, c, axes…) of the scores of units (n, k) at inputs, after one forward pass."""
        return torch.cat(
            [
                self.answer(part, partial(_given, wanted), program)[2]
                for part, wanted in zip(parts(inputs, self.at_once), parts(units, self.at_once), strict=True)
            ]
        )

    def answer(
        self, inputs: Tensor, pick: Callable[[Tensor], Tensor], program: Program | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return scores (n, outputs), the units (n, k) picked by them, and the units' gradients, after one forward pass."""
        with torch.enable_grad():
            leaf = inputs.detach().requires_grad_()
            # A copy, so that a network that begins with an in-place op does not meet a leaf.
            answered = self.scores(leaf.clone(), program)
            units = pick(answered.detach())
            return answered.detach(), units, self.slopes_of(answered, units, leaf)

    def slopes_of(self, answered: Tensor, units: Tensor, at: Tensor) -> Tensor:
        """Return the gradients (n, k, …) of scores (n, outputs) at what they were made of.

        Raises:
            InputError: The module leaves the ways of differentiation.
            Cancelled: Whoever hears of each pass asked to stop.
        """
        if not answered.requires_grad:
            raise InputError(
                "scores must depend on the input in a differentiable way",
                got=type(self.module).__name__,
                hint="Does its forward detach, round, or switch gradients off?",
            )
        found: list[Tensor] = []
        for unit in units.unbind(1):
            chosen = answered.gather(1, unit[:, None]).sum()
            found += torch.autograd.grad(chosen, [at], retain_graph=True, allow_unused=True, materialize_grads=True)
            self.heard(len(units))
        return torch.stack(found, 1)

    def weighted_slopes(
        self, points: Callable[[int], Tensor], weights: Sequence[float], units: Tensor, program: Program | None = None
    ) -> Tensor:
        """Return Σ weight · gradient (n, k, c, axes…) over points near the images, several of them at once."""
        at_once = max(1, self.at_once // len(units))
        total = torch.zeros(())
        for begin in range(0, len(weights), at_once):
            numbers = range(begin, min(begin + at_once, len(weights)))
            found = self.slopes(torch.cat([points(n) for n in numbers]), units.repeat(len(numbers), 1), program)
            factors = found.new_tensor([weights[n] for n in numbers])
            total = torch.einsum(
                "s,s...->...", factors, found.view(len(numbers), len(units), *found.shape[1:])
            ) + total.to(found)
        return total

    def value(self, inputs: Tensor, layer: str) -> tuple[Tensor, Tensor]:
        """Return the scores and the value of one op, without gradients."""
        with torch.no_grad():
            found = tap(self.module, inputs.clone(), [layer], self.recording)
        return as_scores(self.network, found.outputs, len(inputs)), found.taps[layer]

    def from_layer(
        self, inputs: Tensor, layer: str, pick: Callable[[Tensor], Tensor]
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return scores, units picked, the value of one op, and the units' gradients (n, k, …) at it.

        What comes before the op runs once and without gradients, if the network can be run from there.
        """
        recording = self.recording
        with torch.enable_grad():
            if (
                recording.program.reason
                or recording.skipped_hooks
                or recording.program.batch not in (None, len(inputs))
            ):
                found = tap(self.module, inputs.detach().requires_grad_().clone(), [layer], recording)
                value, outputs = found.taps[layer], found.outputs
            else:
                with torch.no_grad():
                    before = recording.program.run(self.module, inputs.clone(), until=layer).taps[layer]
                value = before.detach().requires_grad_()
                outputs = self._onward(inputs, layer, value)
            answered = as_scores(self.network, outputs, len(inputs))
            units = pick(answered.detach())
            return answered.detach(), units, value.detach(), self.slopes_of(answered, units, value)

    def _onward(self, inputs: Tensor, layer: str, value: Tensor) -> Any:  # noqa: ANN401 - a network returns anything
        # A copy, so that an op that writes in place does not meet a leaf.
        return self.recording.program.run_from(self.module, {layer: value.clone()}, inputs=inputs).outputs


def single(network: Network) -> Network:
    """Return a network in half precision as a copy in float32; any other as it is."""
    if not any(tensor.dtype in _COARSE for tensor in _tensors(network.module)):
        return network
    return replace(network, module=twin(unwrapped(network.module)).to(torch.float32))


def _tensors(module: nn.Module) -> list[Tensor]:
    return [*module.parameters(), *module.buffers()]


def _given(units: Tensor, _scores: Tensor) -> Tensor:
    return units


def _nobody(_passes: int) -> None:
    """Hear of passes, and go on."""
