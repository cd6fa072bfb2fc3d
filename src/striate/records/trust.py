"""Whether saliency maps can be believed: what is left of them with random weights, and what several methods agree about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTrust:
    """The test with random weights for the maps of one output.

    Attributes:
        target: Output unit.
        images: Images whose map of it was tested.
        correlation: Mean rank correlation of |map| as learned and with all weights drawn anew.
    """

    target: int
    images: int
    correlation: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How alike one method's maps stay when the weights are drawn anew.

    Attributes:
        method: Name of the saliency method.
        images: Images tested.
        depths: How many layers with weights were drawn anew, from the last; the last of them is all.
        layers: The first layer drawn anew, for each depth.
        correlations: Mean rank correlation of |map| with that as learned, over images and outputs, for each depth.
        interval: 95 % interval of the last of them, over images; the value twice for a single image.
        chance: Mean over images of the 95 % quantile of the correlation over all shifts of one map.
        classes: The same for each output asked about.
        seed: Of the random layers.
        reason: Why it could not be tested; "" if it was.
    """

    method: str
    images: int = 0
    depths: tuple[int, ...] = ()
    layers: tuple[str, ...] = ()
    correlations: tuple[float, ...] = ()
    interval: tuple[float, float] = (0.0, 0.0)
    chance: float = 0.0
    classes: tuple[ClassTrust, ...] = ()
    seed: int = 0
    reason: str = ""

    @property
    def correlation(self) -> float | None:
        """With all layers drawn anew; None if it was not tested."""
        return self.correlations[-1] if self.correlations else None


@dataclass(frozen=True, slots=True, kw_only=True)
class MethodPair:
    """Two methods held against each other on the same images.

    Attributes:
        methods: Their names.
        correlation: Mean rank correlation of the magnitudes of their maps.
        interval: 95 % interval of the mean, over images.
        chance: Mean over images of the 95 % quantile of the correlation over all shifts of one map.
    """

    methods: tuple[str, str]
    correlation: float
    interval: tuple[float, float]
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Accord:
    """What several methods agree about, over a set of images.

    Attributes:
        images: Images looked at.
        methods: Names of the methods.
        pairs: Every two of them.
        with_itself: For each method: mean rank correlation of its map with its map of the same image under a little noise.
        noise: Standard deviation of that noise, as a share of the image's own.
        seed: Of the noise.
    """

    images: int
    methods: tuple[str, ...]
    pairs: tuple[MethodPair, ...]
    with_itself: tuple[float, ...]
    noise: float
    seed: int
