"""What a beginning is, what it is given, and the registry of beginnings."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import torch
from torch import Tensor, nn

from striate.errors import InputError, UnknownNameError, unknown_name
from striate.events import SILENT, Events
from striate.graph import Graph, Shape
from striate.registry import Registry
from striate.trace import trace


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a beginning is given.

    Attributes:
        module: To be changed in place.
        seed: The same seed, the same weights.
        generator: Random numbers of its own, from the seed.
        argument: What stands behind the colon of the name, "" if nothing does.
        images: Prepared training images, float32 (n, c, …); None if there are none.
        shape: Shape of one input; None if it is not known.
        events: Hears progress; may cancel.
    """

    module: nn.Module
    seed: int
    generator: torch.Generator
    argument: str = ""
    images: Tensor | None = None
    shape: Shape | None = None
    events: Events = SILENT

    def table(self) -> Graph | None:
        """Return the network's table; None if the input's shape is not known."""
        return None if self.shape is None else trace(self.module, (2, *self.shape)).graph

    def pictures(self) -> Tensor:
        """Return the images, which `initialise` made sure of."""
        if self.images is None:
            raise InputError("a beginning that looks at images must be given some", got="none")
        return self.images


class Beginning(ABC):
    """One way to choose the first weights. Its docstring is its page: meaning, when it misleads, source.

    Attributes:
        name: What recipes and commands call it.
        arguments: Words that may stand behind a colon; () where there are none.
        argument_name: What the text behind the colon is, where any text may stand ("PATH"); it is then needed.
        needs_images: Whether it looks at training images.
        most_images: It is given no more.
        is_quiet: Whether a training makes the output layer ten times smaller afterwards.
    """

    name: ClassVar[str]
    arguments: ClassVar[tuple[str, ...]] = ()
    argument_name: ClassVar[str] = ""
    needs_images: ClassVar[bool] = False
    most_images: ClassVar[int] = 256
    is_quiet: ClassVar[bool] = True

    @abstractmethod
    def begin(self, ground: Ground) -> tuple[str, ...]:
        """Give the module its first weights, in place.

        Returns:
            What was done, in sentences; () where the name says it all.
        """

    def identity(self, argument: str) -> str:
        """Return what identifies the weights beside name and seed, such as a file's key; "" as a rule."""
        del argument
        return ""

    @property
    def meaning(self) -> str:
        """What it does, in one line."""
        return (self.__doc__ or "").strip().partition("\n")[0]

    def part(self, heading: str) -> str:
        """Return what its docstring says under "When it misleads" or "Source", in one line."""
        found = re.search(
            rf"^\s*{heading}:\n(.*?)(?=^\s*[A-Z][\w ]*:\n|\Z)", self.__doc__ or "", re.DOTALL | re.MULTILINE
        )
        return " ".join(found[1].split()) if found else ""

    @property
    def usage(self) -> str:
        """The name with what may follow it: "he[:fan-in|fan-out|average]", "file:PATH"."""
        if self.argument_name:
            return f"{self.name}:{self.argument_name}"
        return f"{self.name}[:{'|'.join(self.arguments)}]" if self.arguments else self.name


BEGINNINGS: Registry[Beginning] = Registry("beginning", "striate.beginnings")
AnyBeginning = TypeVar("AnyBeginning", bound=Beginning)


def register(beginning: type[AnyBeginning]) -> type[AnyBeginning]:
    """Add a beginning to the registry; a decorator for the classes here and in plug-ins."""
    BEGINNINGS.add(beginning.name, beginning())
    return beginning


def read_beginning(text: str, *, where: str = "") -> tuple[Beginning, str]:
    """Return the beginning that a text names, and what stands behind its colon.

    Args:
        text: A name, or name:argument ("he:fan-out", "file:filters.npy", "network:timm:resnet18@w.safetensors").
        where: The place, for the error.

    Raises:
        UnknownNameError: A beginning or an argument nobody knows, with the nearest names.
        InputError: An argument that is missing, or that the beginning does not take.

    Example:
        >>> beginning, argument = read_beginning("he:fan-out")
        >>> beginning.name, argument
        ('he', 'fan-out')
    """
    name, _, argument = text.partition(":")
    try:
        found = BEGINNINGS[name]
    except UnknownNameError as error:
        raise unknown_name("beginning", name, list(BEGINNINGS), where=where) from error
    if found.argument_name:
        if not argument:
            raise InputError(f"{name} must be followed by :{found.argument_name}", got=text, where=where)
    elif argument and not found.arguments:
        raise InputError(f"{name} must stand alone", got=text, where=where)
    elif argument and argument not in found.arguments:
        raise unknown_name(f"argument of {name}", argument, list(found.arguments), where=where)
    return found, argument
