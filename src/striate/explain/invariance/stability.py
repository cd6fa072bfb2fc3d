"""How many answers change when images are shifted by a pixel, mirrored, turned, scaled or lit otherwise."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from striate.data import Dataset, batches
from striate.errors import InputError, Quoted, ShapeError
from striate.events import SILENT, Events, Task
from striate.explain.answers import answers, fitting, on_scale, scores, taken, undisturbed
from striate.explain.invariance.changes import Change, Changing, usual_changes
from striate.explain.method import method
from striate.graph import times
from striate.nets import Network
from striate.records import Stability, Steadiness, wilson


@method("How many answers change when an image is shifted by one pixel?", section="methods/stability")
def stability(
    network: Network,
    dataset: Dataset,
    indices: Sequence[int],
    *,
    changes: Sequence[Change] | None = None,
    events: Events = SILENT,
) -> Stability:
    """Return how many answers change with the image, for several changes that leave its content as it is.

    Shifts go to all eight neighbours, turns and scales both ways. What becomes free at a border is filled with the border's own
    pixels, so that nothing new enters. An image counts as changed if one direction changes its answer.

    Args:
        network: A classifier of images; left as it came.
        dataset: Data with the network's classes.
        indices: Held-out samples.
        changes: What is tried; `usual_changes` if left out.
        events: Hears of each image; may cancel.

    Returns:
        For each change the images whose answer differs, with Wilson's interval, the share of all answers that differ, the
        accuracy then, and how far the answer's probability moves.

    Raises:
        InputError: A network that does not answer with one class; no changes; one that gives images of another shape.
        ShapeError: A network that reads no images.
        Cancelled: The watcher asked to stop.

    When it misleads:
        A 6 turned by 90° is no 6, a mirrored 3 no 3: there an answer has to change. One pixel is much for an image of eight. An
        image near the border between two classes may change by right; that is why the share is held against the mistakes. Scores
        that are no finite numbers count as wrong and as changed.

    Source:
        Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML 2019 (consistency); Azulay and Weiss, "Why do deep
        convolutional networks generalize so poorly to small image transformations?", JMLR 2019. Differs: all eight neighbours of
        every image instead of random pairs, and the border repeated.

    Cost:
        One forward pass for each image and direction: 38 for square images of 28 pixels.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.data import load_data
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x28x28; conv 5x5 4, relu; classes 10"))
        >>> found = stability(network, load_data("digits"), range(0, 5000, 1000))
        >>> found.images, found.rows[0].change, found.rows[0].directions
        (5, 'shift by 1 px', 8)
    """
    chosen = tuple(int(index) for index in indices)
    _check(network)
    tried = tuple(usual_changes((network.input_shape[1], network.input_shape[2])) if changes is None else changes)
    if not tried:
        raise InputError("stability must be asked of at least one change", got=0)
    task = Task("changing images", total=len(chosen), unit="image", events=events)
    counts = [_Count() for _ in tried]
    right = 0
    with undisturbed(network.module), torch.no_grad():
        for batch in batches(
            dataset, chosen, network.preprocessing, batch_size=fitting(torch.zeros(network.input_shape))
        ):
            images = taken(network, batch.images)
            truth = batch.targets.to(images.device)
            first = scores(network, images)
            right += int((answers(first) == truth).sum())
            for change, count in zip(tried, counts, strict=True):
                count.add(first, truth, [_after(network, images, change, way) for way in change.directions])
            task.advance(len(images))
    total = len(chosen)
    return Stability(
        images=total,
        accuracy=right / total if total else None,
        side_px=min(network.input_shape[1:]),
        rows=tuple(count.row(change, total) for change, count in zip(tried, counts, strict=True)),
    )


def _check(network: Network) -> None:
    if network.output.kind != "classes":
        raise InputError("a network must answer with one class", got=Quoted(network.output.kind))
    if len(network.input_shape) != 3:
        raise ShapeError("a network must read images, (c, h, w)", got=Quoted(times(network.input_shape)))


def changed_inputs(network: Network, images: Tensor, change: Change, way: Changing) -> Tensor:
    """Return inputs after one direction of a change; light changes on the stored scale.

    Raises:
        InputError: A change that gives images of another shape.
    """
    if not change.is_light:
        found = way(images)
        if found.shape != images.shape:
            raise InputError(
                "a change must leave images their shape",
                got=Quoted(f"{times(tuple(found.shape[1:]))} of {times(tuple(images.shape[1:]))}"),
                where=change.name,
                hint="Quarter turns are for square images.",
            )
        return found
    how = network.preprocessing
    mean, std = (images.new_tensor(part).view(1, -1, 1, 1) for part in (how.mean, how.std))
    return (way(on_scale(network, images)) - mean) / std


def _after(network: Network, images: Tensor, change: Change, way: Changing) -> Tensor:
    return scores(network, changed_inputs(network, images, change, way))


def _probability(raw: Tensor, answer: Tensor) -> Tensor:
    """Return the probability of each answer by scores (n, k); 0 where there is none."""
    found = raw.softmax(1).gather(1, answer.clamp(min=0)[:, None])[:, 0]
    return torch.where((answers(raw) >= 0) & (answer >= 0), found, 0.0)


class _Count:
    """What one change did so far."""

    def __init__(self) -> None:
        self.images, self.answers, self.right, self.moved = 0, 0, 0, 0.0

    def add(self, first: Tensor, truth: Tensor, after: list[Tensor]) -> None:
        """Take in scores (n, k) as the images are, and for each direction those after the change."""
        answer = answers(first)
        # Who does not answer is not steady.
        differs = torch.stack([(answers(found) != answer) | (answer < 0) for found in after])
        self.images += int(differs.any(0).sum())
        self.answers += int(differs.sum())
        self.right += sum(int((answers(found) == truth).sum()) for found in after)
        own = _probability(first, answer)
        self.moved += sum(float((_probability(found, answer) - own).abs().sum()) for found in after)

    def row(self, change: Change, total: int) -> Steadiness:
        """Return the figures over so many images."""
        trials = max(1, total * len(change.directions))
        return Steadiness(
            change=change.name,
            images=total,
            directions=len(change.directions),
            changed=self.images,
            interval=wilson(self.images / total, total) if total else (0.0, 1.0),
            mean_changed=self.answers / trials,
            accuracy=self.right / trials if total else None,
            probability_shift=self.moved / trials,
        )
