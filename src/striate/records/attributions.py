"""What saliency methods return: maps of one network's scores at an image, and figures about them."""

from __future__ import annotations

from dataclasses import dataclass

from striate.records.array import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """One saliency method's maps of one image, one for each score asked about.

    Attributes:
        method: Name of the method ("grad_cam").
        sample: Place of the image in the batch.
        targets: The k output units asked about.
        maps: (k, channels, axes…) float32, signed, on their own scale: the input's size, or that of `layer`, then with one
            channel.
        scores: (k,) float32: each unit's score, before softmax.
        probabilities: (k,) float32: what the scores mean: probabilities, or values.
        unit: What a map's numbers are ("score per unit of input").
        layer: Name of the op whose map it is; "" for the input.
        settings: What was chosen, by name.
        gaps: (k,) float32: sum of the map − change of the score from the baseline; None where no sum is promised.
        forward_passes: Forward passes for this image.
        backward_passes: Backward passes for this image, all scores together.
        seconds: Its share of the time it took.
        notes: What a reader must know: computed in float32, activations that are no ReLU, a map of zeros.
    """

    method: str
    sample: int
    targets: tuple[int, ...]
    maps: Array
    scores: Array
    probabilities: Array
    unit: str
    layer: str = ""
    settings: tuple[tuple[str, str | int | float], ...] = ()
    gaps: Array | None = None
    forward_passes: int = 1
    backward_passes: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearView:
    """How far around an image its gradient foretells the score.

    Attributes:
        sample: Place of the image in the batch.
        target: Output unit.
        tolerance: Share of the foretold change by which the true one may be off.
        steps: (s,) float32: root mean square of the change over all pixels and channels, in units of the input.
        along_gradient: (s,) float32: share of the foretold change by which the true one is off, going up the gradient; at most
            10⁶.
        along_random: (r, s) float32: the same along random directions.
        holds_gradient: Largest of the steps up to which it is within tolerance up the gradient; 0 if at none, or if the
            gradient is zero; infinite if at all.
        holds_random: Median of that over the random directions.
        seed: Of the random directions.
        notes: What a reader must know: a gradient of zero, half precision.
    """

    sample: int
    target: int
    tolerance: float
    steps: Array
    along_gradient: Array
    along_random: Array
    holds_gradient: float
    holds_random: float
    seed: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How alike several methods' maps of one image are.

    Attributes:
        methods: Their names, m of them.
        correlations: (m, m) float32: rank correlation of magnitudes.
        chance: (m, m) float32: the 95 % quantile of that over all shifts of one map round the edges, by which neighbouring
            pixels stay alike.
    """

    methods: tuple[str, ...]
    correlations: Array
    chance: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomisedLayers:
    """What is left of a method's maps when layers are drawn anew from the last to the first.

    Attributes:
        method: Name of the saliency method.
        depths: (d,) How many layers with weights were drawn anew, from the last.
        layers: The first of them, for each depth.
        correlations: (d, n) float32: rank correlation of |map| with that of the network as learned, for each image.
        chance: (n,) float32: the 95 % quantile of that correlation over all shifts of the map of the deepest network.
        seed: Of the random layers.
    """

    method: str
    depths: tuple[int, ...]
    layers: tuple[str, ...]
    correlations: Array
    chance: Array
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelCurve:
    """A class's probability while pixels are deleted or inserted in the order of a map.

    Attributes:
        way: "deletion" or "insertion".
        shares: (s,) float32: share of the pixels deleted or inserted, 0 … 1.
        probabilities: (s,) float32: the probability, or the value, then.
        area: Area under the curve, by trapezes; of probabilities 0 … 1.
    """

    way: str
    shares: Array
    probabilities: Array
    area: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelCurves:
    """Both curves of one image, in the order of one map.

    Attributes:
        sample: Place of the image in the batch.
        target: Output unit.
        method: Name of the saliency method whose map it is.
        deletion: From the image to the baseline, the largest values first.
        insertion: From the baseline to the image, the largest values first.
    """

    sample: int
    target: int
    method: str
    deletion: PixelCurve
    insertion: PixelCurve
