"""Images of any size in tiles, with the pixels around each that its positions see: the same maps, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import ceil, floor, prod

from torch import Tensor

from striate.errors import InputError, Quoted
from striate.events import SILENT, Events, track
from striate.graph import DTYPE_BYTES, Graph, times
from striate.nets.dense.crops import Reader
from striate.nets.dense.network import Box, DenseNetwork
from striate.records.dense import TilePlan

# Positions, and pixels read for them, each (first, last + 1).
_Span = tuple[tuple[int, int], tuple[int, int]]


def plan_tiles(dense: DenseNetwork, size_px: tuple[int, ...], tile_px: int, *, held_bytes: int = 0) -> TilePlan:
    """Return how an image is cut into tiles.

    A tile makes the positions of `tile_px` pixels per axis, and reads what they see beside: half the receptive field on each
    side. It begins at a multiple of the network's stride and ends where the rest is one, so that windows of all layers stand as
    they do on the whole image; zeros are added at the image's own border alone.

    Args:
        dense: Any dense network, finer ones too.
        size_px: Size of the image.
        tile_px: Side of a tile without what it reads beside.
        held_bytes: Memory of image and maps, added to what the plan tells.

    Raises:
        InputError: Tiles are smaller than the stride; or nobody knows how far a position sees.

    When it misleads:
        Where something on the way looks at the whole map (`Conversion.global_at`), a tile is not the whole: the maps differ. The
        peak leaves out what torch takes inside one operation.

    Example:
        >>> from torch import nn
        >>> from striate.nets.dense.convert import dense
        >>> net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 4 * 4, 2))
        >>> plan = plan_tiles(dense(net, (1, 8, 8)), (8, 32), 8)
        >>> [tile[1] for tile in plan.tiles]   # positions, pixels: 10 are seen, 2 apart, from one before the border on
        [((0, 4), (0, 16)), ((4, 8), (6, 24)), ((8, 12), (14, 32)), ((12, 13), (22, 32))]
    """
    if not dense.conversion.field_px:
        raise InputError(
            "an image must be done as a whole where nobody knows how far a position sees",
            got=Quoted(dense.conversion.unknown_at or "a field without a rule"),
            hint="Use crops, which are exact.",
        )
    if any(tile_px < step for step in dense.conversion.stride_px):
        raise InputError(
            f"a tile must be at least as large as the stride, {times(dense.conversion.stride_px)}", got=tile_px
        )
    counts = dense.positions(size_px)
    axes = [list(_spans(dense, axis, counts[axis], size_px[axis], tile_px)) for axis in range(len(counts))]
    tiles = tuple(product(*axes))
    read = sum(prod(last - first for _, (first, last) in tile) for tile in tiles)
    largest = max(tiles, key=lambda tile: prod(last - first for _, (first, last) in tile))
    return TilePlan(
        positions=counts,
        tiles=tiles,
        size_px=size_px,
        overhead=read / prod(size_px),
        peak_bytes=held_bytes + peak_bytes(dense, tuple(last - first for _, (first, last) in largest)),
    )


def tiled_maps(
    dense: DenseNetwork, read: Reader, plan: TilePlan, events: Events = SILENT
) -> Iterator[tuple[Box, Tensor]]:
    """Yield the maps tile by tile: the box of positions, and maps (1, outputs, …) there; one tile is held at a time."""
    for tile in track(plan.tiles, "tiles", total=len(plan.tiles), unit="tile", events=events):
        maps = dense.maps(read(tuple(pixels for _, pixels in tile)))
        for axis, ((first, last), (start, _)) in enumerate(tile):
            offset = first - start // dense.stride_px[axis]
            maps = maps.narrow(axis + 2, offset, last - first)
        yield tuple(positions for positions, _ in tile), maps


def peak_bytes(dense: DenseNetwork, size_px: tuple[int, ...]) -> int:
    """Return the memory one image of a size takes on its way to the last map, values that lie in one memory counted twice."""
    shape = (dense.conversion.input_shape[0], *size_px)
    graph = dense.trunk.recorded(dense.network, shape).graph
    return _peak(graph, dense.trunk.op) // graph.conditions.batch


def _spans(dense: DenseNetwork, axis: int, count: int, size: int, tile_px: int) -> Iterator[_Span]:
    """Yield the tiles along one axis."""
    step, whole = dense.stride_px[axis], dense.conversion.stride_px[axis]
    half = (dense.conversion.field_px[axis] - 1) / 2
    least = dense.conversion.input_shape[1 + axis]
    # At least the crop, of which a position may see only the inner part.
    low = min(floor(dense.conversion.centre_px[axis] - half), 0)
    high = max(ceil(dense.conversion.centre_px[axis] + half) + 1, least)
    at_once = max(tile_px // whole * (whole // step), 1)
    for first in range(0, count, at_once):
        last = min(first + at_once, count)
        start = max((first * step + low) // whole * whole, 0)
        end = size
        if last < count:
            needed = max((last - 1) * step + high, start + least)
            end = min(needed + (size - needed) % whole, size)
        while end - start < least and start > 0:
            start -= whole
        yield (first, last), (max(start, 0), end)


def _peak(graph: Graph, until: str) -> int:
    """Return the most memory held at once up to an op."""
    sizes = {name: graph.conditions.input_bytes(name) for name in graph.conditions.inputs}
    last: dict[str, int] = dict.fromkeys(sizes, 0)
    for number, op in enumerate(graph):
        sizes[op.name] = op.elements * DTYPE_BYTES[op.dtype]
        for name in (*op.inputs, op.name):
            last[name] = number
        if op.name == until:
            break
    held = sum(sizes[name] for name in graph.conditions.inputs)
    most = held
    for number, op in enumerate(graph):
        held += sizes[op.name]
        most = max(most, held)
        if op.name == until:
            break
        held -= sum(sizes[name] for name in {*op.inputs, op.name} if last[name] == number)
    return most
