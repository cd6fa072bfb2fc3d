"""What changes when a part of the image is covered."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.errors import Cancelled, InputError, Quoted, ShapeError
from striate.events import SILENT, Events, Task
from striate.explain.answers import meant, scores, taken, undisturbed
from striate.explain.cover import Pixels, both, mean_over_windows, positions, space, starts_of
from striate.explain.fills import Fill, fill_values
from striate.explain.method import method
from striate.explain.occlusion.patches import Places
from striate.explain.occlusion.planning import Chosen, choose
from striate.explain.occlusion.scene import Scene, by_phase
from striate.graph import times
from striate.nets import Network
from striate.records import Occlusion
from striate.records.occlusion_plan import OcclusionPlan, OcclusionWay


@method("Which parts of this image does the answer rest on?", section="methods/occlusion")
def occlusion(  # noqa: PLR0913 - where the window stands, what it shows, and how it is computed
    network: Network,
    images: Tensor,
    *,
    window_px: Pixels,
    stride_px: Pixels,
    fill: Fill = "background",
    way: OcclusionWay | None = None,
    batch_size: int | None = None,
    is_partial: bool = False,
    events: Events = SILENT,
) -> tuple[Occlusion, ...]:
    """Return how every output changes while a window covers each part of an image.

    A window slides over the image and is filled; each output is recorded with the window there. The
    first window stands at index 0, the last is cut at the border. A pixel that several windows
    cover gets the mean of their changes. All outputs come from the same passes.

    Where it pays, only what a window changes is computed again: each layer's values are carried as
    the box that differs from the clean image's, and the box grows from layer to layer as its
    neighbourhoods ask for. The result is that of whole passes, up to rounding. Which way is
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
            spread in each channel, drawn for each pixel, the same numbers every time; a value of
            the network's input; or one for each channel. Not neutral: see "When it misleads".
        way: "incremental", "dense" (whole passes, batch normalisation folded) or "module" (whole
            passes through the module); None: the quickest of those tried.
        batch_size: Windows at once. None: as many as suit the way and the memory.
        is_partial: Whether being cancelled returns what has been looked at instead of raising: windows
            that were not are NaN in `grid`, pixels that none of them covers NaN in `maps`. Windows
            go on a coarse grid first, so that what is there is spread over the image.
        events: Hears of the plan and how long it will take, then of each window.

    Returns:
        One record for each image, `sample` its place in the batch: `located` names the data set's.
        `grid` holds probabilities, or values on their own scale. `maps` is covered − clean: below
        zero where the output needs what was covered.

    Raises:
        InputError: `stride_px` above `window_px`; a window larger than the image; unusable images;
            a way that this network cannot go.
        UnknownNameError: A fill nobody knows.
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
        is updated; nothing is approximated.

    Cost:
        One forward pass for each position, `positions(shape, window_px, stride_px)`, and one for
        the clean image; for 7×7 with stride 3 on 28×28 that is 64 + 1. The incremental way takes
        `plan.bound` times fewer multiply-accumulates: for windows of 16 px on 224 px some 7 with
        VGG-16, 2.3 with ResNet-18, 1 where a gate sees the whole map (squeeze-and-excitation); and
        keeps every value of the clean image.

    Example:
        >>> from striate.nets import from_blueprint
        >>> from striate.blueprint import Blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
        >>> [seen] = occlusion(network, torch.zeros(1, 1, 8, 8), window_px=4, stride_px=2)
        >>> seen.grid.shape, seen.maps.shape, seen.plan.way
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
    counts = positions(shape, window, stride)
    starts = starts_of(counts, stride)
    task = Task("occlusion", total=len(inputs) * len(starts), unit="window", events=events)
    looks = _Looks(
        network, starts, window, fill, partial(choose, images=len(inputs), way=way, batch=batch_size), task, events
    )
    records: list[Occlusion] = []
    with undisturbed(network.module), torch.no_grad():
        for sample, image in enumerate(inputs):
            clean, rows = looks.look(image, is_partial=is_partial)
            grid = rows.reshape(*counts, -1)
            maps = mean_over_windows(grid.astype(np.float64) - clean, space(shape), window, stride)
            records.append(
                Occlusion(
                    sample=sample,
                    window_px=window,
                    stride_px=stride,
                    clean=clean,
                    grid=grid,
                    maps=maps,
                    plan=looks.plan,
                )
            )
            if looks.is_cancelled:
                break
    return tuple(records)


class _Looks:
    """Images looked at one after the other; with the first a plan is made."""

    def __init__(
        self,
        network: Network,
        starts: Places,
        window: tuple[int, ...],
        fill: Fill,
        plan: Callable[[Network, Scene, Places, float], Chosen],
        task: Task,
        events: Events,
    ) -> None:
        self._network, self._fill, self._choose, self._task, self._events = network, fill, plan, task, events
        # A line stands in the record as an image of one row, and has one axis in its network.
        axes = len(network.input_shape) - 1
        self._starts, self._window = starts[:, -axes:], window[-axes:]
        self._order = by_phase(self._starts)
        self._chosen: Chosen | None = None
        self.is_cancelled = False

    @property
    def plan(self) -> OcclusionPlan | None:
        """How they are looked at; None before the first."""
        return None if self._chosen is None else self._chosen.plan

    def look(self, image: Tensor, *, is_partial: bool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return an image's outputs, (k,), and those for each window, (windows, k); NaN where there was no time."""
        began = time.perf_counter()
        clean = self._answers(scores(self._network, image[None]))[0]
        clean_s = time.perf_counter() - began
        fill = fill_values(self._network, image, self._fill)
        scene = Scene(image=image, fill=fill, starts=self._starts, window=self._window)
        if self._chosen is None:
            self._chosen = self._choose(self._network, scene, self._order, clean_s)
            self._tell(self._chosen.plan)
        rows = np.full((len(self._order), len(clean)), np.nan, dtype=np.float32)
        try:
            for numbers, raw in self._chosen.answers(self._network, scene, self._order):
                rows[numbers] = self._answers(raw)
                self._task.advance(len(numbers))
        except Cancelled:
            if not is_partial:
                raise
            self.is_cancelled = True
        return clean, rows

    def _answers(self, raw: Tensor) -> NDArray[np.float32]:
        return np.asarray(meant(self._network, raw).float().cpu().numpy(), dtype=np.float32)

    def _tell(self, plan: OcclusionPlan) -> None:
        if plan.expected_s is not None:
            self._events.log(
                f"{plan.windows} windows an image, the {plan.way} way ({plan.reason}), {plan.batch} at once: "
                f"about {plan.expected_s:.1f} s an image"
            )
