"""What changes when a part of the image is covered."""

from __future__ import annotations

from math import ceil, prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import InputError, Quoted, ShapeError
from striate.events import SILENT, Events, Task
from striate.explain.answers import taken, undisturbed
from striate.explain.cover import Pixels, both, positions, space, starts_of
from striate.explain.fills import Fill
from striate.explain.method import method
from striate.explain.occlusion.chosen import Ask
from striate.explain.occlusion.looking import Grid, Looks
from striate.explain.occlusion.output_maps import OutputMaps
from striate.explain.occlusion.refining import finer
from striate.explain.occlusion.routes import Numbers
from striate.explain.occlusion.scene import by_phase, scene_of
from striate.graph import times
from striate.nets import Network
from striate.numbers import capital, count, plural
from striate.records import Occlusion
from striate.records.occlusion_plan import Approximation, OcclusionRoute

# What all windows of all images answer: the records hold it together, until they are let go.
MOST_GRID_BYTES = 2**32
# Who runs a command and stops it gets nothing.
_KEEPS = "in Python is_partial=True keeps what was seen when it is stopped"


@method("Which parts of this image does the answer rest on?", section="methods/occlusion")
def occlusion(  # noqa: PLR0913 - where the window stands, what it shows, and how it is computed
    network: Network,
    images: Tensor,
    *,
    window_px: Pixels,
    stride_px: Pixels,
    fill: Fill = "background",
    route: OcclusionRoute | None = None,
    batch_size: int | None = None,
    refined: float = 1.0,
    approximation: Approximation | None = None,
    is_partial: bool = False,
    events: Events = SILENT,
) -> tuple[Occlusion, ...]:
    """Return how every output changes while a window covers each part of an image.

    A window slides over the image and is filled; each output is recorded with the window there. The
    first window stands at index 0, the last is cut at the border. A pixel that several windows
    cover gets the mean of their changes. All outputs come from the same passes.

    Where it pays, only what a window changes is computed again: each layer's values are carried as
    the box that differs from the clean image's, and the box grows from layer to layer as its
    neighbourhoods ask for. The result is that of whole passes, up to rounding. Which route is
    quickest is tried on a few windows first; the record's `plan` says what was found.

    Args:
        network: Classes, labels or values.
        images: Preprocessed, (n, c, h, w) or (n, c, d, h, w); (n, c, length) is taken as images of
            one row.
        window_px: Side of the window, or one for each axis (height, width). Input pixels. One
            number for a line.
        stride_px: Step, or one for each axis (down, right). Input pixels; at most the window.
        fill: "background": the commonest value of a one-channel image, else the channel mean;
            "grey": half of the stored scale; "mean": the channel mean; "image mean": each channel's
            mean over this image; "blur": the image out of focus; "noise": the image's mean and
            spread in each channel, drawn for each pixel, the same numbers every time; "inpainted":
            the smooth surface that goes on from the pixels around (needs scikit-image; some ms a
            window); a value of the network's input; or one for each channel. Not neutral: see
            "When it misleads".
        route: "incremental", "dense" (whole passes, batch normalisation folded) or "module" (whole
            passes through the module); None: the quickest of those tried.
        batch_size: Windows at once. None: as many as suit the route and the memory.
        refined: Share of the windows that are looked at once it is known where something changes.
            Below 1, windows first stand about a window apart; of the others, this share is looked
            at, those nearest to where any output changed most. The rest is NaN in `grid`; each
            pixel of `maps` is the mean over the windows that were looked at, one at least.
        approximation: What may be left out to be quicker; the record's `error` says what that is
            wrong by, on 8 windows that go through the module too. None: nothing.
        is_partial: Whether being cancelled returns what has been looked at instead of raising: windows
            that were not are NaN in `grid`, pixels that none of them covers NaN in `maps`. Windows
            go on a coarse grid first, so that what is there is spread over the image.
        events: Hears of the plan and how long it will take, then of each window.

    Returns:
        One record for each image, `sample` its place in the batch: `located` names the data set's.
        `grid` holds probabilities, or values on their own scale. `maps` is covered − clean: below
        zero where the output needs what was covered; each is made when it is asked for.

    Raises:
        InputError: `stride_px` above `window_px`; a window larger than the image; more windows, of
            all images together, than there is room for their answers (4 GiB of windows × outputs ×
            4 bytes); unusable images; a route that this network cannot take, or by which its scores
            are others; an approximation by another route.
        UnknownNameError: A fill nobody knows.
        MissingExtraError: "inpainted" without scikit-image.
        Cancelled: The watcher asked to stop, and not `is_partial`.

    When it misleads:
        A filled square is itself evidence: its edges are strokes. Try two fills. An object larger
        than the window survives each covering, so that nothing seems to matter. Sure answers hide
        changes: a probability of 0.9999 can lose most of its score without moving.

    Source:
        Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, sec. 4.2.
        Differs: every output, not the true class alone; windows may overlap and are averaged for
        each pixel, with the window cut at the border, as Captum does (sign reversed). The boxes are
        after Nakandala, Kumar & Papakonstantinou, "Incremental and Approximate Inference for Faster
        Occlusion-based Deep CNN Explanations", SIGMOD 2019, sec. 4. Differs: read from any network's
        recorded calls; windows that agree on the layers' steps go together; the mean over the map
        is updated; nothing is approximated unless asked for. `Approximation.kept` is their
        threshold τ of section 5, `refined` their adaptive drill-down.

    Cost:
        One forward pass for each position, `positions(shape, window_px, stride_px)`, and one for
        the clean image; for 7×7 with stride 3 on 28×28 that is 64 + 1. The incremental route takes
        `plan.bound` times fewer multiply-accumulates: for windows of 16 px on 224 px some 7 with
        VGG-16, 2.3 with ResNet-18, 1 where a gate sees the whole map (squeeze-and-excitation); and
        keeps every value of the clean image.

    Example:
        >>> from striate.nets import from_blueprint
        >>> from striate.blueprint import Blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> [seen] = occlusion(network, torch.zeros(1, 1, 8, 8), window_px=4, stride_px=2)
        >>> seen.grid.shape, seen.maps.shape, seen.plan.route
        ((3, 3, 3), (3, 8, 8), 'module')
    """
    shape = tuple(images.shape[1:])
    inputs = taken(network, images, axes=(1, 2, 3))
    if len(shape) != len(network.input_shape):
        raise ShapeError(
            f"images must have as many axes as the network's input, {times(network.input_shape)}",
            got=Quoted(times(shape)),
        )
    window, stride = both(shape, window_px, stride_px)
    if batch_size is not None and batch_size < 1:
        raise InputError("batch_size must be at least 1", got=batch_size)
    if not 0 <= refined <= 1:
        raise InputError("refined must be a share, 0 … 1", got=refined)
    if approximation is not None and not 0 < approximation.kept <= 1:
        raise InputError("kept must be a share above 0, at most 1", got=approximation.kept)
    if approximation is not None and route not in (None, "incremental"):
        raise InputError("an approximation must take the incremental route", got=route)
    grid = Grid(counts=positions(shape, window, stride), window=window, stride=stride, refined=refined)
    ask = Ask(images=len(inputs), windows=grid.looked_at, route=route, batch=batch_size, approximation=approximation)
    _check_room(grid, len(inputs), network.output.count, shape)
    task = Task("occlusion", total=len(inputs) * grid.looked_at, unit="window", events=events)
    looks = Looks(network, ask, task, events, quicker=_quicker(grid, shape))
    # A line stands in the record as an image of one row, and has one axis in its network.
    axes = len(network.input_shape) - 1
    starts = starts_of(grid.counts, grid.stride)[:, -axes:]

    def ordered(numbers: Numbers) -> Numbers:
        return numbers[by_phase(starts[numbers])]

    def more(changes: NDArray[np.floating]) -> Numbers:
        return ordered(finer(grid.counts, window, stride, changes, refined))

    first = ordered(grid.first)
    records: list[Occlusion] = []
    with undisturbed(network.module), torch.no_grad():
        for sample, image in enumerate(inputs):
            scene = scene_of(network, image, fill, starts, window[-axes:])
            seen = looks.look(scene, len(starts), first, more=more if refined < 1 else None, is_partial=is_partial)
            rows, looked = seen.rows.reshape(*grid.counts, -1), seen.looked.reshape(grid.counts)
            records.append(
                Occlusion(
                    sample=sample,
                    window_px=window,
                    stride_px=stride,
                    clean=seen.clean,
                    grid=rows,
                    maps=OutputMaps(rows, seen.clean, space(shape), window, stride, looked),
                    looked=looked,
                    plan=seen.plan,
                    error=seen.error,
                )
            )
            if seen.is_cancelled:
                break
    return tuple(records)


