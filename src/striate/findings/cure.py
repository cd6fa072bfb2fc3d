"""`Cure`: the change to a blueprint that would end a finding, as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from striate.errors import InputError

Action = Literal["set", "remove", "replace", "before", "after", "input"]
Value = int | float | bool | tuple[int, ...] | None
_PARTS: Mapping[Action, tuple[str, ...]] = {
    "set": ("op", "argument"),
    "remove": ("op",),
    "replace": ("op", "layers"),
    "before": ("op", "layers"),
    "after": ("op", "layers"),
    "input": ("size",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One change to a blueprint; make it with `set_argument`, `remove`, `replaced`, `before`, `after` or `resize`.

    Attributes:
        action: What is done.
        op: The op of the table whose layer is changed, "" where it is the input.
        argument: "set": the argument.
        value: "set": its value; None takes it out, so that the word's own default holds.
        layers: "replace", "before", "after": layers as the one-line form writes them ("conv 3x3 16").
        size: "input": sizes without the channels, in pixels.
    """

    action: Action
    op: str = ""
    argument: str = ""
    value: Value = None
    layers: tuple[str, ...] = ()
    size: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for part in _PARTS[self.action]:
            if not getattr(self, part):
                raise InputError(f"an edit that says {self.action!r} must have its {part}", got=getattr(self, part))

    def __str__(self) -> str:
        layers = ", ".join(self.layers)
        if self.action == "set" and self.value is None:
            return f"leave out the {self.argument} of {self.op}"
        texts: Mapping[Action, str] = {
            "set": f"set the {self.argument} of {self.op} to {_said(self.value)}",
            "remove": f"remove {self.op}",
            "replace": f"replace {self.op} by {_counted(self.layers)}",
            "before": f"put {layers} before {self.op}",
            "after": f"put {layers} after {self.op}",
            "input": f"make the input {_said(self.size)} px",
        }
        return texts[self.action]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cure:
    """Edits that together end a finding.

    Attributes:
        edits: At least one.
        is_same_function: Whether the network computes what it did before, given fitting weights.
    """

    edits: tuple[Edit, ...]
    is_same_function: bool = False

    def __str__(self) -> str:
        return "; ".join(str(edit) for edit in self.edits)


def set_argument(op: str, argument: str, value: Value) -> Edit:
    """Return the edit that gives a layer's argument another value; steps that agree along all axes are written once.

    Example:
        >>> str(set_argument("conv3", "padding", (1,))), str(set_argument("conv3", "padding", None))
        ('set the padding of conv3 to 1', 'leave out the padding of conv3')
        >>> str(set_argument("conv3", "stride", (2, 2))), str(set_argument("conv3", "kernel", (3, 3)))
        ('set the stride of conv3 to 2', 'set the kernel of conv3 to 3x3')
    """
    if isinstance(value, tuple) and argument != "kernel" and len(set(value)) == 1:
        value = value[:1]
    return Edit(action="set", op=op, argument=argument, value=value)


def remove(op: str) -> Edit:
    """Return the edit that takes a layer out."""
    return Edit(action="remove", op=op)


def replaced(op: str, layers: Sequence[str]) -> Edit:
    """Return the edit that puts layers in a layer's place; all but the last get what followed it (norm, activation).

    Example:
        >>> str(replaced("conv2", ("conv 3x3 16",) * 3))
        'replace conv2 by 3 × conv 3x3 16'
    """
    return Edit(action="replace", op=op, layers=tuple(layers))


def before(op: str, *layers: str) -> Edit:
    """Return the edit that puts layers before a layer."""
    return Edit(action="before", op=op, layers=layers)


def after(op: str, *layers: str) -> Edit:
    """Return the edit that puts layers after a layer."""
    return Edit(action="after", op=op, layers=layers)


def resize(size: Sequence[int]) -> Edit:
    """Return the edit that gives the input other sizes, in pixels, and leaves its channels."""
    return Edit(action="input", size=tuple(size))


def _said(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _counted(layers: tuple[str, ...]) -> str:
    if len(set(layers)) == 1 and len(layers) > 1:
        return f"{len(layers)} × {layers[0]}"
    return ", ".join(layers)
