"""What is done to an image on its way into a network, in words, and how much of it is left."""

from __future__ import annotations

from math import prod

from striate.graph import times
from striate.numbers import figure, percent
from striate.records import Preprocessing


def seen_share(sides: tuple[int, ...], preprocessing: Preprocessing) -> float:
    """Return the share of an image's or a volume's area that enters a network, 0 … 1; the rest is cut off by `prepare`.

    Args:
        sides: Of the stored sample: height and width, or depth, height and width.
        preprocessing: Of the network.

    Example:
        >>> seen_share((56, 28), Preprocessing(shape=(1, 28, 28), mean=(0.5,), std=(0.25,)))
        0.5
    """
    wanted = preprocessing.shape[1:]
    if tuple(sides) == wanted and not preprocessing.scaled_px:
        return 1.0
    return prod(
        min(1.0, side / (scale * have))
        for side, have, scale in zip(wanted, sides, _scales(sides, preprocessing), strict=True)
    )


def said_entering(shape: tuple[int, ...], preprocessing: Preprocessing) -> str:
    """Return what `prepare` does to an image or a volume, in one line; "" if it enters whole and as it is.

    Args:
        shape: Of the stored sample, (c, axes of space).
        preprocessing: Of the network. Of a sound or a signal nothing is said.

    Example:
        >>> how = Preprocessing(shape=(1, 28, 28), mean=(0.5,), std=(0.25,))
        >>> said_entering((3, 1024, 512), how).replace("\u202f", " ")
        '1024×512×3 → 28×28×1: made grey, 18.3 times smaller, its centre cut out; 50 % of it seen'
        >>> said_entering((1, 28, 28), how)
        ''
    """
    sides, wanted = tuple(shape[1:]), preprocessing.shape[1:]
    if preprocessing.stored_axes == 1 or len(shape) != len(preprocessing.shape):
        return ""
    done = []
    if shape[0] != preprocessing.shape[0]:
        done.append("made grey" if shape[0] > preprocessing.shape[0] else "grey in all channels")
    scales = [1.0] * len(sides) if sides == wanted and not preprocessing.scaled_px else _scales(sides, preprocessing)
    if any(scale != 1 for scale in scales):
        squashed = max(scales) > 1.02 * min(scales)
        done.append("squashed" if squashed else _resized(scales[0]))
    share = seen_share(sides, preprocessing)
    if preprocessing.scaled_px and preprocessing.crop == "border":
        done.append("a border around it")
    if share < 1:
        done.append("its centre cut out")
    if not done:
        return ""
    # Grey alone, or another size of the same proportions, loses none of it.
    into = (*wanted, preprocessing.shape[0])
    return f"{times((*sides, shape[0]))} → {times(into)}: {', '.join(done)}; {_percent(share)} of it seen"


def _scales(sides: tuple[int, ...], preprocessing: Preprocessing) -> list[float]:
    """Return by how much each side is multiplied before the centre is cut out."""
    target = preprocessing.scaled_px or preprocessing.shape[1:]
    ratios = [wanted / have for wanted, have in zip(target, sides, strict=True)]
    if preprocessing.scaled_px and preprocessing.crop == "squash":
        return ratios
    whole = min(ratios) if preprocessing.scaled_px and preprocessing.crop == "border" else max(ratios)
    return [whole] * len(ratios)


def _resized(scale: float) -> str:
    return f"{figure(scale)} times larger" if scale > 1 else f"{figure(1 / scale)} times smaller"


def _percent(share: float) -> str:
    return percent(share, 0) if share >= 0.095 else percent(share)
