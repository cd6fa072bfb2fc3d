"""What an operation means: the questions every kind answers, and the registry of kinds.

Adding an operation is adding one file beside this one. A kind answers on paper, without torch: what shape comes out, what
it costs, what it keeps for the backward pass, how far it looks, which blueprint word and which `torch.nn` constructor it
is, and which ATen operator a trace finds it under.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any, ClassVar, Literal, TypeVar

from striate.errors import InputError, ShapeError
from striate.graph import Op, Param, Shape
from striate.kinds.reach import SAME, Reach, Window
from striate.registry import Registry

Attributes = Mapping[str, Any]
Number = TypeVar("Number", int, float)


@dataclass(frozen=True, slots=True)
class Kept:
    """What an op keeps for the backward pass.

    Attributes:
        inputs: Positions of inputs that are kept whole.
        output: Whether the output is kept.
        extra_bytes: What is kept beside them (indices, masks, statistics).
        for_others: Positions of inputs that are kept only if another input, or a parameter, needs a gradient.
    """

    inputs: tuple[int, ...] = ()
    output: bool = False
    extra_bytes: int = 0
    for_others: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """The constructor of an op's module: `Conv2d(1, 32, 3, padding=1)`.

    Attributes:
        name: A class of `torch.nn`, or of `striate.nets.modules` where torch has none.
        args: Its arguments in order.
        kwargs: Its arguments by name.
        module: The file in `striate.nets.modules` that holds the class ("channel_norm"); empty for a class of `torch.nn`.
    """

    name: str
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    module: str = ""

    def source(self) -> str:
        """Return the call as Python text."""
        parts = [repr(arg) for arg in self.args] + [f"{key}={value!r}" for key, value in self.kwargs.items()]
        return f"{'' if self.module else 'nn.'}{self.name}({', '.join(parts)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One recorded ATen call, alone or among all those of one module.

    Attributes:
        operator: Its name without namespace and overload ("upsample_nearest2d").
        arguments: As its schema lists them, defaults filled in, tensors as None.
        sources: Shapes of the tensors it reads.
        output: Shape of its first output.
        reads: What each of those tensors is: the number of the module's call that made it, "input" for another value in
            which an input of the network has a part, "parameter", or "constant".
    """

    operator: str
    arguments: Sequence[Any]
    sources: tuple[Shape, ...]
    output: Shape
    reads: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Word:
    """A blueprint word.

    Attributes:
        name: As it is written ("conv").
        positional: Names of the arguments that may be written without their name, in order ("kernel", "width").
        options: Every argument with its type: "axes" (3, 3x3), "int", "float" or "switch" (on, off); any other word stands
            for itself, and "|" parts alternatives ("axes|same", "nearest|linear").
        required: Arguments that must be given.
        follows: Whether it is written after a comma, as part of the layer before it (normalisation, activation).
        meaning: One line for help and the editor.
    """

    name: str
    positional: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    follows: bool = False
    meaning: str = ""


# How the gradient of an input comes about: in memory of its own; as the output's own gradient where the shapes agree; as
# a part or another shape of it, in the same memory.
Gradient = Literal["new", "same", "part"]
# What autocast runs a kind in: half precision whatever it reads; the type of its first input; the widest it reads.
Precision = Literal["half", "first", "widest"]


