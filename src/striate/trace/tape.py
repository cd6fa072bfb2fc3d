"""The recorder: every ATen call of one run, with the values it reads and makes and the module it happened in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import TreeSpec, tree_flatten

from striate.graph import Shape
from striate.trace.shell import Shell

# Composite operators that no kind counts but that must be replayed whole: their parts have no
# gradient of their own.
_WHOLE = frozenset({"lstm", "gru", "rnn_tanh", "rnn_relu"})


@dataclass(frozen=True, slots=True)
class Ref:
    """A tensor among a call's arguments: the number of its value."""

    value: int


@dataclass(frozen=True, slots=True)
class Value:
    """A tensor at one moment; after a write in place it is another value.

    Attributes:
        origin: How it came about; "made" by a call, or found: then `key` says where, or `constant`
            is the tensor itself.
        storage: Number of the memory it lies in; views share it.
    """

    shape: Shape
    dtype: torch.dtype
    origin: Literal["made", "input", "parameter", "buffer", "attribute", "constant"]
    key: str = ""
    constant: Tensor | None = None
    storage: int = 0


@dataclass(frozen=True, slots=True)
class Frame:
    """One call of one module: its path, which call of it this is (from 0), and the call around it."""

    path: str
    turn: int
    parent: int


@dataclass(slots=True)
class Call:
    """One ATen call. `args`, `kwargs` hold `Ref` in place of tensors.

    Attributes:
        outputs: Values of the outputs in order; None where an output is no tensor.
        writes: (value before, value after) of each tensor written in place.
        after: Writes that must have happened before: it reads memory that they changed through
            another view.
        frame: Number of the module call it happened in.
    """

    func: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    outputs: tuple[int | None, ...] = ()
    writes: tuple[tuple[int, int], ...] = ()
    after: tuple[int, ...] = ()
    frame: int = 0


@dataclass(slots=True)
class Tape:
    """What one run left behind.

    Attributes:
        literal: Memory that is read through an older view after a write: such writes must be
            replayed in place.
        sites: For values that a module returned: its path and which call of it returned them.
        leaves: The network's outputs flattened, `Ref` for tensors; `spec` puts them together again.
    """

    calls: list[Call] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=lambda: [Frame("", 0, -1)])
    literal: set[int] = field(default_factory=set)
    sites: dict[int, tuple[str, int]] = field(default_factory=dict)
    leaves: list[Any] = field(default_factory=list)
    spec: TreeSpec | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Where a run broke: the module path, and the operator with the shapes it was given, if it was in one."""

    path: str
    operator: str = ""
    shapes: tuple[Shape, ...] = ()


def base_name(func: Any) -> str:  # noqa: ANN401 - an OpOverload, which torch does not export with types
    """Return an operator's name without overload and in-place sign; other namespaces than aten stay in front."""
    space, name = func._schema.name.split("::")  # noqa: SLF001
    if func._schema.is_mutable and not name.startswith("__"):  # noqa: SLF001
        name = name.removesuffix("_")
    return name if space == "aten" else f"{space}.{name}"


