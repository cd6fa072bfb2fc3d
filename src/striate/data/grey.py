"""Images as rows to compare without a network: small, grey, and without their mean."""

from __future__ import annotations

import numpy as np
from torch.nn import functional

from striate.data.dataset import Dataset
from striate.data.nearest import Rows, unit_rows
from striate.events import SILENT, Events, Task

SIDE_PX = 32


def grey_rows(dataset: Dataset, indices: tuple[int, ...], *, events: Events = SILENT) -> Rows:
    """Return each image as one row: brought to 32×32 by averaging, grey, its own mean taken off, length 1.

    The cosine of two rows is the correlation of the two small pictures. Brightness and contrast do not matter to it,
    size and compression hardly; a crop of a few pixels does.

    Args:
        dataset: Where the images are.
        indices: Which of them.
        events: Hears "comparing the images"; may cancel.

    Returns:
        (n, 1024) float32; an image of one brightness is all zeros, and like no other.

    When it misleads:
        A picture turned over, or cut by a tenth, is another picture here: see `striate.features.likeness` with a network.

    Example:
        >>> from striate.data import load_data
        >>> rows = grey_rows(load_data("digits"), (0, 1, 500))
        >>> rows.shape, bool(rows[0] @ rows[1] > rows[0] @ rows[2])   # two zeros, and a one
        ((3, 1024), True)
    """
    task = Task("comparing the images", total=len(indices), unit="image", events=events)
    rows = np.empty((len(indices), SIDE_PX * SIDE_PX), np.float32)
    for place, index in enumerate(indices):
        image = dataset.read(index).float().mean(0, keepdim=True)
        small = functional.adaptive_avg_pool2d(image, SIDE_PX).flatten()
        # The mean of equal values is not always that value: what is left is no picture.
        rest = (small - small.mean()).numpy()
        rows[place] = rest if np.abs(rest).max() > 1e-3 else 0.0
        task.advance()
    return unit_rows(rows)
