"""What is measured of a layer's points, as far as there are points and labels for it; and why the rest is missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from striate.features.mapping.neighbours import nearest_rows
from striate.features.mapping.quality import map_quality
from striate.features.mapping.separation import Known, PixelScore, separation_of, too_little, with_overlaps
from striate.features.mapping.suspects import doubtful_held, doubtful_labels, odd_ones
from striate.features.mapping.tsne import FEWEST, Near
from striate.features.space import NEIGHBOURS, Numbers, Points
from striate.numbers import count, plural
from striate.records import DoubtfulLabel, MappedLayer, MapQuality, OddOne

# So many odd ones that are alike are still found: they are not all of each other's neighbours.
LOF_NEIGHBOURS = 50
_FEWEST_FOR_ODD = 40


def measured(
    layer: MappedLayer,
    space: Points,
    near: Near,
    known: Known | None,
    *,
    pixels: PixelScore | None = None,
    seed: int = 0,
) -> MappedLayer:
    """Return the layer with the measures that its points allow, and the reasons why others are missing.

    Args:
        layer: With its pictures.
        space: (n, f): the vectors as they are compared.
        near: (n, k) neighbours of each and their distances, k at least 50 where there are so many.
        known: What is known of the points; None for nothing.
        pixels: Of their pictures, to compare with.
        seed: Of samples that are judged, of the bootstrap.
    """
    number, untold = len(space), list(layer.unmeasured)
    k = min(NEIGHBOURS, (number - 1) // 2)
    quality: tuple[MapQuality | None, ...] = (None, None)
    if k >= 1 and number > FEWEST:
        quality = map_quality(space, [layer.points, layer.pca], neighbours=k, seed=seed)
    else:
        untold.append(f"Neighbourhoods cannot be compared among {plural(number, 'point')}.")
    odd: tuple[OddOne, ...] = ()
    if number >= _FEWEST_FOR_ODD:
        around = min(LOF_NEIGHBOURS, number // 4)
        odd = odd_ones(near[0][:, :around], near[1][:, :around], np.arange(number))
    else:
        untold.append(f"Odd ones out are sought among {_FEWEST_FOR_ODD} points or more.")
    layer = replace(layer, quality=quality[0], pca_quality=quality[1], odd=odd)
    if known is None:
        untold.append("Nothing is known of the points: no labels in the store.")
    elif reason := too_little(known):
        untold.append(reason)
    else:
        layer = _separated(layer, space, near[0], known, pixels, seed)
        if lacking := _lacking(known, pixels):
            untold.append(lacking)
        if known.truth == "values":
            untold.append("Values have no classes: no silhouette, no pairs, no label errors.")
        if known.truth == "labels":
            untold.append("Several labels hold at once: no silhouette and no pairs.")
    return replace(layer, unmeasured=tuple(untold))


def _separated(
    layer: MappedLayer, space: Points, near: Numbers, known: Known, pixels: PixelScore | None, seed: int
) -> MappedLayer:
    some = space[known.rows]
    own = near[:, :NEIGHBOURS] if len(known.rows) == len(space) else nearest_rows(some, NEIGHBOURS)[0]
    found = with_overlaps(separation_of(some, own, known, pixels=pixels, seed=seed), own, known)
    doubtful: tuple[DoubtfulLabel, ...] = ()
    if known.truth == "classes":
        doubtful = doubtful_labels(own, np.asarray(known.targets, np.int64), known.rows)
    elif known.truth == "labels":
        doubtful = doubtful_held(own, known.targets, known.rows)
    return replace(layer, separation=found, doubtful=doubtful)


def _lacking(known: Known, pixels: PixelScore | None) -> str:
    """Return how many points cannot be compared with pixels; empty if all can."""
    if pixels is None:
        return "There are no pictures in the store, or too few: vectors are not compared with pixels."
    missing = len(known.rows) - len(pixels.places)
    if not missing:
        return ""
    return f"{count(missing)} of {plural(len(known.rows), 'labelled point')} have no picture: pixels are compared on the others."