def plainly(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as above
    """Run an operator on its arguments."""
    return func(*args, **kwargs)


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """A dispatch mode that writes a tape of a shell's run.

    Args:
        shell: The copy that runs.
        kept: Names of operators to record as they are; others are taken apart where torch knows
            how.
        inputs: The tensors it is run on, by name.
        run: Runs an operator on its arguments.
        edit: Returns the arguments a call is made with instead of the network's own; None leaves all as they are.
    """

    def __init__(
        self,
        shell: Shell,
        kept: frozenset[str],
        inputs: Mapping[str, Tensor],
        run: Callable[[Any, Sequence[Any], Mapping[str, Any]], Any],
        edit: Callable[[Any, Sequence[Any]], Sequence[Any]] | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._run, self._edit = run, edit
        self.tape = Tape()
        self.failures: dict[int, Failure] = {}
        self._shell = shell
        self._kept = kept | _WHOLE
        self._stack = [0]
        self._turns: dict[str, int] = {}
        # Kept alive with their numbers, so that no other tensor can come to the same address.
        self._seen: dict[int, tuple[Tensor, int, int]] = {}
        self._versions: dict[int, int] = {}
        self._last_write: dict[int, int] = {}
        for name, tensor in inputs.items():
            self._add(tensor, "input", key=name)

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        # Else the first call would load torch's compiler, to keep it away from this method.
        return False

    def __torch_dispatch__(
        self,
        func: Any,  # noqa: ANN401 - an OpOverload
        types: object,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401
        del types
        follow = _uncompiled_follow() if "torch._dynamo" in sys.modules else Recorder.follow
        return follow(self, func, args, dict(kwargs or {}))

    def follow(self, func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
        """Run one call, and write it down."""
        if func.namespace == "prim":
            return func(*args, **kwargs)
        func, args = _by_its_name(func, args)
        if base_name(func) not in self._kept:
            with self:
                out = _taken_apart(func, args, kwargs)
            if out is not NotImplemented:
                return out
        if self._edit is not None:
            args = self._edit(func, args)
        after: list[int] = []
        call = Call(
            func,
            self._refs(tuple(args), after),
            self._refs(kwargs, after),
            after=tuple(after),
            frame=self._stack[-1],
        )
        try:
            out = self._run(func, args, kwargs)
        except Exception as error:
            shapes = tuple(tuple(t.shape) for t in tree_flatten((args, kwargs))[0] if isinstance(t, Tensor))
            self.failures[id(error)] = Failure(self.tape.frames[call.frame].path, base_name(func), shapes)
            raise
        if isinstance(out, Tensor) or _has_tensor(out) or func._schema.is_mutable:  # noqa: SLF001
            out = self._note(call, out, args, kwargs)
        return out

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Follow which module of the copy is running, for the block."""
        # Hooks on the copy alone: nothing global, and nothing on the original.
        raised_before = sys.exception()
        for path, part in self._shell.module.named_modules(remove_duplicate=True):
            if not path or isinstance(part, torch.jit.ScriptModule):
                continue
            part.register_forward_pre_hook(_Enter(self, path), prepend=True)
            part.register_forward_hook(_Leave(self, raised_before), always_call=True)
        with self:
            yield

    def finish(self, output: Any) -> Tape:  # noqa: ANN401 - a network returns anything
        """Return the tape, closed with the network's output."""
        leaves, self.tape.spec = tree_flatten(output)
        self.tape.leaves = [Ref(self._value(leaf)) if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        return self.tape

    def enter(self, path: str) -> None:
        """Note that a module begins."""
        turn = self._turns.get(path, 0)
        self._turns[path] = turn + 1
        self._stack.append(len(self.tape.frames))
        self.tape.frames.append(Frame(path, turn, self._stack[-2]))

    def leave(self, output: object) -> None:
        """Note that a module ends, and what it returns."""
        frame = self.tape.frames[self._stack.pop()]
        if isinstance(output, Tensor) and id(output) in self._seen:
            self.tape.sites.setdefault(self._seen[id(output)][1], (frame.path, frame.turn))

    def failed(self, error: BaseException) -> None:
        """Note that an exception left a module; the innermost one counts."""
        self.failures.setdefault(id(error), Failure(self.tape.frames[self._stack[-1]].path))

    def _note(self, call: Call, out: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401
        written = list(_written(call.func, args, kwargs))
        writes = []
        for tensor in written:
            before = self._value(tensor)
            storage = self.tape.values[before].storage
            self._versions[storage] = self._versions.get(storage, 0) + 1
            after = self._add(tensor, "made")
            self._last_write[storage] = after
            writes.append((before, after))
        call.writes = tuple(writes)
        parts = list(out) if isinstance(out, list | tuple) else [out]
        numbers: list[int | None] = []
        for i, part in enumerate(parts):
            if not isinstance(part, Tensor):
                numbers.append(None)
                continue
            if any(part is tensor for tensor in written):
                numbers.append(self._seen[id(part)][1])
                continue
            if id(part) in self._seen:
                # Dropout in eval mode returns what it was given: a tensor object of its own makes
                # it a value of its own.
                part = parts[i] = torch.ops.aten.alias(part)
            numbers.append(self._add(part, "made"))
        call.outputs = tuple(numbers)
        self.tape.calls.append(call)
        if isinstance(out, list | tuple):
            return type(out)(parts)
        return parts[0]

    def _refs(self, argument: Any, after: list[int]) -> Any:  # noqa: ANN401
        if isinstance(argument, Tensor):
            return Ref(self._read(argument, after))
        if isinstance(argument, list | tuple):
            return type(argument)(self._refs(part, after) for part in argument)
        if isinstance(argument, dict):
            return {name: self._refs(part, after) for name, part in argument.items()}
        return argument

    def _read(self, tensor: Tensor, after: list[int]) -> int:
        number = self._value(tensor)
        storage = self.tape.values[number].storage
        if self._seen[id(tensor)][2] != self._versions.get(storage, 0):
            self.tape.literal.add(storage)
            after.append(self._last_write[storage])
        return number

    def _value(self, tensor: Tensor) -> int:
        if id(tensor) in self._seen:
            return self._seen[id(tensor)][1]
        if id(tensor) in self._shell.places:
            origin, key = self._shell.places[id(tensor)]
            return self._add(tensor, origin, key=key)
        return self._add(tensor, "constant")

    def _add(
        self,
        tensor: Tensor,
        origin: Literal["made", "input", "parameter", "buffer", "attribute", "constant"],
        key: str = "",
    ) -> int:
        storage = _storage(tensor)
        number = len(self.tape.values)
        # A constant may be written to later on; what is kept is what it was when it was first read.
        constant = _real(tensor) if origin == "constant" else None
        self.tape.values.append(Value(tuple(tensor.shape), tensor.dtype, origin, key, constant, storage))
        self._seen[id(tensor)] = (tensor, number, self._versions.get(storage, 0))
        return number


@cache
def _uncompiled_follow() -> Callable[..., Any]:
    return torch.compiler.disable(Recorder.follow)  # type: ignore[no-untyped-call, no-any-return]


class _Enter:
    def __init__(self, recorder: Recorder, path: str) -> None:
        self.recorder, self.path = recorder, path

    def __call__(self, _module: nn.Module, _args: object) -> None:
        self.recorder.enter(self.path)


class _Leave:
    def __init__(self, recorder: Recorder, raised_before: BaseException | None) -> None:
        self.recorder, self.raised_before = recorder, raised_before

    def __call__(self, _module: nn.Module, _args: object, output: object) -> None:
        error = sys.exception()
        if error is not None and error is not self.raised_before:
            self.recorder.failed(error)
        self.recorder.leave(output)


def _by_its_name(func: Any, args: Sequence[Any]) -> tuple[Any, Sequence[Any]]:  # noqa: ANN401
    """Return a convolution of any sort, as scripts call it, under the name it has in 1-D, 2-D or 3-D."""
    if func._schema.name not in ("aten::_convolution", "aten::convolution") or len(args) < 9:  # noqa: SLF001
        return func, args
    source, weight, bias, stride, padding, dilation, is_transposed, output_padding, groups = args[:9]
    end = f"{weight.dim() - 2}d"
    if is_transposed:
        packet = getattr(torch.ops.aten, f"conv_transpose{end}")
        args = (source, weight, bias, stride, padding, output_padding, groups, dilation)
        return (packet.default if end == "1d" else packet.input), args
    return getattr(torch.ops.aten, f"conv{end}").default, (source, weight, bias, stride, padding, dilation, groups)


def _taken_apart(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Run a composite operator as the calls it consists of; NotImplemented if it is none."""
    key = torch._C.DispatchKey.CompositeImplicitAutograd  # noqa: SLF001
    # The kernel torch really runs: its Python decompositions are equal in theory, not in the last
    # bit.
    if torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), key):  # noqa: SLF001
        return func._op_dk(key, *args, **kwargs)  # noqa: SLF001
    return NotImplemented


def _written(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Iterator[Tensor]:  # noqa: ANN401
    if not func._schema.is_mutable:  # noqa: SLF001
        return
    for i, argument in enumerate(func._schema.arguments):  # noqa: SLF001
        if argument.alias_info is None or not argument.alias_info.is_write:
            continue
        value = args[i] if i < len(args) else kwargs.get(argument.name)
        for tensor in value if isinstance(value, list | tuple) else (value,):
            if isinstance(tensor, Tensor):
                yield tensor


def _has_tensor(out: object) -> bool:
    return isinstance(out, list | tuple) and any(isinstance(part, Tensor) for part in out)


def _storage(tensor: Tensor) -> int:
    try:
        return int(tensor.untyped_storage()._cdata)  # noqa: SLF001 - the address of the memory's record
    except (NotImplementedError, RuntimeError):  # sparse and opaque tensors have none
        return -id(tensor)


def _real(tensor: Tensor) -> Tensor | None:
    """Return a copy of a constant's values, or None if it has none."""
    found = tensor.constant if isinstance(tensor, FakeTensor) else tensor
    if found is None or found.is_meta:
        return None
    from torch.utils._python_dispatch import _disable_current_modes

    # Outside inference mode, so that a gradient may flow past the constant later on.
    with _disable_current_modes(), torch.inference_mode(mode=False):
        return found.detach().clone()
