"""What several saliency methods agree about, measured for a report."""

from __future__ import annotations

from collections.abc import Sequence

from striate.data import Dataset, batches
from striate.errors import InputError
from striate.events import SILENT, Events
from striate.explain import accord
from striate.nets import Network
from striate.records import Accord
from striate.report.gathering.budget import MOST_MACS

IMAGES, FEWEST = 32, 5
_METHODS = ("gradient", "integrated_gradients", "grad_cam")
_STEPS = 16
# A forward and a backward pass for each gradient: once, at every step, and once more; and all of it under noise.
_PASSES = 3 * (1 + _STEPS + 1) * 2


def accord_made(
    network: Network, dataset: Dataset, samples: Sequence[int], macs: int, events: Events = SILENT
) -> Accord | None:
    """Return what a gradient, integrated gradients and Grad-CAM agree about on some held-out images.

    None for a network of signals or volumes, for one that is too much work, and where one of the methods refuses it: there is
    no layer with a map, say.

    Args:
        network: The network; left as it came.
        dataset: The data.
        samples: Held-out samples.
        macs: Of one forward pass of one image.
        events: Hears progress by task; may cancel.
    """
    number = min(IMAGES, len(samples), int(MOST_MACS / max(macs * _PASSES, 1)))
    if len(network.input_shape) != 3 or number < FEWEST:
        return None
    chosen = tuple(samples[place * len(samples) // number] for place in range(number))
    [batch] = batches(dataset, chosen, network.preprocessing, batch_size=number)
    settings = {"integrated_gradients": {"steps": _STEPS}}
    try:
        return accord(network, batch.images, by=_METHODS, settings=settings, events=events)
    except InputError as error:
        events.log(f"methods are not held against each other: {error}")
        return None
