"""Where the numbers are worked out, and leaving the process as it was."""

from __future__ import annotations

import atexit
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, distributed, nn

from striate.errors import InputError
from striate.records.trial import Way
from striate.train.ranks import Ranks


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A place to train, by Hugging Face Accelerate.

    Attributes:
        place: The torch device.
        precision: "no" (float32) or "bf16".
        autocast: Opens the block in which a forward pass runs at that precision.
        backward: Runs a loss backward.
        way: Memory format, optimiser's kernel and images at once; its precision is `precision`.
        ranks: This process among those that train together.
    """

    place: torch.device
    precision: str
    autocast: Callable[[], AbstractContextManager[Any]]
    backward: Callable[[Tensor], Any]
    way: Way = field(default_factory=Way)
    ranks: Ranks = field(default_factory=Ranks)

    def working(self, way: Way) -> Device:
        """Return the same place, working another way."""
        asked = "bf16" if way.precision == "bf16" else "no"
        if asked == self.precision:
            return replace(self, way=way)
        kind = self.place.type

        def autocast() -> AbstractContextManager[Any]:
            return torch.autocast(kind, dtype=torch.bfloat16) if asked == "bf16" else nullcontext()

        return replace(self, way=way, precision=asked, autocast=autocast)

    def take(self, images: Tensor) -> Tensor:
        """Return images here, in the memory format."""
        return images.to(self.place, memory_format=_layout(images.ndim, self.way))

    def hold(self, module: nn.Module) -> nn.Module:
        """Bring a module here, its parameters and buffers in the memory format, and return it."""
        module.to(self.place)
        for tensor in (*module.parameters(), *module.buffers()):
            tensor.data = tensor.data.contiguous(memory_format=_layout(tensor.ndim, self.way))
        return module

    def release(self, module: nn.Module) -> nn.Module:
        """Bring a module to the processor, in plain memory, and return it."""
        module.cpu()
        for tensor in (*module.parameters(), *module.buffers()):
            tensor.data = tensor.data.contiguous()
        return module

    def fit(self, optimizer: torch.optim.Optimizer) -> torch.optim.Optimizer:
        """Give an optimiser that has not stepped yet its kernel, and return it."""
        if self.way.is_fused:
            for group in optimizer.param_groups:
                group |= {"fused": True, "foreach": False}
        return optimizer

    def seed(self, seed: int, step: int) -> None:
        """Give torch's random numbers (dropout) the state that belongs to one step, in this process."""
        own = f" {self.ranks.rank}" if self.ranks.rank else ""
        digest = hashlib.sha256(f"step {seed} {step}{own}".encode()).digest()
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
    one state a process; it is given back as it was. Processes that met stay together to their end.
    Its own checkpoints (pickles) and its wrappers of modules, optimisers and loaders are not used:
    they would be in the way of resuming to the same bits.

    Raises:
        InputError: Started in fp16, whose loss scale is not part of our checkpoints; or with gradient
            accumulation, which the recipe does not know.
    """
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState, GradientState, PartialState

    # Accelerate has no public way to give its state back.
    kinds = (PartialState, AcceleratorState, GradientState)
    states = [kind._shared_state for kind in kinds]  # noqa: SLF001
    before = [dict(state) for state in states]
    was_joined = _is_joined()
    try:
        # Without an accelerator, Accelerate joins the processes that `torchrun` started only when told to use the processor.
        is_several = "RANK" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1
        accelerator = Accelerator(cpu=True) if is_several and not torch.accelerator.is_available() else Accelerator()
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
            way=Way(precision="bf16" if accelerator.mixed_precision == "bf16" else "float32"),
            ranks=Ranks(rank=accelerator.process_index, world_size=accelerator.num_processes, place=accelerator.device),
        )
    finally:
        if _is_joined() and not was_joined:
            # Processes that part and meet again under one address do not find one another reliably: they part at their end.
            atexit.register(_part)
        for state, values in zip(states, before, strict=True):
            state.clear()
            state.update(values)


def _is_joined() -> bool:
    return distributed.is_available() and distributed.is_initialized()


def _part() -> None:
    if _is_joined():
        distributed.destroy_process_group()


def _layout(axes: int, way: Way) -> torch.memory_format:
    """Return the memory format of a tensor with so many axes; only maps and filters of pictures and volumes have two."""
    if way.memory_format == "plain":
        return torch.contiguous_format
    return {4: torch.channels_last, 5: torch.channels_last_3d}.get(axes, torch.contiguous_format)


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
