"""A layer's channels for one image as a picture on disk, in an order that says something."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from striate.graph import times
from striate.numbers import measure, percent
from striate.records import ChannelMaps
from striate.report.pictures.sheets import DIVERGING, SEQUENTIAL
from striate.report.pictures.tile_sheet import SmallPicture, curve_pixels, map_pixels, tile_sheet

MOST_CHANNELS = 64
SORTED = {
    "channel": "in the layer's own order",
    "activation": "sorted by mean activation",
    "class": "sorted by the weight with which {target} reads the channel",
    "gradient": "sorted by the mean gradient of {target}",
    "similarity": "sorted by cosine with the other image's map",
}
JUDGED = (
    "You should see a few channels that answer in a few places; early ones may resemble the image.",
    "Something is wrong if all are on everywhere, all are blank, or all look alike.",
)


def channels_picture(found: ChannelMaps, *, target: str, source: str) -> bytes:
    """Return a PNG of the first 64 channels, with what they were sorted by.

    Args:
        found: What `striate.explain.activation_maps` returned, for one image.
        target: What the output is called that the order is about.
        source: What is said of network and image.
    """
    shown = found.maps[:MOST_CHANNELS]
    pictures = [
        SmallPicture(
            pixels=_pixels(one, *map(float, found.limits[row])),
            label=f"{found.channels[row]}: {percent(float(found.active_share[row]), 0)} active",
            note=_note(found, row),
        )
        for row, one in enumerate(shown)
    ]
    low, high = map(float, found.limits[0])
    is_common = found.scale == "common"
    ends = (measure(low), measure(high)) if is_common else ("its own lowest, or 0", "its own highest")
    left = "" if len(shown) == len(found.maps) else f" The first {len(shown)} of {len(found.maps)}."
    of_volume = " Of volumes the largest value along the depth." if found.maps.ndim == 4 else ""
    return tile_sheet(
        pictures,
        title=f"{found.layer}: {len(found.maps)} channels of {times(found.maps.shape[1:])}",
        note=f"{said_order(found, target)}; {'one scale for all' if is_common else 'each on its own scale'}",
        scale=(ends, DIVERGING if bool((found.limits[:, 0] < 0).any()) else SEQUENTIAL),
        sentences=(
            *JUDGED,
            f"Active: {found.definition}.",
            f"Spread over {measure(found.effective_channels)} of {len(found.maps)} channels. {source}.{left}{of_volume}",
        ),
        side_px=104,
    )


def said_order(found: ChannelMaps, target: str) -> str:
    """Return the order of the channels in words."""
    return SORTED[found.sort].format(target=target)


def _note(found: ChannelMaps, row: int) -> str:
    if found.sort == "channel":
        return ""
    end = "" if found.scale == "common" else f", to {measure(float(found.limits[row, 1]), 2)}"
    return f"{measure(float(found.values[row]), 2)}{end}"


def _pixels(one: NDArray[np.floating], low: float, high: float) -> NDArray[np.uint8]:
    if one.ndim == 1 and len(one) > 1:
        return curve_pixels(one[None], min(low, 0.0), high, (144, 96))
    plane = one.reshape(1, 1) if one.ndim == 1 else one.max(axis=0) if one.ndim == 3 else one
    return map_pixels(plane, low, high)
