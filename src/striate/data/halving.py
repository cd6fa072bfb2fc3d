"""Fewer images at once when memory runs out, instead of an end."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TypeVar

import torch

from striate.errors import Quoted, RunError

Result = TypeVar("Result")

# What torch's allocators and oneDNN say in a RuntimeError that has no class of its own. A primitive that oneDNN chose and
# could not make lacked memory; one it has no descriptor of is a kind it cannot do at all.
_SAYS_SO = re.compile(
    r"out of memory|not enough memory|can't allocate memory|bad_alloc|could not create a (memory|primitive(?! descriptor))",
    re.IGNORECASE,
)


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that memory ran out, on the processor or on an accelerator.

    Example:
        >>> is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."))
        True
        >>> is_out_of_memory(RuntimeError("shapes cannot be multiplied"))
        False
    """
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and _SAYS_SO.search(str(error)) is not None


class NoRoomError(RunError):
    """Work does not fit into memory even with one image at once."""


def out_of_memory(work: str) -> NoRoomError:
    """Return the error for work that does not fit even with one image at once."""
    return NoRoomError(
        f"{work} must fit into memory with one image at once",
        got=Quoted("out of memory"),
        hint="Take smaller images or a smaller network, or end what else needs memory.",
    )


def even_parts(count: int, at_once: int) -> list[slice]:
    """Return parts of at most so many, as equal as can be.

    Example:
        >>> even_parts(10, 4)
        [slice(0, 4, None), slice(4, 7, None), slice(7, 10, None)]
    """
    parts = -(-count // at_once)
    edges = [0]
    for part in range(parts):
        edges.append(edges[-1] + count // parts + (part < count % parts))
    return [slice(start, end) for start, end in pairwise(edges)]


class Halving:
    """Works on a batch in parts that fit; what did not fit once is not tried again.

    Args:
        work: What is done, for the error ("evaluating").
        at_once: Images at once to begin with.

    Attributes:
        at_once: Images at once by now.

    Example:
        >>> def narrow(part):
        ...     if part.stop - part.start > 2:
        ...         raise MemoryError
        ...     return (part.start, part.stop)
        >>> fit = Halving("reading", at_once=6)
        >>> list(fit.run(narrow, 6)), fit.at_once
        ([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6)], 1)
    """

    def __init__(self, work: str, *, at_once: int) -> None:
        self.at_once = at_once
        self._work = work

    def run(self, function: Callable[[slice], Result], count: int) -> Iterator[Result]:
        """Yield what the function returns for each part of so many images, in order.

        Args:
            function: Takes a slice of the batch; called again with a smaller one when memory runs out.
            count: Images of the batch.

        Raises:
            RunError: One image at once does not fit.
        """
        start = 0
        while start < count:
            part = slice(start, min(start + self.at_once, count))
            result, is_made = _tried(function, part)
            if is_made:
                start = part.stop
                yield result  # type: ignore[misc]  # made, so not None
                continue
            free_memory()
            if part.stop - part.start == 1:
                raise out_of_memory(self._work)
            self.at_once = (part.stop - part.start) // 2


def free_memory() -> None:
    """Let go of what a pass that failed left behind, so that a smaller piece can have it."""
    # The frames of its error may hold one another.
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _tried(function: Callable[[slice], Result], part: slice) -> tuple[Result | None, bool]:
    """Return the result and True, or None and False when memory ran out; a frame of its own, so that nothing it held stays."""
    try:
        return function(part), True
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        return None, False
