"""Where the numbers are worked out, and leaving the process as it was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from striate.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A place to train, by Hugging Face Accelerate.

    Attributes:
        place: The torch device.
        precision: "no" (float32) or "bf16".
        autocast: Opens the block in which a forward pass runs at that precision.
        backward: Runs a loss backward.
    """

    place: torch.device
    precision: str
    autocast: Callable[[], AbstractContextManager[Any]]
    backward: Callable[[Tensor], Any]

    def seed(self, seed: int, step: int) -> None:
        """Give torch's random numbers (dropout) the state that belongs to one step."""
        digest = hashlib.sha256(f"step {seed} {step}".encode()).digest()
        # torch.manual_seed would also queue seeds for devices that are not in use; a processor's
        # generator reads 32 bits.
        number = int.from_bytes(digest[:4], "little")
        torch.default_generator.manual_seed(number)
        if self.place.type != "cpu":
            torch.get_device_module(self.place).manual_seed(number)


@contextmanager
def accelerated() -> Iterator[Device]:
    """Open the device that Accelerate chooses: an accelerator if there is one.

    The precision is the one the process was launched with (`accelerate launch`). Accelerate keeps
    one state a process; it is given back as it was. Its own checkpoints (pickles) and its wrappers
    of modules, optimisers and loaders are not used: they would be in the way of resuming to the
    same bits.

    Raises:
        InputError: Started in several processes; in fp16, whose loss scale is not part of our
            checkpoints; or with gradient accumulation, which the recipe does not know.
    """
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState, GradientState, PartialState

    # Accelerate has no public way to give its state back.
    kinds = (PartialState, AcceleratorState, GradientState)
    states = [kind._shared_state for kind in kinds]  # noqa: SLF001
    before = [dict(state) for state in states]
    try:
        accelerator = Accelerator()
        if accelerator.num_processes != 1:
            raise InputError(
                "training must run in one process",
                got=accelerator.num_processes,
                where="accelerate",
            )
        if accelerator.mixed_precision not in {"no", "bf16"}:
            raise InputError("precision must be no or bf16", got=accelerator.mixed_precision, where="accelerate")
        if accelerator.gradient_accumulation_steps != 1:
            raise InputError(
                "gradient accumulation must be 1",
                got=accelerator.gradient_accumulation_steps,
                where="accelerate",
                hint="Choose the recipe's batch instead.",
            )
        yield Device(
            place=accelerator.device,
            precision=accelerator.mixed_precision,
            autocast=accelerator.autocast,
            backward=accelerator.backward,
        )
    finally:
        for state, values in zip(states, before, strict=True):
            state.clear()
            state.update(values)


@contextmanager
def own_state(device: torch.device, threads: int) -> Iterator[None]:
    """Give the block its own random numbers, threads and cuDNN choices; put the caller's back."""
    indices = [] if device.type == "cpu" else [device.index or 0]
    kind = "cuda" if device.type == "cpu" else device.type
    cudnn = torch.backends.cudnn
    before = torch.get_num_threads(), cudnn.benchmark, cudnn.deterministic
    with torch.random.fork_rng(indices, device_type=kind):
        try:
            torch.set_num_threads(threads)
            cudnn.benchmark, cudnn.deterministic = False, True
            yield
        finally:
            torch.set_num_threads(before[0])
            cudnn.benchmark, cudnn.deterministic = before[1:]
