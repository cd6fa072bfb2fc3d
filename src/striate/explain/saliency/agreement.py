"""Whether methods agree about an image, against what maps of their grain would agree by chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from striate.errors import InputError, Quoted, ShapeError
from striate.explain.ranks import ranks
from striate.explain.saliency.enlarging import enlarged
from striate.graph import times
from striate.records import Agreement, Attribution

_QUANTILE = 0.95


def agreement(maps: Mapping[str, NDArray[np.floating]]) -> Agreement:
    """Return the rank correlations of the magnitudes of several maps of one image, and what chance gives.

    Chance is the 95 % quantile of the correlation over all shifts of one of the two maps, round the edges: grain and
    smoothness of both stay, the place is lost.

    Args:
        maps: Maps (channels, axes…) of equal axes by method name, at least two; magnitudes are summed over channels.

    Raises:
        InputError: Fewer than two maps, or one that is not finite.
        ShapeError: Maps of different sides.

    When it misleads:
        Two methods that only show the image's edges agree about them. A map in the middle of the image agrees with another
        there; chance shifts both away. With few places (a 7×7 map) chance is high.

    Source:
        Rank correlation as in Adebayo et al., "Sanity Checks for Saliency Maps", NeurIPS 2018, sec. 2.3; the shifts are ours.

    Example:
        >>> ramp = np.arange(16.0).reshape(1, 4, 4)
        >>> found = agreement({"a": ramp, "b": -ramp, "c": ramp[:, ::-1]})
        >>> [round(float(one), 2) for one in found.correlations[0]]
        [1.0, 1.0, -0.88]
    """
    if len(maps) < 2:
        raise InputError("agreement must be asked of at least two maps", got=len(maps))
    sizes = {values.shape[1:] for values in maps.values()}
    if len(sizes) > 1:
        got = Quoted(", ".join(f"{name} {times(values.shape[1:])}" for name, values in maps.items()))
        raise ShapeError("maps must have the same sides to be compared", got=got, hint="Enlarge the smaller one.")
    rows = [centred_ranks(name, values) for name, values in maps.items()]
    pairs = [[shifted_correlations(one, other) for other in rows] for one in rows]
    return Agreement(
        methods=tuple(maps),
        correlations=np.array([[pair.flat[0] for pair in row] for row in pairs], dtype=np.float32),
        chance=np.array([[chance_of(pair) for pair in row] for row in pairs], dtype=np.float32),
    )


def agreed(found: Mapping[str, Sequence[Attribution]], sides: tuple[int, ...]) -> tuple[Agreement, ...]:
    """Return for each image the agreement of several methods' first maps, those of layers enlarged to the image's sides.

    Args:
        found: Records of the same images and units, by method.
        sides: Of the images.

    Raises:
        InputError: Fewer than two methods; methods that were asked about different units.
    """
    agreements = []
    for records in zip(*found.values(), strict=True):
        units = {record.targets[0] for record in records}
        if len(units) > 1:
            raise InputError("methods must be asked about the same unit to be compared", got=sorted(units))
        maps = {name: enlarged(record.maps[0], sides) for name, record in zip(found, records, strict=True)}
        agreements.append(agreement(maps))
    return tuple(agreements)


def centred_ranks(name: str, values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the ranks (axes…) of a map's magnitudes (channels, axes…), centred and of length 1; zeros for a constant.

    Raises:
        InputError: A map that is not finite.
    """
    if not np.isfinite(values).all():
        raise InputError("a map must hold finite numbers", got=Quoted("NaN or infinity"), where=name)
    magnitude = np.abs(values).sum(axis=0, dtype=np.float64)
    found = ranks(magnitude).reshape(magnitude.shape)
    found -= found.mean()
    length = float(np.sqrt((found * found).sum()))
    return found / length if length > 0 else found


def shifted_correlations(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the products of two centred maps for every shift of one round the edges; the first is for no shift."""
    spectrum = np.fft.fftn(one) * np.conj(np.fft.fftn(other))
    found: NDArray[np.float64] = np.fft.ifftn(spectrum).real
    return found


def chance_of(shifted: NDArray[np.float64]) -> float:
    """Return the quantile of correlations that shifts reach; 0 for a map of one place."""
    rest = shifted.ravel()[1:]
    return float(np.quantile(rest, _QUANTILE)) if rest.size else 0.0
