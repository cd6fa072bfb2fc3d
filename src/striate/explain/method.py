"""The methods of understanding, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from striate.registry import Registry

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """One way to look at a network.

    Attributes:
        name: As in `METHODS` ("occlusion").
        question: What it answers, in a reader's words.
        function: Takes a `Network` first; leaves it as it came; returns records.
        section: Its page in the documentation, without the ending ("methods/occlusion").
    """

    name: str
    question: str
    function: Callable[..., Any]
    section: str


METHODS: Registry[Method] = Registry("method", "striate.methods")


def method(question: str, *, section: str) -> Callable[[Function], Function]:
    """Return a decorator that adds a function to `METHODS` under its own name.

    Args:
        question: What the method answers.
        section: Its page in the documentation, without the ending.
    """

    def add(function: Function) -> Function:
        name = function.__name__
        METHODS.add(name, Method(name=name, question=question, function=function, section=section))
        return function

    return add