class Kind:
    """One family member; every method is pure and answers for stated attributes and input shapes (batch first).

    Attributes:
        is_view: It only rearranges: its output lies in the memory of its first input.
        is_follower: Written after a comma, as part of the layer before it.
        is_layer: Its products are those people count as a network's: convolution and fully connected layers.
        flops_per_output: Operations for each output element, other than the multiply-accumulates of products.
        gradient: How the gradient of an input comes about.
        precision: What it runs in under autocast.
        calls: Names of ATen calls, in order, that are one op of this kind if they are all that a module does.
    """

    name: ClassVar[str]
    word: ClassVar[Word | None] = None
    aten: ClassVar[tuple[str, ...]] = ()
    is_view: ClassVar[bool] = False
    is_follower: ClassVar[bool] = False
    is_layer: ClassVar[bool] = False
    flops_per_output: ClassVar[int] = 0
    gradient: ClassVar[Gradient] = "new"
    precision: ClassVar[Precision] = "first"
    calls: ClassVar[tuple[tuple[str, ...], ...]] = ()

    def attributes(self, arguments: Attributes, source: Shape) -> dict[str, Any]:
        """Return an op's attributes from a blueprint word's arguments and the shape it reads."""
        del arguments, source
        return {}

    def arguments(self, attributes: Attributes, source: Shape) -> dict[str, Any]:
        """Return arguments with which the word would write an op: the other way round than `attributes`.

        They are all the arguments that are known, also those one need not write. Whether they really write the op is for
        the caller to see: an op may have attributes that no arguments give.

        Args:
            attributes: Of an op of this kind.
            source: The shape it reads, batch first.
        """
        del source
        found: dict[str, Any] = {}
        for name, sort in (self.word.options if self.word is not None else {}).items():
            value = attributes.get(name)
            if value is not None:
                found[name] = _as_argument(value, sort.split("|"))
        return found

    def read(self, arguments: Sequence[Any], sources: Sequence[Shape], output: Shape) -> dict[str, Any]:
        """Return an op's attributes from a recorded ATen call.

        Args:
            arguments: The call's arguments as its schema lists them, defaults filled in, tensors as None.
            sources: Shapes of the tensors it reads.
            output: Shape of its first output.
        """
        del arguments, sources, output
        return {}

    def read_call(
        self,
        operator: str,
        arguments: Sequence[Any],
        sources: Sequence[Shape],
        output: Shape,
    ) -> dict[str, Any]:
        """Return an op's attributes from a recorded ATen call whose name matters too ("upsample_nearest2d")."""
        del operator
        return self.read(arguments, sources, output)

    def read_recorded(self, call: Recorded) -> dict[str, Any]:
        """Return an op's attributes from a recorded ATen call of which it matters, too, what the tensors it reads are."""
        return self.read_call(call.operator, call.arguments, call.sources, call.output)

    def read_calls(self, calls: Sequence[Recorded]) -> dict[str, Any] | None:
        """Return an op's attributes from all the calls of one module, whose names are among `calls`.

        None where they are something else: they are rows of their own then.
        """
        del calls
        return None

    def shape(self, attributes: Attributes, sources: Sequence[Shape]) -> Shape:
        """Return the output shape; raise `ShapeError` if the sizes do not fit."""
        del attributes
        return sources[0]

    def params(self, attributes: Attributes, sources: Sequence[Shape]) -> tuple[Param, ...]:
        """Return the parameters, in torch's order."""
        del attributes, sources
        return ()

    def buffers(self, op: Op) -> int:
        """Return the number of elements of untrained state."""
        del op
        return 0

    def buffer_bytes(self, op: Op) -> int:
        """Return the bytes of that state."""
        return 4 * self.buffers(op)

    def macs(self, op: Op, sources: Sequence[Shape]) -> int | None:
        """Return multiply-accumulates of one forward pass, biases not counted; None if nobody knows."""
        del op, sources
        return 0

    def backward_macs(self, op: Op, sources: Sequence[Shape], sides: int) -> int:
        """Return multiply-accumulates of the backward pass; `sides` is how many factors of the product need a gradient."""
        return (self.macs(op, sources) or 0) * sides

    def other_flops(self, op: Op, sources: Sequence[Shape]) -> int:
        """Return operations of one forward pass that are not multiply-accumulates of products."""
        del sources
        return self.flops_per_output * prod(op.shape)

    def kept(self, op: Op, sources: Sequence[Shape]) -> Kept:
        """Return what is kept for the backward pass in train mode."""
        del op, sources
        return Kept()

    def forward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        """Return memory taken while it runs forward, beside what it reads, returns and keeps."""
        del op, sources
        return 0

    def backward_temporary_bytes(self, op: Op, sources: Sequence[Shape]) -> int:
        """Return memory taken while it runs backward, beside what it keeps and the gradients it reads and returns."""
        del op, sources
        return 0

    def reach(self, op: Op) -> Reach:
        """Return what it does to places, in the words of `striate.kinds.reach`."""
        del op
        return SAME

    def call(self, op: Op, sources: Sequence[Shape]) -> Call | None:
        """Return the constructor of its module, or None where a module cannot express the op."""
        del op, sources
        return None

    def summary(self, op: Op) -> str:
        """Return the op in two or three words for a table ("3×3, stride 2")."""
        del op
        return self.name


KINDS: Registry[Kind] = Registry("kind", "striate.kinds")
# Words whose ops are of a kind that has a word already, or that traces find under many names ("depthwise", "relu6").
WORDS: Registry[Kind] = Registry("layer word", "striate.words")


def register(kind: type[Kind]) -> type[Kind]:
    """Add a kind to the registry; a decorator for the classes in this folder and in plug-ins."""
    KINDS.add(kind.name, kind())
    return kind


