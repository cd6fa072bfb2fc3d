"""What a store's rows say of their points, and their pictures as pixels to compare vectors with."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from striate.data.decoding import ImageError, opened
from striate.features.mapping.separation import Known
from striate.features.space import Numbers, deciles
from striate.features.store.truth import truth_of
from striate.numbers import measure

SIDE_PX = 32


def known_of(
    labels: Sequence[str | None], targets: Sequence[Sequence[float] | None], *, where: str = ""
) -> tuple[Known | None, tuple[str, ...], Numbers]:
    """Return what is known of each row, the names, and a number for each row to colour it by.

    Args:
        labels: Class, or labels between ";"; None for values, and where nobody said.
        targets: Class index, one number a label, or values; None where nobody said.
        where: The store's address, for messages.

    Returns:
        What is known, None if that is nothing; names of classes, labels or deciles; (n,) int64: class, first label that
        holds, or decile, −1 where nothing is known.

    Raises:
        DataError: Rows that contradict each other; see `truth_of`.

    Example:
        >>> known, names, colours = known_of(["cat", None, "dog"], [[0.0], None, [1.0]])
        >>> known.truth, known.rows.tolist(), names, colours.tolist()
        ('classes', [0, 2], ('cat', 'dog'), [0, -1, 1])
    """
    rows = np.array([row for row, target in enumerate(targets) if target is not None], dtype=np.int64)
    colours = np.full(len(targets), -1, np.int64)
    if not len(rows):
        return None, (), colours
    said = [target for target in targets if target is not None]
    output, truths = truth_of([labels[row] for row in rows], said, where=where)
    known = Known(truth=output.kind, targets=np.array(truths), rows=rows)
    names = output.names
    if output.kind == "values":
        names, colours[rows] = _deciles(np.array(truths, np.float64)[:, 0])
    elif output.kind == "classes":
        colours[rows] = known.targets
    else:
        colours[rows] = np.where(known.targets.any(1), known.targets.argmax(1), -1)
    return known, names, colours


def pixel_rows(thumbnails: Sequence[bytes]) -> tuple[npt.NDArray[np.uint8], Numbers]:
    """Return pictures as rows of pixels: 32 × 32, grey if all are, else of three channels.

    Returns:
        (p, pixels) of those that can be read; and (p,) which these are.
    """
    from PIL import Image

    pictures, places = [], []
    for place, data in enumerate(thumbnails):
        try:
            picture = opened(data, most_pixels=2**20)
        except ImageError:
            continue
        is_grey = picture.mode == "L"
        small = picture.convert("L" if is_grey else "RGB").resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR)
        pictures.append(np.asarray(small, np.uint8))
        places.append(place)
    if any(one.ndim == 3 for one in pictures):
        pictures = [one if one.ndim == 3 else np.repeat(one[:, :, None], 3, 2) for one in pictures]
    rows = np.stack(pictures).reshape(len(pictures), -1) if pictures else np.zeros((0, 0), np.uint8)
    return rows, np.array(places, np.int64)


def _deciles(values: npt.NDArray[np.float64]) -> tuple[tuple[str, ...], Numbers]:
    groups, borders = deciles(values)
    names = tuple(f"{measure(float(low))} … {measure(float(high))}" for low, high in pairwise(borders))
    return names, groups
