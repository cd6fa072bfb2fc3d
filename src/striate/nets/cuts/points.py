"""The places at which a network can be cut and given a new end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal

from striate.analyse import cost
from striate.analyse.field.way import Way
from striate.errors import InputError, Quoted
from striate.graph import Graph, Op, size
from striate.nets.passages import live_ops, passages, place_order
from striate.records.adapting import CutPoint
from striate.trace import Recording

MOST = 12
END = "the end"
_WEIGHTED = frozenset({"linear", "conv"})
_PASSING = frozenset({"identity", "dropout", "droppath"})
# Path and turn of a module's call, and whether the value is what it returns or what it takes.
_Site = tuple[str, int, Literal["before", "after"]]


def cut_points(recording: Recording, *, most: int = MOST) -> tuple[CutPoint, ...]:
    """Return where a network can be cut, in depth order; the last is the end, before the output layer.

    A cut point is a value that every way from the input to the output goes through, that a module returns, and whose places
    can be averaged away. Of those between two layers with weights the last counts: behind the activation, and the pooling.
    If there are more than `most`, the outermost modules' ends come first; the rest is thinned evenly.

    Args:
        recording: The network's trace in eval mode, at two images at least.
        most: How many at most, at least 2.

    Raises:
        InputError: The network's scores do not come from a fully connected layer or convolution that is a module called once,
            so that no other can stand in its place.

    When it misleads:
        Networks of tokens (vision transformers) have few: a token is no place of the image. Branches cannot be cut one by
        one.

    Example:
        >>> from torch import nn
        >>> from striate.trace import trace
        >>> net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 8, 3), nn.Flatten(), nn.Linear(128, 2))
        >>> [(cut.name, cut.features, cut.macs) for cut in cut_points(trace(net, (2, 1, 8, 8)))]
        [('1', 4, 1296), ('the end', 128, 5904)]
    """
    if most < 2:
        raise InputError("most must be at least 2", got=most)
    depths = _Depths.of(recording)
    graph, last = recording.graph, _output_layer(recording, depths.live)
    way = Way.through(graph)
    through = passages(graph, depths.live)
    found: list[Op] = []
    for op in depths.live[: depths.live.index(last)]:
        reached = depths.macs[op.name]
        if op.name not in through or not reached or op.name not in recording.sites or _averaged(way, op) is None:
            continue
        if found and depths.macs[found[-1].name] == reached:
            found.pop()
        found.append(op)
    read = graph[last.inputs[0]]
    if found and depths.macs[found[-1].name] == depths.macs[read.name]:
        found.pop()
    points = [
        _point(depths, op, name=name, site=(*recording.sites[op.name], "after"), over=_averaged(way, op) or ())
        for name, op in _thinned([(_name(depths.live, recording, op), op) for op in found], most - 1)
    ]
    end = _point(depths, read, name=END, site=(*recording.sites[last.name], "before"), over=_averaged(way, read) or ())
    return (*points, end)


def point_at(recording: Recording, op: str, *, name: str, over: tuple[int, ...]) -> CutPoint:
    """Return the cut at an op's value, whether or not every way goes through it; `cut_at` checks that the network runs up to it.

    It lies where a module returns the value, or takes it; what changes no value in eval mode is looked past.

    Args:
        recording: The network's trace in eval mode.
        op: Name of the op.
        name: What the cut is called.
        over: Axes to average over.

    Raises:
        InputError: No module returns the value or takes it.

    Example:
        >>> from torch import nn
        >>> from striate.trace import trace
        >>> net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 2))
        >>> cut = point_at(trace(net, (2, 1, 8, 8)), "1", name="relu1", over=(2, 3))
        >>> cut.path, cut.side, cut.features, cut.macs
        ('1', 'after', 4, 1296)
    """
    found, site = _site(recording, op)
    return _point(_Depths.of(recording), recording.graph[found], name=name, site=site, over=over)


def _site(recording: Recording, op: str) -> tuple[str, _Site]:
    """Return an op with this value, and the call of a module that returns or takes it."""
    if op in recording.sites:
        return op, (*recording.sites[op], "after")
    wanted = op
    for reader in recording.graph:
        if tuple(reader.inputs) != (op,):
            continue
        if reader.name in recording.sites:
            return op, (*recording.sites[reader.name], "before")
        if reader.kind in _PASSING:
            op = reader.name
    raise InputError("a cut must be where a module begins or ends", got=wanted)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Depths:
    """What it takes to get as far as each op, for one image."""

    graph: Graph
    live: Sequence[Op]
    macs: Mapping[str, int]
    parameters: Mapping[str, int]
    total: int

    @classmethod
    def of(cls, recording: Recording) -> _Depths:
        graph = recording.graph
        table = cost(graph)
        names = [op.name for op in graph]
        macs = accumulate(table.ops[name].macs // graph.conditions.batch for name in names)
        parameters = accumulate(table.ops[name].params for name in names)
        return cls(
            graph=graph,
            live=live_ops(graph),
            macs=dict(zip(names, macs, strict=True)),
            parameters=dict(zip(names, parameters, strict=True)),
            total=table.total.macs // graph.conditions.batch,
        )


def _output_layer(recording: Recording, live: Sequence[Op]) -> Op:
    """Return the op of the last layer with weights."""
    through = passages(recording.graph, live)
    last = next((op for op in reversed(live) if op.kind in _WEIGHTED), None)
    site = recording.sites.get(last.name) if last is not None else None
    if last is None or last.name not in through or site is None or _is_called_again(recording, site[0]):
        raise InputError(
            "a network must end in a fully connected layer or convolution that is a module called once",
            got=Quoted(last.name if last is not None else "neither of them"),
            hint="Make its last layer an nn.Linear of its own.",
        )
    return last


def _is_called_again(recording: Recording, path: str) -> bool:
    return sum(site[0] == path for site in recording.sites.values()) > 1


def _averaged(way: Way, op: Op) -> tuple[int, ...] | None:
    """Return the axes to average over: those of space; none for a row of features; None if places are not so kept."""
    if len(op.shape) == 2:
        return ()
    order = place_order(way, op)
    if order is not None:
        return tuple(sorted(order[2:]))
    is_row = len(op.shape) > 2 and size(op.shape[2:]) == 1
    return tuple(range(2, len(op.shape))) if is_row else None


def _name(live: Sequence[Op], recording: Recording, op: Op) -> str:
    """Return the outermost module that ends at an op: the first prefix of its path that nothing later is in."""
    later = live[live.index(op) + 1 :]
    parts = recording.sites[op.name][0].split(".")
    for depth in range(1, len(parts)):
        prefix = ".".join(parts[:depth])
        if not any(one.path == prefix or one.path.startswith(f"{prefix}.") for one in later):
            return prefix
    return ".".join(parts)


def _thinned(found: list[tuple[str, Op]], most: int) -> list[tuple[str, Op]]:
    """Return at most so many, outermost modules first, the deepest level that does not fit thinned evenly."""
    levels = sorted({name.count(".") for name, _ in found})
    kept: list[int] = []
    for level in levels:
        own = [place for place, (name, _) in enumerate(found) if name.count(".") == level]
        room = most - len(kept)
        if len(own) > room:
            own = [own[(2 * n + 1) * len(own) // (2 * room)] for n in range(room)] if room else []
        kept += own
    return [found[place] for place in sorted(kept)]


def _point(depths: _Depths, op: Op, *, name: str, site: _Site, over: tuple[int, ...]) -> CutPoint:
    path, turn, side = site
    return CutPoint(
        name=name,
        op=op.name,
        path=path,
        turn=turn,
        side=side,
        over=over,
        shape=op.shape[1:],
        features=size(tuple(length for axis, length in enumerate(op.shape) if axis and axis not in over)),
        macs=depths.macs[op.name],
        parameters=depths.parameters[op.name],
        macs_share=depths.macs[op.name] / depths.total if depths.total else 0.0,
    )
