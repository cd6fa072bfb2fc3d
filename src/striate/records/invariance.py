"""What a network's answers and layers do when an image is shifted, turned, scaled, mirrored or lit otherwise."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Steadiness:
    """What one change of the images does to the answers.

    Attributes:
        change: In words: "shift by 1 px".
        images: Images tried; each is a trial of its own, however many directions the change has.
        directions: Ways the change was made in: eight for a shift.
        changed: Images whose answer differs in at least one direction.
        interval: Wilson's 95 % interval of the share of such images.
        mean_changed: Share of the answers that differ, over all directions, 0 … 1.
        accuracy: Share right after the change, over all directions; None without images.
        probability_shift: Mean |change| of the probability of the answer given to the image as it is.
    """

    change: str
    images: int
    directions: int
    changed: int
    interval: tuple[float, float]
    mean_changed: float
    accuracy: float | None
    probability_shift: float

    @property
    def share(self) -> float:
        """Share of the images whose answer differs in at least one direction."""
        return self.changed / max(1, self.images)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stability:
    """What changes of the images do to the answers of a classifier.

    Attributes:
        images: Images tried.
        accuracy: Share right as they are; None without images.
        side_px: The shorter side of the input.
        rows: One for each change.
    """

    images: int
    accuracy: float | None
    side_px: int
    rows: tuple[Steadiness, ...]

    @property
    def by_pixel(self) -> Steadiness | None:
        """The shift by one pixel; None if it was not tried, as on the smallest images."""
        return next((row for row in self.rows if row.change == "shift by 1 px"), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerInvariance:
    """How far one layer's features move when images change; 0 is the same image, 1 another one.

    Attributes:
        layer: Name of the layer.
        shape: Of its features, without the batch.
        stride_px: Input pixels from one place of its map to the next; 0 where it has no map, or nobody knows.
        distance: For each change: mean distance of the features of the changed image from those of the image, over `scale`.
        cosine: For each change: mean cosine between both.
        moved: For each change: mean distance from the features moved as the image was, over `scale`: 0 for a layer whose map goes
            with the image (equivariance). None where the layer has no map, or the change moves nothing.
        is_interpolated: For each change: whether features had to be interpolated between places for that.
        same_class: Mean distance of another image of the same class, over `scale`; None without classes.
        scale: Mean distance of an image of another class (of any other, without classes), in the layer's own unit.
    """

    layer: str
    shape: tuple[int, ...]
    stride_px: float
    distance: tuple[float, ...]
    cosine: tuple[float, ...]
    moved: tuple[float | None, ...]
    is_interpolated: tuple[bool, ...]
    same_class: float | None
    scale: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Invariance:
    """How far the features of every layer move when images change.

    Attributes:
        images: Images measured; each change was made in one of its directions, which take turns.
        changes: In words, in the order of each layer's figures.
        layers: In the order of the network.
    """

    images: int
    changes: tuple[str, ...]
    layers: tuple[LayerInvariance, ...]
