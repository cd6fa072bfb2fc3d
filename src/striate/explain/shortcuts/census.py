"""Whether a network takes shortcuts, tried on many images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from striate.data import Dataset
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events, Task
from striate.explain.answers import undisturbed
from striate.explain.method import method
from striate.explain.objects import on_input
from striate.explain.shortcuts.background import background, objects_of
from striate.explain.shortcuts.covering import on_object
from striate.explain.shortcuts.crowd import Asked, Crowd, gathered, halves
from striate.explain.shortcuts.exchanging import TRIED, exchange
from striate.explain.shortcuts.regions import STEP, places
from striate.graph import times
from striate.nets import Network
from striate.records.shortcuts import Box, Exchange, Shortcuts

# Pairs of images at every place, and the fewest that are worth it; classes that take part.
PAIRS, FEWEST, CLASSES = 120, 40, 10
# Forward passes that may be spent on exchanging.
PASSES = 12_000


@method("Do answers follow a place, a patch or the background instead of the object?", section="methods/shortcuts")
def shortcut_census(
    network: Network,
    dataset: Dataset,
    indices: Sequence[int],
    *,
    masks: Mapping[int, NDArray[np.bool_]] | None = None,
    most_passes: int = PASSES,
    seed: int = 0,
    events: Events = SILENT,
) -> Shortcuts:
    """Return what answers follow besides the object, over images answered right.

    **Places exchanged.** At every place (windows of a quarter of the sides, and strips along the borders) images get the pixels
    that an image of another class has there, and beside it those of another image of their own class: a seam disturbs both,
    a shortcut changes the first alone. Every place is seen on half of the images; what stood out is tried again on the
    other half, so that its share is not that of the luckiest place. Tried again are: the place that takes most; of each class
    the patch that makes most other images its own; and all pixels that are nearly the same within every class and differ
    between classes. The first two are sought where the object hardly is: where pixels vary within a class half as much as
    those of the whole image or less; pictures that vary everywhere have no such place.

    **Background.** The box of the object is filled with the median colour of the rest, and the network is asked again; then
    objects are put on such backgrounds of other images. Objects are those given, or found by brightness or colour on an even
    background; where fewer than three quarters of the images have one, this is left out.

    **Effect on the object.** Where objects were given, a square covers every place, and the share of what it takes from the
    answer that lies on the object is held against the same mask moved about at random.

    Args:
        network: Of classes.
        dataset: Where the images are.
        indices: Which to try; 200 are enough for ten classes.
        masks: Objects, bool of the size of each stored image, by index in the data set; see `striate.data.read_masks`.
        most_passes: How many forward passes may go into exchanging; it gets coarser, and is left out where fewer than
            40 pairs at every place would be left. As many again may go into covering, which is left out where they are not
            enough for 8 images.
        seed: Decides who gets whose pixels.
        events: Hears of each pass; can cancel.

    Returns:
        What was found; parts are None where they could not be measured. At most 10 classes are exchanged, those with most
        images answered right, each with four at least.

    Raises:
        InputError: A network of values or labels; inputs that are not images; a mask of another size than its image.
        Cancelled: The watcher asked to stop.

    When it misleads:
        A thing that looks the same and stands at the same place in all images of a class looks like a mark, if it is the
        object too. A mark of one class alone, on pictures that vary everywhere, is not found. What is the same in all images of
        both classes is not seen, though a network may need it. Exchanging makes images that nobody has seen; the own class's
        pixels say how much of a change comes from that alone. A box filled in a textured picture shows where the object
        was, and how large.

    Source:
        The patch is that of Geirhos et al., "Shortcut learning in deep neural networks", Nature Machine Intelligence 2020,
        and of Lapuschkin et al., "Unmasking Clever Hans predictors", Nature Communications 2019, who found such marks
        by their heat maps; exchanging backgrounds is after Xiao et al., "Noise or Signal", ICLR 2021. Differs: places are sought
        without heat maps, by exchange between real images against exchange within the class, and tried on other images.

    Cost:
        At most `most_passes` forward passes for the exchange, four for each image for the background, and at most
        `most_passes` again, some 200 for each of at most 32 images with a given object. 1 to 3 s for a small network on
        28×28 pixels.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.data import load_data
        >>> from striate.nets import from_blueprint
        >>> network = from_blueprint(Blueprint.from_text("input 1x28x28; conv 5x5 4, relu; classes 10"))
        >>> found = shortcut_census(network, load_data("digits"), range(0, 5000, 500))
        >>> found.images, found.exchange   # too few for halves
        (10, None)
    """
    if network.output.kind != "classes" or len(network.input_shape) != 3:
        raise InputError(
            "shortcuts must be sought in a network of classes that reads images",
            got=Quoted(f"{network.output.kind} from {times(network.input_shape)}"),
        )
    given = None if masks is None else _on_inputs(network, dataset, masks, indices)
    rng = np.random.default_rng(seed)
    task = Task("shortcuts", total=None, unit="image", events=events)
    with undisturbed(network.module), torch.no_grad():
        asked = Asked(network, task)
        everybody = gathered(asked, network, dataset, indices)
        right = everybody.only(everybody.is_right)
        known = objects_of(network, dataset, right, given)
        behind = background(asked, right, known, is_given=given is not None, rng=rng)
        exchanged, unexchanged = _exchange(asked, everybody, right, most_passes, rng)
    covered = None
    if given is not None:
        covered = on_object(network, right, known, rng, most_passes=most_passes, events=events)
    return Shortcuts(
        images=len(everybody),
        right=len(right),
        exchange=exchanged,
        background=behind,
        on_object=covered,
        unexchanged=unexchanged,
    )


def _exchange(
    asked: Asked, everybody: Crowd, right: Crowd, most_passes: int, rng: np.random.Generator
) -> tuple[Exchange | None, Literal["", "images", "passes"]]:
    """Return the exchange, or what is too few for it."""
    parts = halves(right, rng, most_classes=CLASSES)
    if parts is None:
        return None, "images"
    seeking, trying = parts
    plan = affordable(right.images.shape[2:], len(np.unique(seeking.labels)), len(trying), most_passes)
    if plan is None:
        return None, "passes"
    return exchange(asked, everybody, seeking, trying, *plan, rng), ""


def affordable(sides: Sequence[int], classes: int, images: int, most_passes: int) -> tuple[tuple[Box, ...], int] | None:
    """Return the places and the pairs at each of them for so many passes; None if too few pairs would be left.

    Half as many pairs again are of one class; trying again takes up to 120 passes a class and four an image.

    Example:
        >>> found = affordable((28, 28), 10, 100, 12_000)
        >>> len(found[0]), found[1]
        (53, 120)
        >>> affordable((224, 224), 10, 100, 200) is None
        True
    """
    for step in (STEP, 2 * STEP):
        boxes = places(*sides, step=step)
        left = most_passes - 3 * TRIED * classes - 4 * images
        pairs = min(PAIRS, int(left / (1.5 * len(boxes))))
        if pairs >= max(FEWEST, 2 * classes):
            return boxes, pairs
    return None


def _on_inputs(
    network: Network, dataset: Dataset, masks: Mapping[int, NDArray[np.bool_]], indices: Sequence[int]
) -> dict[int, NDArray[np.bool_]]:
    """Return the given masks on the network's input, those that leave some of the image free."""
    found = {}
    for index in {int(index) for index in indices} & set(masks):
        mask, size = masks[index], tuple(dataset.read(index).shape[1:])
        if mask.shape != size:
            raise InputError(
                f"a mask must have the size of its image, {times(size)}",
                got=Quoted(times(mask.shape)),
                where=dataset.samples[index].place,
            )
        inside = on_input(torch.from_numpy(np.ascontiguousarray(mask, dtype=np.bool_)), network.preprocessing)
        if inside is not None and not inside.all():
            found[index] = inside
    return found