def register_word(kind: type[Kind]) -> type[Kind]:
    """Add a word to the registry: it writes ops of the kind it is derived from, and is asked for nothing else."""
    if kind.word is None:
        raise InputError("a word's class must have a word", got=kind.__name__)
    WORDS.add(kind.word.name, kind())
    return kind


def map_axes(source: Shape, what: str) -> int:
    """Return the number of axes of space that are read; refuse features.

    Example:
        >>> map_axes((1, 8, 5, 5), "pooling")
        2
    """
    if len(source) < 3:
        raise ShapeError(
            f"{what} must read a map", got="×".join(map(str, source[1:])), hint="Put it before the first fc or flatten."
        )
    return len(source) - 2


def axes(value: object, count: int, *, what: str, least: int = 1) -> tuple[int, ...]:
    """Return one number per axis of space from one number or one per axis.

    Example:
        >>> axes((3,), 2, what="kernel"), axes((3, 5), 2, what="kernel")
        ((3, 3), (3, 5))
    """
    numbers = value if isinstance(value, tuple) else (value,)
    if len(numbers) == 1:
        numbers = numbers * count
    if len(numbers) != count:
        raise ShapeError(
            f"{what} must have one number, or one for each of {count} axes",
            got="x".join(map(str, numbers)),
            hint=f"Write {what} {numbers[0]}.",
        )
    if any(not isinstance(number, int) or number < least for number in numbers):
        raise ShapeError(f"{what} must be at least {least}", got="x".join(map(str, numbers)))
    return numbers


def _as_argument(value: Any, sorts: Sequence[str]) -> Any:  # noqa: ANN401 - any argument's value
    """Return an attribute as an argument: one number where all axes have the same, `same` where ends differ."""
    if "axes" not in sorts or not isinstance(value, tuple):
        return value
    if value and isinstance(value[0], tuple):
        if any(before != after for before, after in value):
            return "same"
        value = tuple(before for before, _ in value)
    return value[:1] if len(set(value)) == 1 else value


def slide(
    length: int,
    kernel: int,
    stride: int,
    padding: tuple[int, int],
    dilation: int,
    *,
    ceil: bool = False,
) -> int:
    """Return how many places a window has along one axis.

    Example:
        >>> slide(28, 3, 1, (1, 1), 1), slide(7, 2, 2, (0, 0), 1), slide(7, 2, 2, (0, 0), 1, ceil=True)
        (28, 3, 4)
    """
    span = length + sum(padding) - dilation * (kernel - 1) - 1
    places = (-(-span // stride) if ceil else span // stride) + 1
    # torch: with ceil, the last window must begin inside the input or its left padding.
    if ceil and (places - 1) * stride >= length + padding[0]:
        places -= 1
    return places


def slid(sources: Shape, window: Window, channels: int, *, ceil: bool = False) -> Shape:
    """Return the shape after a sliding window over (n, c, axes…)."""
    if len(sources) != len(window.kernel) + 2:
        raise ShapeError(
            f"a {len(window.kernel)}-D window must read (batch, channels and {len(window.kernel)} axes)",
            got="×".join(map(str, sources)),
        )
    out = []
    for length, kernel, stride, padding, dilation in zip(
        sources[2:], window.kernel, window.stride, window.padding, window.dilation, strict=True
    ):
        reach = dilation * (kernel - 1) + 1
        if reach > length + sum(padding):
            raise ShapeError(
                "a window must fit into the padded map",
                got=f"window {reach} on {length} + padding {sum(padding)}",
                hint="Make the window smaller, pad, or pool less before it.",
            )
        out.append(slide(length, kernel, stride, padding, dilation, ceil=ceil))
    return (sources[0], channels, *out)


def flat(values: Sequence[Number]) -> Number | tuple[Number, ...]:
    """Return one number where all axes agree, as people write it in torch."""
    return values[0] if len(set(values)) == 1 else tuple(values)


def spread(value: Any, count: int) -> tuple[int, ...]:  # noqa: ANN401 - a recorded ATen argument
    """Return one number per axis from a recorded argument, which may be one number for all."""
    numbers = (value,) if isinstance(value, int) else tuple(value)
    return numbers * count if len(numbers) == 1 else numbers


def window_of(attributes: Attributes) -> Window:
    """Return the window that attributes describe."""
    return Window(attributes["kernel"], attributes["stride"], attributes["padding"], attributes["dilation"])
