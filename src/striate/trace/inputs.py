"""What a network is given: shapes or example tensors, by the names its `forward` gives them."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted, unknown_name
from striate.graph import Shape, times

Given = Shape | Tensor | Sequence[Any] | Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Inputs:
    """What `forward` is called with, without the values.

    Attributes:
        names: One name for each tensor, in the order given.
        shapes: Their shapes, batch first.
        dtypes: Their types.
        keywords: Those passed by name; the others go by position, in order.
        examples: The tensors themselves where they were given, else None.
    """

    names: tuple[str, ...]
    shapes: tuple[Shape, ...]
    dtypes: tuple[torch.dtype, ...]
    keywords: frozenset[str]
    examples: tuple[Tensor | None, ...]

    @property
    def batch(self) -> int:
        """Images at once."""
        return self.shapes[0][0]

    @property
    def has_one_batch(self) -> bool:
        """Whether all inputs begin with the same number, so that another batch can be put in its place."""
        return all(shape[0] == self.batch for shape in self.shapes)

    def with_batch(self, batch: int) -> Inputs:
        """Return the same inputs for another number of images, without examples."""
        shapes = tuple((batch, *shape[1:]) for shape in self.shapes)
        return Inputs(self.names, shapes, self.dtypes, self.keywords, (None,) * len(self.names))

    def empty(self, device: torch.device) -> list[Tensor]:
        """Return tensors of these shapes with no particular values."""
        pairs = zip(self.shapes, self.dtypes, strict=True)
        return [torch.empty(shape, dtype=dtype, device=device) for shape, dtype in pairs]

    def drawn(self, device: torch.device) -> list[Tensor]:
        """Return the examples, or standard-normal values (ones where the type has no fractions)."""
        values = []
        for shape, dtype, example in zip(self.shapes, self.dtypes, self.examples, strict=True):
            if example is not None:
                values.append(example.detach().clone().to(device))
            elif dtype.is_floating_point:
                values.append(torch.randn(shape, dtype=torch.float32, device=device).to(dtype))
            else:
                values.append(torch.ones(shape, dtype=dtype, device=device))
        return values

    def call(self, module: nn.Module, tensors: Iterable[Tensor]) -> Any:  # noqa: ANN401 - a network returns anything
        """Return what the module makes of the tensors."""
        named = dict(zip(self.names, tensors, strict=True))
        args = [tensor for name, tensor in named.items() if name not in self.keywords]
        return module(*args, **{name: named[name] for name in self.names if name in self.keywords})

    def tensors(self, given: Given) -> list[Tensor]:
        """Return the tensors of a run in the order of the names.

        Raises:
            InputError: A tensor is missing, or has another type or other sizes (the batch aside)
                than was recorded.
        """
        if isinstance(given, Tensor):
            values: list[Any] = [given]
        elif isinstance(given, Mapping):
            for name in given:
                if name not in self.names:
                    raise unknown_name("input", name, list(self.names))
            values = [given[name] for name in self.names if name in given]
        else:
            values = list(given)
        if len(values) != len(self.names):
            raise InputError(
                "every recorded input must be given",
                got=len(values),
                hint=f"Give {', '.join(self.names)}.",
            )
        for name, value, shape, dtype in zip(self.names, values, self.shapes, self.dtypes, strict=True):
            if not isinstance(value, Tensor):
                raise InputError("an input must be a tensor", got=type(value).__name__, where=name)
            if tuple(value.shape[1:]) != shape[1:] or value.ndim != len(shape):
                raise InputError(
                    f"an input must have the recorded sizes n×{times(shape[1:])}",
                    got=Quoted(times(tuple(value.shape))),
                    where=name,
                    hint="Trace the network again for this size.",
                )
            if value.dtype != dtype:
                raise InputError(
                    f"an input must have the recorded type {name_of(dtype)}",
                    got=name_of(value.dtype),
                    where=name,
                )
        return values


def name_of(dtype: torch.dtype) -> str:
    """Return the name of a type ("float32")."""
    return str(dtype).removeprefix("torch.")


def read_inputs(module: nn.Module, given: Given) -> Inputs:
    """Return the inputs for a module from shapes or examples, named as its `forward` names them.

    Raises:
        InputError: Nothing that describes tensors, a name `forward` does not know, or one it needs
            is missing.
    """
    named, by_name = _named(module, given)
    first = next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.float32)
    shapes, dtypes, examples = [], [], []
    for name, value in named.items():
        example = value if isinstance(value, Tensor) else None
        shape = tuple(value.shape) if example is not None else _shape(value, name)
        if not shape or any(length < 1 for length in shape):
            raise InputError(
                "an input must have a batch and no empty axis",
                got=Quoted(times(shape) or "a single number"),
                where=name,
            )
        shapes.append(shape)
        dtypes.append(first if example is None else example.dtype)
        examples.append(example)
    keywords = frozenset(named) if by_name else frozenset[str]()
    return Inputs(tuple(named), tuple(shapes), tuple(dtypes), keywords, tuple(examples))


def _named(module: nn.Module, given: Given) -> tuple[dict[str, Any], bool]:
    parameters = _forward_parameters(module)
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    takes_any = any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters)
    needed = [p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if isinstance(given, Mapping):
        named, by_name = (
            dict(given),
            any(p.name in given or p.kind == p.VAR_KEYWORD for p in parameters),
        )
        known = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        for name in named:
            if name not in known and not takes_any:
                raise unknown_name("input", name, known)
    else:
        is_one = isinstance(given, Tensor | str) or all(isinstance(length, int) for length in given)
        values = [given] if is_one else list(given)
        free = [f"input_{i + 1}" if i else "input" for i in range(len(values))]
        named = dict(zip([*names, *free[len(names) :]], values, strict=False))
        by_name = False
        if len(named) < len(values) or (len(values) > len(names) and not takes_any):
            raise InputError(
                f"a network must not be given more than its {len(names)} inputs",
                got=len(values),
                where="forward",
            )
    missing = [name for name in needed if name not in named]
    if missing and (by_name or not takes_any):
        raise InputError(
            "every input of forward must be given",
            got=Quoted(", ".join(named) or "none"),
            where="forward",
            hint=f"Missing: {', '.join(missing)}. Give a dict of names and shapes.",
        )
    if not named:
        raise InputError("a network must be given at least one input", got=given)
    return named, by_name


def _forward_parameters(module: nn.Module) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(module.forward).parameters.values())
    except (TypeError, ValueError):  # compiled code without a signature takes what it is given
        return [inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)]


def _shape(value: object, name: str) -> Shape:
    if isinstance(value, Sequence) and not isinstance(value, str) and all(type(length) is int for length in value):
        return tuple(value)
    raise InputError(
        "an input must be a shape or a tensor",
        got=value,
        where=name,
        hint="Write (1, 3, 224, 224), batch first.",
    )