def _check_room(grid: Grid, images: int, outputs: int, shape: tuple[int, ...]) -> None:
    """Refuse more answers, of all images together, than there is room for; say what fits."""
    windows = prod(grid.counts)
    one = windows * outputs * 4
    if images * one <= MOST_GRID_BYTES:
        return
    cures = []
    if step := _step_that_fits(grid, shape, MOST_GRID_BYTES // (4 * outputs * images)):
        cures.append(f"take stride_px={step} (in the command --set stride={step})")
    if fitting := MOST_GRID_BYTES // one:
        cures.append(f"ask about {plural(fitting, 'image')} at a time")
    said = f"{count(images)} images × " if images > 1 else ""
    raise InputError(
        "the answers of all windows must fit into 4 GiB",
        got=Quoted(f"{said}{count(windows)} windows × {count(outputs)} outputs"),
        hint=capital(", or ".join(cures or ["take larger windows and steps"])) + ".",
    )


def _step_that_fits(grid: Grid, shape: tuple[int, ...], most: int) -> int | None:
    """Return a larger step by which no more than so many windows of an image are left; None if none is."""
    axes = sum(places > 1 for places in grid.counts) or 1
    guess = ceil(max(grid.stride) * (prod(grid.counts) / max(1, most)) ** (1 / axes)) + 1
    # Windows at the border make more of them than the guess: the first step that does is looked for.
    for step in range(min(guess, _widest(grid, shape)), _widest(grid, shape) + 1):
        if prod(positions(shape, grid.window, step)) <= most:
            return step
    return None


def _widest(grid: Grid, shape: tuple[int, ...]) -> int:
    """Return the largest step, one for all axes, that leaves no pixel uncovered; a line has one axis."""
    return min(grid.window[-(len(shape) - 1) :])


def _quicker(grid: Grid, shape: tuple[int, ...]) -> str:
    """Return what is told beside a plan of minutes: what would be quicker, and by how much."""
    step = _widest(grid, shape)
    fewer = prod(grid.counts) / prod(positions(shape, grid.window, step))
    if fewer <= 1:
        return _KEEPS
    return (
        f"stride_px={step} is about {fewer:.0f} times quicker, refined=0.1 up to 10 times "
        f"(in the command --set stride={step}, --set refined=0.1); {_KEEPS}"
    )
