"""What covering regions of an image, and switching off channels of a layer, showed."""

from __future__ import annotations

from dataclasses import dataclass

from striate.records.array import Array
from striate.records.occlusion_plan import OcclusionPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentOcclusion:
    """Outputs while one segment of an image at a time is covered.

    Attributes:
        sample: Index of the image in the batch.
        labels: (axes…) int32: which segment each place of the image is in, 0 … segments − 1.
        numbers: (segments,) int32: what each was numbered in the label map it is of.
        sizes_px: (segments,) int32: places of each.
        clean: (k,) float32: outputs for the uncovered image: probabilities, or values.
        grid: (segments, k) float32: outputs with each segment covered; NaN where nobody looked.
        looked: (segments,) bool: segments that somebody looked at.
        plan: How it was computed, and why so.
    """

    sample: int
    labels: Array
    numbers: Array
    sizes_px: Array
    clean: Array
    grid: Array
    looked: Array
    plan: OcclusionPlan

    @property
    def winners(self) -> Array:
        """(segments,) int64: the output that is highest with each segment covered; 0 where nobody looked."""
        return self.grid.argmax(-1)

    def map_of(self, unit: int) -> Array:
        """Return (axes…) float32: covered − clean of one output, written over each segment; NaN where nobody looked."""
        return (self.grid[:, unit] - self.clean[unit])[self.labels]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureOcclusion:
    """Outputs while one channel of a layer at a time is switched off, for one image.

    Attributes:
        sample: Index of the image in the batch.
        layer: Name of the layer.
        tap: Name of the op whose value was changed: the last of the layer, after its normalisation and activation.
        fill: What stood instead: "zero", "map mean" or "data mean".
        channels: (m,) int32: which were switched off.
        instead: (m,) float32: the value that stood instead.
        removed: (m,) float32: mean absolute difference between a channel's map and that value; 0 where nothing was taken away.
        clean: (k,) float32: outputs with all channels: probabilities, or values.
        grid: (m, k) float32: outputs without each channel; NaN where nobody looked.
        looked: (m,) bool: channels that somebody switched off.
        reason: Why ways past the layer were computed again too; empty if only what follows from it was.
    """

    sample: int
    layer: str
    tap: str
    fill: str
    channels: Array
    instead: Array
    removed: Array
    clean: Array
    grid: Array
    looked: Array
    reason: str

    @property
    def winners(self) -> Array:
        """(m,) int64: the output that is highest without each channel; 0 where nobody looked."""
        return self.grid.argmax(-1)

    @property
    def changes(self) -> Array:
        """(m, k) float32: without the channel − with it: below zero where the output needs the channel."""
        return self.grid - self.clean
