"""`hearing`: values handed on the moment they are made, so that none has to be kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

from striate.errors import InputError, Quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a value can be had: what a module returns, or what it is given.

    Attributes:
        name: What the value is called by whoever listens.
        path: The module.
        turn: Which call of it within one pass, from 0.
        side: Its output ("after") or its input ("before").
    """

    name: str
    path: str
    turn: int = 0
    side: Literal["after", "before"] = "after"


@contextmanager
def hearing(
    module: nn.Module, sites: Sequence[Site], hear: Callable[[str, Tensor], None]
) -> Iterator[Callable[[], None]]:
    """Within the block, call `hear(name, value)` whenever a pass makes one of the values; no hook stays.

    Yields:
        What must be called before each pass, so that turns are counted anew.

    Raises:
        InputError: At a site that gives something else than a tensor, while a pass runs.

    When it misleads:
        The layer behind may write into the value afterwards: take from it what is needed at once.

    Example:
        >>> import torch
        >>> net, heard = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()), []
        >>> with hearing(net, [Site(name="map", path="0")], lambda name, value: heard.append((name, value.shape))) as begin:
        ...     begin()
        ...     _ = net(torch.zeros(1, 1, 8, 8))
        >>> heard, len(net[0]._forward_hooks)
        ([('map', torch.Size([1, 4, 6, 6]))], 0)
    """
    ears: list[_Ear] = []
    handles = []
    wanted: defaultdict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for site in sites:
        wanted[site.path, site.side][site.turn] = site.name
    try:
        for (path, side), turns in wanted.items():
            ear = _Ear(turns, hear, path)
            ears.append(ear)
            part = module.get_submodule(path)
            handles.append(
                part.register_forward_hook(ear.after) if side == "after" else part.register_forward_pre_hook(ear.before)
            )

        def begin() -> None:
            for ear in ears:
                ear.turn = -1

        yield begin
    finally:
        for handle in handles:
            handle.remove()


class _Ear:
    def __init__(self, turns: dict[int, str], hear: Callable[[str, Tensor], None], path: str) -> None:
        self._turns, self._hear, self._path, self.turn = turns, hear, path, -1

    def after(self, _module: nn.Module, _args: object, output: Any) -> None:  # noqa: ANN401 - a module returns anything
        self._take(output)

    def before(self, _module: nn.Module, args: tuple[Any, ...]) -> None:
        self._take(args[0] if args else None)

    def _take(self, value: object) -> None:
        self.turn += 1
        name = self._turns.get(self.turn)
        if name is None:
            return
        if not isinstance(value, Tensor):
            raise InputError("a value must be a tensor", got=Quoted(type(value).__name__), where=self._path)
        self._hear(name, value)
