"""Images that are asked about together: prepared, answered, and divided into two halves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data import Dataset, batches
from striate.events import Task
from striate.explain.answers import fitting, meant, scores, taken
from striate.nets import Network

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Images with their classes and answers.

    Attributes:
        images: (n, c, h, w), as the network reads them.
        labels: (n,) classes.
        samples: (n,) indices in the data set.
        clean: (n, k) float64 probabilities of the images as they are.
    """

    images: Tensor
    labels: Rows
    samples: Rows
    clean: NDArray[np.float64]

    @property
    def is_right(self) -> NDArray[np.bool_]:
        """(n,): whether the likeliest class is the image's."""
        found: NDArray[np.bool_] = self.clean.argmax(1) == self.labels
        return found

    def only(self, rows: NDArray[np.integer] | NDArray[np.bool_]) -> Crowd:
        """Return some of the images."""
        picked = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return Crowd(
            images=self.images[torch.from_numpy(picked.astype(np.int64))],
            labels=self.labels[picked],
            samples=self.samples[picked],
            clean=self.clean[picked],
        )

    def __len__(self) -> int:
        return len(self.labels)


class Asked:
    """A network that is asked for probabilities, in batches that fit; counts what it took.

    Args:
        network: Of classes, in eval mode and without gradients while it is asked.
        task: Hears of every image; may cancel.
    """

    def __init__(self, network: Network, task: Task | None = None) -> None:
        self._network, self._task = network, task
        self.passes = 0

    def __call__(self, images: Tensor) -> NDArray[np.float64]:
        """Return probabilities (n, k) of images (n, c, h, w)."""
        rows = []
        at_once = fitting(images[0]) if len(images) else 1
        for begin in range(0, len(images), at_once):
            part = images[begin : begin + at_once]
            rows.append(meant(self._network, scores(self._network, part)).double().cpu().numpy())
            self.passes += len(part)
            if self._task is not None:
                self._task.advance(len(part))
        return np.concatenate(rows) if rows else np.zeros((0, self._network.output.count))


def gathered(asked: Asked, network: Network, dataset: Dataset, indices: Sequence[int]) -> Crowd:
    """Return samples as a crowd."""
    images, clean, labels = [], [], []
    for batch in batches(dataset, tuple(int(index) for index in indices), network.preprocessing, batch_size=64):
        inputs = taken(network, batch.images)
        images.append(inputs)
        clean.append(asked(inputs))
        labels.append(batch.targets.numpy())
    return Crowd(
        images=torch.cat(images) if images else torch.zeros(0, *network.input_shape),
        labels=np.concatenate(labels).astype(np.int64) if labels else np.zeros(0, dtype=np.int64),
        samples=np.array(indices, dtype=np.int64).reshape(-1),
        clean=np.concatenate(clean) if clean else np.zeros((0, network.output.count)),
    )


def halves(crowd: Crowd, rng: np.random.Generator, *, most_classes: int) -> tuple[Crowd, Crowd] | None:
    """Return the images of the classes with most of them in two halves, each with two of every class; None if that cannot be.

    Args:
        crowd: Images.
        rng: Decides who goes where.
        most_classes: More than so many classes are left out, the rarest first; of equal ones the last.
    """
    counts = np.bincount(crowd.labels, minlength=1)
    kept = [int(label) for label in np.argsort(-counts, kind="stable") if counts[label] >= 4][:most_classes]
    if len(kept) < 2:
        return None
    first, second = [], []
    for label in sorted(kept):
        rows = rng.permutation(np.flatnonzero(crowd.labels == label))
        first.append(rows[: len(rows) // 2])
        second.append(rows[len(rows) // 2 :])
    return crowd.only(np.concatenate(first)), crowd.only(np.concatenate(second))
