"""How much of each method a report can afford, by the network's work: the same choice on every machine.

Small networks get everything. For large ones the pictures are coarser, the counts rest on fewer images, and what would still
take many minutes is left out, which the report says.
"""

from __future__ import annotations

from dataclasses import dataclass

# Multiply-accumulates one method may spend: about a minute on two cores.
MOST_MACS = 3e12
# Positions of the occluder along a side, for a picture and for a count; images a count rests on; steps of gradient ascent.
POSITIONS = (28, 14, 7)
COUNTED_POSITIONS = 9
CENSUS_IMAGES = 200
STEPS = 150
FEWEST_STEPS = 50
_FEWEST_IMAGES = 8
# Forward passes that exchanging places may take.
SHORTCUT_PASSES = 12_000
# A backward pass costs twice a forward one; class images look at eight views a step, and once without the prior.
_WITH_BACKWARD = 3
_VIEWS = 9
# Each image is asked about as it is, without its object, and twice with another background.
_SHORTCUT_LOOKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a report measures of one network.

    Attributes:
        positions: Of the occluder along a side, for the pictures.
        occlusion_images: Images whose answers are counted while they are covered.
        saliency_images: Images whose gradients are counted.
        steps: Of gradient ascent for each class image; 0 leaves them out.
        shortcut_images: Images among which shortcuts are sought.
        shortcut_passes: Forward passes in which their places are exchanged.
    """

    positions: int
    occlusion_images: int
    saliency_images: int
    steps: int
    shortcut_images: int
    shortcut_passes: int


def budget_for(macs: int, *, images: int, outputs: int) -> Budget:
    """Return what is affordable.

    Args:
        macs: Of one forward pass of one image.
        images: Images that get an occlusion picture.
        outputs: Outputs that get a class image.

    Example:
        >>> small = budget_for(4_730_000, images=3, outputs=10)
        >>> small.positions, small.occlusion_images, small.saliency_images, small.steps, small.shortcut_passes
        (28, 200, 200, 150, 12000)
        >>> large = budget_for(15_500_000_000, images=3, outputs=10)
        >>> large.positions, large.occlusion_images, large.saliency_images, large.steps, large.shortcut_passes
        (7, 8, 32, 0, 193)
    """
    one = max(macs, 1)
    positions = next((side for side in POSITIONS if images * side**2 * one <= MOST_MACS), POSITIONS[-1])
    steps = int(MOST_MACS / (one * _WITH_BACKWARD * _VIEWS * max(outputs, 1)))
    return Budget(
        positions=positions,
        occlusion_images=_images(one * COUNTED_POSITIONS**2),
        saliency_images=_images(one * 2 * _WITH_BACKWARD),
        steps=min(STEPS, steps) if steps >= FEWEST_STEPS else 0,
        shortcut_images=_images(one * _SHORTCUT_LOOKS),
        shortcut_passes=min(SHORTCUT_PASSES, int(MOST_MACS / one)),
    )


def _images(macs_an_image: int) -> int:
    return max(_FEWEST_IMAGES, min(CENSUS_IMAGES, int(MOST_MACS / macs_an_image)))
