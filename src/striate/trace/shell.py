"""A copy of a module's structure to run in its place: the original is never entered and never changed."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.nn.parameter import is_lazy

from striate.errors import InputError, Quoted

Origin = Literal["parameter", "buffer", "attribute"]
_HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_backward_hooks", "_backward_pre_hooks")


@dataclass(frozen=True, slots=True)
class Shell:
    """A copied module, and where each of its tensors is found in the original.

    Attributes:
        module: The copy. Its tensors have no values if it was copied under a fake mode.
        places: What each tensor of the copy is, by its `id`; the copy keeps them alive.
        skipped_hooks: Paths of modules with hooks that were left out, since they are functions that
            could reach outside.
    """

    module: nn.Module
    places: dict[int, tuple[Origin, str]]
    skipped_hooks: tuple[str, ...]


def unwrapped(module: nn.Module) -> nn.Module:
    """Return the module inside the wrappers that change how it runs and not what it computes."""
    while True:
        if isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
            module = cast("nn.Module", module.module)
        elif isinstance(getattr(module, "_orig_mod", None), nn.Module):  # torch.compile
            module = cast("nn.Module", module._orig_mod)  # noqa: SLF001
        else:
            return module


def check_ready(module: object) -> None:
    """Raise `InputError` unless it is a module whose parameters have shapes."""
    if not isinstance(module, nn.Module):
        raise InputError("what is traced must be a torch.nn.Module", got=type(module).__name__)
    for key, tensor in (*module.named_parameters(), *module.named_buffers()):
        if is_lazy(tensor):
            raise InputError(
                "parameters must have their shapes before a trace",
                got=Quoted("a lazy parameter"),
                where=key,
                hint="Run the network once on an example.",
            )


def without_values(module: nn.Module, mode: FakeTensorMode) -> Shell:
    """Return a copy whose tensors have shapes only, and take no memory.

    Raises:
        InputError: The module cannot be copied.
    """
    return _copied(module, lambda tensor: _fake(tensor, mode) if _is_plain(tensor) else None)


def with_values(module: nn.Module) -> Shell:
    """Return a copy with values of its own.

    Raises:
        InputError: The module cannot be copied, or its tensors have no values.
    """
    return _copied(module, _cloned)


def again(shell: Shell) -> Shell:
    """Return another copy of a shell without values; the tensors are shared, as there is nothing in them to change."""
    return _copied(shell.module, lambda tensor: tensor if isinstance(tensor, FakeTensor) else None)


def places(module: nn.Module) -> dict[int, tuple[Origin, str]]:
    """Return what each tensor of a module is, by its `id`: good as long as the module lives."""
    found: dict[int, tuple[Origin, str]] = {}
    for key, parameter in module.named_parameters():
        found[id(parameter)] = ("parameter", key)
    for key, tensor in module.named_buffers():
        found[id(tensor)] = ("buffer", key)
    for key, tensor in _attributes(module):
        found.setdefault(id(tensor), ("attribute", key))
    return found


def _copied(module: nn.Module, stand_in: Callable[[Tensor], Tensor | None]) -> Shell:
    memo: dict[int, Any] = {}
    for tensor in (*module.parameters(), *module.buffers(), *(t for _, t in _attributes(module))):
        if id(tensor) not in memo and (twin := stand_in(tensor)) is not None:
            memo[id(tensor)] = twin
    copy_ = _deepcopied(module, memo)
    skipped = tuple(path for path, part in copy_.named_modules() if _drop_foreign_hooks(part))
    return Shell(copy_, places(copy_), skipped)


def _attributes(module: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Yield tensors that hang on modules without being registered, as old `weight_norm` leaves them."""
    for path, part in module.named_modules():
        for name, value in vars(part).items():
            if isinstance(value, Tensor):
                yield (f"{path}.{name}" if path else name), value


def _is_plain(tensor: Tensor) -> bool:
    is_known = type(tensor) in (Tensor, nn.Parameter) or isinstance(tensor, nn.Buffer)
    return is_known and tensor.layout == torch.strided and not tensor.is_quantized


def _fake(tensor: Tensor, mode: FakeTensorMode) -> Tensor:
    # Much quicker than `FakeTensorMode.from_tensor`, which also keeps what only a compiler asks
    # for.
    device = torch.device("cpu") if tensor.is_meta else tensor.device
    with mode:
        twin = torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=device)
    if isinstance(tensor, nn.Parameter):
        # What `nn.Parameter(twin)` does for subclasses of Tensor, without its detour through
        # another fake tensor.
        twin.requires_grad_(tensor.requires_grad)
        twin._is_param = True  # noqa: SLF001 - torch's own mark of a parameter
    return twin


def _cloned(tensor: Tensor) -> Tensor:
    if tensor.is_meta:
        raise InputError(
            "a network whose control flow depends on data must have values to be traced",
            got=Quoted("parameters on the meta device"),
            hint="Load its weights first.",
        )
    twin = tensor.detach().clone()
    return nn.Parameter(twin, requires_grad=tensor.requires_grad) if isinstance(tensor, nn.Parameter) else twin


def _deepcopied(module: nn.Module, memo: dict[int, Any]) -> nn.Module:
    try:
        return copy.deepcopy(module, dict(memo))
    except Exception:  # noqa: BLE001, S110 - any attribute of a stranger's module may refuse in its own way
        pass
    # Locks, files and the like cannot be copied: the copy shares them with the original.
    for part in module.modules():
        for name, value in vars(part).items():
            if name in ("_modules", "_parameters", "_buffers") or isinstance(value, nn.Module):
                continue
            try:
                copy.deepcopy(value, dict(memo))
            except Exception:  # noqa: BLE001 - as above
                memo[id(value)] = value
    try:
        return copy.deepcopy(module, dict(memo))
    except Exception as error:
        raise InputError(
            "a module must be copyable, since the trace runs a copy",
            got=Quoted(f"{type(module).__name__}: {error}".splitlines()[0]),
            hint="Keep what cannot be copied outside the module.",
        ) from error


def _drop_foreign_hooks(part: nn.Module) -> bool:
    """Remove hooks that are functions: copying does not copy what they reach, so they could act outside the copy."""
    dropped = False
    for name in _HOOKS:
        hooks = vars(part).get(name) or {}
        for key, hook in list(hooks.items()):
            if _is_foreign(hook):
                del hooks[key]
                dropped = True
    return dropped


def _is_foreign(hook: Callable[..., Any]) -> bool:
    while isinstance(hook, partial):
        hook = hook.func
    is_function = isinstance(hook, types.FunctionType | types.BuiltinFunctionType)
    return is_function and not (hook.__module__ or "").startswith("torch.")
