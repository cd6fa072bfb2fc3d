"""Which classes have a colour: twelve can be told apart, so of more classes the largest twelve, and the rest are grey."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

COLOURS = 12


def class_colours(labels: Iterable[int], classes: int) -> list[int]:
    """Return the number of each class's colour, −1 for grey; below thirteen classes each has its own number.

    Args:
        labels: Class of each sample, −1 where not known.
        classes: How many there are.

    Example:
        >>> class_colours([0, 1, 2], 3)
        [0, 1, 2]
        >>> class_colours([12, 12, 3, 3, *range(11)], 14)  # 11 and 13 have no sample
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, -1, 11, -1]
    """
    if classes <= COLOURS:
        return list(range(classes))
    counts = Counter(labels)
    largest = sorted(range(classes), key=lambda of: (-counts[of], of))[:COLOURS]
    coloured = sorted(largest)
    return [coloured.index(of) if of in largest else -1 for of in range(classes)]
