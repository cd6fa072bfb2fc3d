"""What a grown image is held to besides its score."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from striate.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """What a grown image is held to; each part can be left out by 0.

    Prices are in units of the score's own spread: its standard deviation over 64 images of random waves. Images stay within
    the stored range, 0 … 1, whatever the prior.

    Attributes:
        waves: Whether images are sums of waves whose size falls as 1 / frequency, or bare pixels.
        total_variation: Price of 1 of total variation, mean over pixels, on the stored scale.
        contrast: Price of lying 1 further from the data's mean than its standard deviation, mean over pixels.
        l2: Price of 1 of the squared preprocessed value, mean over pixels and channels.
        natural: Price of 1 of the distance to the feature statistics of real images (`Natural.distance`).
        blur_px: Standard deviation of the blur after each step, in pixels.
        views: Views averaged at each step; 0 shows the image as it is.
        shift: Largest shift of a view, as a share of the side.
        turn_degrees: Largest turn of a view.
        scale: Largest change of a view's size: 0.2 is 0.8 … 1.2.
        decorrelated: Whether colour is climbed along the axes in which the colours of real images do not correlate.
        sides: Sides the image is grown at, one after the other, as shares of the last: (0.5, 1.0) is coarse to fine.
        rate: Of Adam.

    Raises:
        InputError: A number below 0 or not finite; sides that do not grow up to 1; decorrelated colour of bare pixels.

    Example:
        >>> Prior(views=1, sides=(0.5, 1.0)).total_variation
        13.0
    """

    waves: bool = True
    total_variation: float = 13.0
    contrast: float = 20.0
    l2: float = 0.0
    natural: float = 0.0
    blur_px: float = 0.0
    views: int = 8
    shift: float = 1 / 14
    turn_degrees: float = 20.0
    scale: float = 0.2
    decorrelated: bool = False
    sides: tuple[float, ...] = (1.0,)
    rate: float = 0.05

    def __post_init__(self) -> None:
        """Check the numbers."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name != "sides" and not (math.isfinite(value) and value >= 0):
                raise InputError(f"{field.name} must be a number of at least 0", got=value, where="the prior")
        if self.decorrelated and not self.waves:
            raise InputError("decorrelated colour must be climbed in waves", got=self.waves, where="waves of the prior")
        if self.scale >= 1:
            raise InputError("scale must be below 1", got=self.scale, where="the prior")
        if not self.sides or list(self.sides) != sorted(self.sides) or self.sides[0] <= 0 or self.sides[-1] != 1:
            raise InputError("sides must be shares that grow up to 1", got=self.sides, where="the prior")

    @property
    def has_price(self) -> bool:
        """Whether anything is paid besides the score."""
        return any((self.total_variation, self.contrast, self.l2, self.natural))


USUAL = Prior()
# Nothing but pixels: what the prior is compared with.
BARE = Prior(waves=False, total_variation=0.0, contrast=0.0, views=0)
