"""Tensors that have sizes and no values: torch's meta tensors for plain networks, its fake ones for all others.

A fake tensor says that it lies on the processor, holds small constants and tells when values are asked for; but the first mode
loads torch's compiler, which takes as long as torch itself. A meta tensor does none of that. So a network is first run on meta
tensors if the compiler is not loaded yet, and that is given up at once where it could make a difference: where the network asks
on which device a tensor is, brings in one with values, or raises.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from striate.graph import Shape


class NotPlain(Exception):  # noqa: N818 - no error of the user's: the network is then run on fake tensors
    """A network does what meta tensors cannot follow."""


class Hollow(Protocol):
    """One way to run without values."""

    def twin(self, tensor: Tensor) -> Tensor:
        """Return a stand-in for a tensor of a module."""
        ...

    def is_own(self, tensor: Tensor) -> bool:
        """Return whether a tensor is one of these, without values."""
        ...

    def made(self, shape: Shape, like: Tensor) -> Tensor:
        """Return a contiguous tensor of the type and place of another."""
        ...

    def run(self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an operator's
        """Return what torch makes of a call."""
        ...

    def place(self, device: torch.device) -> torch.device:
        """Return where a network's inputs are made, of a network that lies on a device."""
        ...

    def running(self) -> AbstractContextManager[None]:
        """Be ready for a run, for a block."""
        ...


class MetaTensors:
    """Torch's meta tensors, for networks that do nothing but call operators on what they are given."""

    def twin(self, tensor: Tensor) -> Tensor:
        """Return a stand-in for a tensor of a module."""
        bare = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")
        return nn.Parameter(bare, requires_grad=tensor.requires_grad) if isinstance(tensor, nn.Parameter) else bare

    def is_own(self, tensor: Tensor) -> bool:
        """Return whether a tensor is one of these, without values."""
        return type(tensor) in (Tensor, nn.Parameter) and tensor.is_meta

    def made(self, shape: Shape, like: Tensor) -> Tensor:
        """Return a contiguous tensor of the type and place of another."""
        return torch.empty(shape, dtype=like.dtype, device="meta")

    def run(self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an operator's
        """Return what torch makes of a call.

        Raises:
            NotPlain: It reads a tensor with values, or makes one without being given any; or it is a convolution, of which torch
                believes any sizes on meta tensors.
        """
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, Tensor)]
        if not tensors or not all(map(self.is_own, tensors)) or "conv" in str(func):
            raise NotPlain
        return func(*args, **kwargs)

    def place(self, device: torch.device) -> torch.device:
        """Return where a network's inputs are made, of a network that lies on a device."""
        del device
        return torch.device("meta")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Give up, within the block, where a network asks for what a meta tensor answers otherwise than another."""
        listening = _Listening()
        with listening:
            yield
        # A network may have caught what was raised.
        if listening.has_heard:
            raise NotPlain


class FakeTensors:
    """Torch's fake tensors."""

    def __init__(self) -> None:
        self.mode = FakeTensorMode(allow_non_fake_inputs=True)

    def twin(self, tensor: Tensor) -> Tensor:
        """Return a stand-in for a tensor of a module."""
        # Much quicker than `FakeTensorMode.from_tensor`, which also keeps what only a compiler asks
        # for, and than a call under the mode.
        device = torch.device("cpu") if tensor.is_meta else tensor.device
        bare = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device="meta")
        twin = FakeTensor(self.mode, bare, device)
        if isinstance(tensor, nn.Parameter):
            # What `nn.Parameter(twin)` does for subclasses of Tensor, without its detour through
            # another fake tensor.
            twin.requires_grad_(tensor.requires_grad)
            twin._is_param = True  # noqa: SLF001 - torch's own mark of a parameter
        return twin

    def is_own(self, tensor: Tensor) -> bool:
        """Return whether a tensor is one of these, without values."""
        return type(tensor) is FakeTensor and tensor.fake_mode is self.mode and tensor.constant is None

    def made(self, shape: Shape, like: Tensor) -> Tensor:
        """Return a contiguous tensor of the type and place of another."""
        with torch._C._DisableTorchDispatch():  # noqa: SLF001 - else the mode makes it
            return FakeTensor(self.mode, torch.empty(shape, dtype=like.dtype, device="meta"), like.device)

    def run(self, func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an operator's
        """Return what torch makes of a call."""
        return func(*args, **kwargs)

    def place(self, device: torch.device) -> torch.device:
        """Return where a network's inputs are made, of a network that lies on a device."""
        return device

    @contextmanager
    def running(self) -> Iterator[None]:
        """Make every tensor of the block a fake one."""
        with self.mode:
            yield


def hollow_for(module: nn.Module, tensors: Iterable[Tensor]) -> MetaTensors | FakeTensors:
    """Return what to run a module on first: meta tensors save a process from loading torch's compiler, and nothing else."""
    return MetaTensors() if "torch._dynamo" not in sys.modules and _is_plain(module, tensors) else FakeTensors()


def _is_plain(module: nn.Module, tensors: Iterable[Tensor]) -> bool:
    """Return whether a network may be run on meta tensors at all: ordinary tensors in one place, and no script in sight.

    A script asks where a tensor is without anybody hearing of it.
    """
    held = list(tensors)
    is_scripted = any(isinstance(part, torch.jit.ScriptModule) for part in module.modules())
    # Nothing public tells of scripted functions.
    has_scripts = bool(torch.jit._state._python_cu.get_functions())  # type: ignore[func-returns-value]  # noqa: SLF001
    is_together = len({tensor.device for tensor in held}) <= 1
    return all(map(is_ordinary, held)) and is_together and not is_scripted and not has_scripts


def is_ordinary(tensor: Tensor) -> bool:
    """Return whether sizes and strides say all about a tensor but its values."""
    is_known = type(tensor) in (Tensor, nn.Parameter) or isinstance(tensor, nn.Buffer)
    return is_known and tensor.layout == torch.strided and not tensor.is_quantized


# Attributes are read through a function of their own, which torch's function modes are told of.
# Of attention torch chooses one of several ways by where it runs, out of sight of whoever records its calls.
_ASKS: frozenset[Any] = frozenset(
    getattr(Tensor, name).__get__
    for name in ("device", "is_cpu", "is_cuda", "is_meta", "is_mps", "is_xla", "is_xpu", "data", "layout")
) | {
    Tensor.type,
    Tensor.get_device,
    Tensor.data_ptr,
    Tensor.stride,
    Tensor.is_contiguous,
    functional.multi_head_attention_forward,
    functional.scaled_dot_product_attention,
}


class _Listening(TorchFunctionMode):
    has_heard = False

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: object,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 - whatever the function returns
        del types
        # What is cast by itself is cast by where it is, too.
        if func in _ASKS or torch._C._is_any_autocast_enabled():  # noqa: SLF001 - the public question is one for each device
            self.has_heard = True
            raise NotPlain
        return func(*args, **(kwargs or {}))
