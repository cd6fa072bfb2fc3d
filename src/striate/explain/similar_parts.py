"""Which part of a picture makes it similar to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError
from striate.events import SILENT, Events, Task
from striate.explain.answers import taken, undisturbed
from striate.explain.cover import Pixels, both, covered, mean_over_windows, positions, starts_of
from striate.explain.fills import Fill, fill_values
from striate.explain.method import method
from striate.features.neighbours.nearest import check_queries, distances
from striate.features.neighbours.query import Vectoriser
from striate.nets import Network
from striate.records.neighbours import Metric, SimilarityMap
from striate.records.vectors import VectorLayer, VectorSpec

# Windows at once: the network itself takes a store's batch of them.
_AT_ONCE = 64
_FEW = 10


@method("Which part of this picture makes it similar to that one?", section="methods/similar-parts")
def similar_parts(  # noqa: PLR0913 - two pictures, and how they are compared
    network: Network,
    spec: VectorSpec,
    layer: VectorLayer,
    one: Tensor,
    other: Tensor,
    *,
    metric: Metric = "cosine",
    others: Sequence[Tensor] = (),
    window_px: Pixels | None = None,
    stride_px: Pixels | None = None,
    fill: Fill = "background",
    events: Events = SILENT,
) -> tuple[SimilarityMap, SimilarityMap]:
    """Return what covering each part of either picture takes from their similarity, the other left as it is.

    A window slides over one picture and is filled; the vector is made anew, and its similarity with the other picture's
    vector is recorded with the window there. The same for the other. A pixel that several windows cover gets the mean of
    their drops.

    Args:
        network: The network; it is not entered, a copy of it is.
        spec: How vectors are made of it (`plan_vectors`, or a store's).
        layer: Whose vectors, one of `spec.layers`.
        one: A picture, prepared, (c, h, w); (c, length) is taken as a picture of one row.
        other: Another, likewise.
        metric: What similarity means: the cosine, or the negative Euclidean distance.
        others: Further pictures, in which the windows that matter most to their similarity with the picture that is left as
            it is are looked for in the same way: the measure of what stands in the middle of any picture. Without them
            `share_elsewhere` is None.
        window_px: Side of the window, or (height, width); a quarter of the sides if left out.
        stride_px: Step, or (down, right); half of the window if left out.
        fill: As in `occlusion`.
        events: Hears of each window; may cancel.

    Returns:
        A record for each of the two. `grid` holds similarities; `drop` is clean − covered: above zero where the similarity needs
        what was covered.

    Raises:
        InputError: A window larger than the picture; a store of averaged corners ("crops"), whose inputs are no pictures;
            a vector that is not finite.
        ShapeError: Pictures of another shape than the network's.
        UnknownNameError: A fill nobody knows.
        Cancelled: The watcher asked to stop.

    When it misleads:
        A filled square is itself evidence, and may be similar to a square in the other picture: try two fills. What stands in
        both pictures twice survives each covering. A drop says what the similarity rests on, not what is equal: a part that
        nothing else has in the store may matter less than a common one. Where `share` is no more than `share_elsewhere`, the
        map shows where pictures have their thing, not what these two share.

    Source:
        Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, sections 4.2 and 4.3. Differs: what
        is watched is the similarity of two vectors, not a class.

    Cost:
        One pass for each window and picture, and one for each clean picture: with 4 others 6 · 49 windows of a quarter where 8
        divides the sides.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.features.extraction import plan_vectors
        >>> from striate.nets import load_network
        >>> network = load_network(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; globalavgpool; classes 3"))
        >>> plan = plan_vectors(network)
        >>> one, other = torch.rand(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
        >>> on_one, on_other = similar_parts(network, plan, plan.layers[0], one, other)
        >>> on_one.window_px, on_one.grid.shape, on_other.drop.shape
        ((2, 2), (7, 7), (8, 8))
    """
    if spec.views == "crops":
        raise InputError(
            "vectors must be of whole pictures to be explained",
            got=spec.views,
            hint="Extract into another store with --views centre or flips.",
        )
    shape = network.input_shape
    pictures = [taken(network, picture[None])[0] for picture in (one, other, *others)]
    window = _default(shape, 4) if window_px is None else window_px
    window, stride = both(shape, window, stride_px if stride_px is not None else _half(window))
    with undisturbed(network.module):
        make = Vectoriser(network, spec, layer)
        clean = make(torch.stack([_views(picture, spec) for picture in pictures]))
        check_queries(clean[:2], metric)
        windows = prod(positions(shape, window, stride))
        task = Task("similarity", total=windows * len(pictures), unit="window", events=events)
        look = partial(
            _look, network=network, spec=spec, make=make, metric=metric, window=window, stride=stride, fill=fill,
            task=task,
        )  # fmt: skip
        [on_one], [on_other] = look(pictures[0], clean[1:2], clean[0]), look(pictures[1], clean[:1], clean[1])
        elsewhere = [look(picture, clean[:2], own) for picture, own in zip(pictures[2:], clean[2:], strict=True)]
    return _beside(on_one, [on for _, on in elsewhere]), _beside(on_other, [on for on, _ in elsewhere])


def _look(  # noqa: PLR0913 - one picture with everything that covers it
    picture: Tensor,
    aims: NDArray[np.float32],
    own: NDArray[np.float32],
    *,
    network: Network,
    spec: VectorSpec,
    make: Vectoriser,
    metric: Metric,
    window: tuple[int, ...],
    stride: tuple[int, ...],
    fill: Fill,
    task: Task,
) -> list[SimilarityMap]:
    """Return the similarity of a picture with each of `aims` while a window covers each part of it."""
    plane = picture if picture.ndim == 3 else picture[:, None]
    counts = positions(tuple(picture.shape), window, stride)
    value, starts = fill_values(network, plane, fill), starts_of(counts, stride)
    found = []
    for begin in range(0, len(starts), _AT_ONCE):
        part = starts[begin : begin + _AT_ONCE]
        hidden = covered(plane, value, part, window)
        made = make(torch.stack([_views(one, spec) for one in hidden.reshape(-1, *picture.shape)]))
        found.append([similarities(made, aim, metric) for aim in aims])
        task.advance(len(part))
    grids = np.concatenate(found, axis=1).reshape(-1, *counts)
    sides = (plane.shape[-2], plane.shape[-1])
    return [_map(grid, own, aim, metric, sides, window, stride) for grid, aim in zip(grids, aims, strict=True)]


def _map(
    grid: NDArray[np.float64],
    own: NDArray[np.float32],
    aim: NDArray[np.float32],
    metric: Metric,
    sides: tuple[int, int],
    window: tuple[int, ...],
    stride: tuple[int, ...],
) -> SimilarityMap:
    clean = float(similarities(own[None], aim, metric)[0])
    few = few_of(grid.size)
    return SimilarityMap(
        window_px=window,
        stride_px=stride,
        clean=clean,
        grid=grid.astype(np.float32),
        drop=mean_over_windows((clean - grid)[..., None], sides, window, stride)[0],
        few=few,
        share=share_on(clean - grid, strongest(clean - grid, few)),
    )


def similarities(rows: NDArray[np.float32], aim: NDArray[np.float32], metric: Metric) -> NDArray[np.float64]:
    """Return the cosine of each row with a vector, or the negative distance."""
    far = distances(rows, aim, metric)
    return 1 - far if metric == "cosine" else -far


def few_of(count: int) -> int:
    """Return how many windows a tenth of them is, at least one."""
    return max(1, round(count / _FEW))


def strongest(drop: NDArray[np.floating], few: int) -> NDArray[np.int64]:
    """Return the places, row by row, of the windows that take most; of equal ones the first."""
    return np.argsort(-drop, axis=None, kind="stable")[:few]


def share_on(drop: NDArray[np.floating], places: NDArray[np.int64]) -> float | None:
    """Return which share of all that windows take away some of them take; None if none takes anything.

    Example:
        >>> share_on(np.array([[3.0, -1.0], [1.0, 0.0]]), np.array([0]))
        0.75
    """
    taken_away = np.maximum(drop, 0).ravel().astype(np.float64)
    total = float(taken_away.sum())
    return float(taken_away[places].sum()) / total if total > 0 else None


def _beside(found: SimilarityMap, elsewhere: Sequence[SimilarityMap]) -> SimilarityMap:
    """Return a map with what the windows take that are strongest in other pictures."""
    own = found.clean - np.asarray(found.grid, np.float64)
    shares = [share_on(own, strongest(one.clean - np.asarray(one.grid, np.float64), found.few)) for one in elsewhere]
    held = [share for share in shares if share is not None]
    return replace(found, share_elsewhere=float(np.mean(held)) if held else None, others=len(elsewhere))


def _views(picture: Tensor, spec: VectorSpec) -> Tensor:
    return torch.stack([picture, picture.flip(-1)]) if spec.views == "flips" else picture[None]


def _default(shape: tuple[int, ...], part: int) -> tuple[int, int]:
    height, width = (1, shape[-1]) if len(shape) == 2 else (shape[-2], shape[-1])
    return max(1, height // part), max(1, width // part)


def _half(window: Pixels) -> Pixels:
    if isinstance(window, int):
        return max(1, window // 2)
    return max(1, window[0] // 2), max(1, window[1] // 2)
