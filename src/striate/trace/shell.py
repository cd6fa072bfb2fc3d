"""A copy of a module's structure to run in its place: the original is never entered and never changed."""

from __future__ import annotations

import copy
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, cast

from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from striate.errors import InputError, Quoted
from striate.trace.copying import copied
from striate.trace.hollow import Hollow, is_ordinary

Origin = Literal["parameter", "buffer", "attribute"]
_HOOKS = ("_forward_pre_hooks", "_forward_hooks", "_backward_hooks", "_backward_pre_hooks")


@dataclass(frozen=True, slots=True)
class Holdings:
    """The tensors of a module by their names; of a tensor with several names, the first.

    Attributes:
        parameters: As `named_parameters` gives them.
        buffers: As `named_buffers` gives them.
        attributes: Tensors that hang on modules without being registered, as old `weight_norm` leaves them.
        unsaved: Names of the buffers that a state dict leaves out.
    """

    parameters: Mapping[str, Tensor]
    buffers: Mapping[str, Tensor]
    attributes: Mapping[str, Tensor]
    unsaved: frozenset[str]

    def __iter__(self) -> Iterator[Tensor]:
        yield from self.parameters.values()
        yield from self.buffers.values()
        yield from self.attributes.values()

    def places(self) -> dict[int, tuple[Origin, str]]:
        """Return what each tensor is, by its `id`: good as long as the module lives."""
        found: dict[int, tuple[Origin, str]] = {
            id(tensor): ("attribute", key) for key, tensor in self.attributes.items()
        }
        found.update((id(tensor), ("parameter", key)) for key, tensor in self.parameters.items())
        found.update((id(tensor), ("buffer", key)) for key, tensor in self.buffers.items())
        return found


@dataclass(frozen=True, slots=True)
class Shell:
    """A copied module.

    Attributes:
        module: The copy. Its tensors have no values if it was copied without them.
        found: Its tensors; their names are those of the original.
        places: What each tensor is, by its `id`; the copy keeps them alive.
        skipped_hooks: Paths of modules with hooks that were left out, since they are functions that
            could reach outside.
    """

    module: nn.Module
    found: Holdings
    places: dict[int, tuple[Origin, str]]
    skipped_hooks: tuple[str, ...]


def holdings(module: nn.Module) -> Holdings:
    """Return the tensors of a module, in one walk through it."""
    parameters: dict[int, tuple[str, Tensor]] = {}
    buffers: dict[int, tuple[str, Tensor]] = {}
    attributes: dict[int, tuple[str, Tensor]] = {}
    unsaved: set[str] = set()
    for path, part in module.named_modules():
        prefix = f"{path}." if path else ""
        for name, tensor in part._parameters.items():  # noqa: SLF001 - the public ways walk the module once each
            if tensor is not None:
                parameters.setdefault(id(tensor), (prefix + name, tensor))
        for name, buffer in part._buffers.items():  # noqa: SLF001 - as above
            if buffer is not None:
                buffers.setdefault(id(buffer), (prefix + name, buffer))
        unsaved.update(prefix + name for name in part._non_persistent_buffers_set)  # noqa: SLF001 - as above
        for name, value in vars(part).items():
            if isinstance(value, Tensor):
                attributes.setdefault(id(value), (prefix + name, value))
    return Holdings(dict(parameters.values()), dict(buffers.values()), dict(attributes.values()), frozenset(unsaved))


def unwrapped(module: nn.Module) -> nn.Module:
    """Return the module inside the wrappers that change how it runs and not what it computes."""
    while True:
        if isinstance(module, nn.DataParallel | nn.parallel.DistributedDataParallel):
            module = cast("nn.Module", module.module)
        elif isinstance(getattr(module, "_orig_mod", None), nn.Module):  # torch.compile
            module = cast("nn.Module", module._orig_mod)  # noqa: SLF001
        else:
            return module


def check_ready(module: object) -> Holdings:
    """Return the tensors of what is to be traced.

    Raises:
        InputError: It is no module, or its parameters have no shapes yet.
    """
    if not isinstance(module, nn.Module):
        raise InputError("what is traced must be a torch.nn.Module", got=type(module).__name__)
    found = holdings(module)
    for key, tensor in (*found.parameters.items(), *found.buffers.items()):
        if is_lazy(tensor):
            raise InputError(
                "parameters must have their shapes before a trace",
                got=Quoted("a lazy parameter"),
                where=key,
                hint="Run the network once on an example.",
            )
    return found


def without_values(module: nn.Module, found: Holdings, hollow: Hollow) -> Shell:
    """Return a copy whose tensors have shapes only, and take no memory; `found` are the module's tensors.

    Raises:
        InputError: The module cannot be copied.
    """
    return _shell(module, found, lambda tensor: hollow.twin(tensor) if is_ordinary(tensor) else None)


def with_values(module: nn.Module) -> Shell:
    """Return a copy with values of its own.

    Raises:
        InputError: The module cannot be copied, or its tensors have no values.
    """
    return _shell(module, holdings(module), _cloned)


def twin(module: nn.Module, *, without: frozenset[str] = frozenset()) -> nn.Module:
    """Return a copy of a module with parameters and buffers of its own; those named in `without` are empty in it.

    Example:
        >>> copy = twin(nn.Linear(3, 2), without=frozenset({"weight"}))
        >>> copy.weight.numel(), copy.bias.numel()
        (0, 2)
    """
    memo: dict[int, Any] = {}
    for key, parameter in module.named_parameters():
        if key in without:
            memo[id(parameter)] = nn.Parameter(parameter.detach().new_empty(0), requires_grad=parameter.requires_grad)
        elif is_ordinary(parameter):
            memo[id(parameter)] = _cloned(parameter)
    return _copied(module, memo)


def again(shell: Shell, hollow: Hollow) -> Shell:
    """Return another copy of a shell without values; the tensors are shared, as there is nothing in them to change."""
    return _shell(shell.module, shell.found, lambda tensor: tensor if hollow.is_own(tensor) else None)


def _shell(module: nn.Module, found: Holdings, stand_in: Callable[[Tensor], Tensor | None]) -> Shell:
    memo: dict[int, Any] = {}
    for tensor in found:
        if id(tensor) not in memo and (twin := stand_in(tensor)) is not None:
            memo[id(tensor)] = twin
    twin_module = _copied(module, memo)
    skipped = tuple(path for path, part in twin_module.named_modules() if _drop_foreign_hooks(part))
    held = holdings(twin_module)
    return Shell(twin_module, held, held.places(), skipped)


def _cloned(tensor: Tensor) -> Tensor:
    if tensor.is_meta:
        raise InputError(
            "a network whose control flow depends on data must have values to be traced",
            got=Quoted("parameters on the meta device"),
            hint="Load its weights first.",
        )
    twin = tensor.detach().clone()
    return nn.Parameter(twin, requires_grad=tensor.requires_grad) if isinstance(tensor, nn.Parameter) else twin


def _copied(module: nn.Module, memo: Mapping[int, Any]) -> nn.Module:
    try:
        return copied(module, memo)
    except Exception:  # noqa: BLE001, S110 - any attribute of a stranger's module may refuse in its own way
        pass
    # Locks, files and the like cannot be copied: the copy shares them with the original.
    memo = dict(memo)
    for part in module.modules():
        for name, value in vars(part).items():
            if name in ("_modules", "_parameters", "_buffers") or isinstance(value, nn.Module):
                continue
            try:
                copy.deepcopy(value, dict(memo))
            except Exception:  # noqa: BLE001 - as above
                memo[id(value)] = value
    try:
        return copied(module, memo)
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
