"""What one layer's weights show: pictures, norms, duplicates, what is dead, rank; and what they are of the input."""

from __future__ import annotations

from dataclasses import dataclass

from striate.records.array import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Spectrum:
    """Singular values of a layer's weights as a matrix, beside those of a random start of the same size.

    Attributes:
        values: (r,) float32, falling.
        random_values: (r,) float32 of normal weights, scaled to the same sum of squares.
        effective_rank: exp of the entropy of the singular values as shares, 1 … r; 0 for weights of zero.
        random_effective_rank: The same of the random ones.
    """

    values: Array
    random_values: Array
    effective_rank: float
    random_effective_rank: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """Which wave each filter answers to most: the peak of its Fourier transform.

    Attributes:
        cycles_per_px: (n,) float32, 0 … 0.71; 0 where the mean is the peak (a blob, a blur).
        orientation_deg: (n,) float32, 0 … 180: the direction across the stripes, counter-clockwise from "to the right";
            0 without a wave. None for filters that are no pictures.
        colour_share: (n,) float32: share of a filter's power in what differs between the three colours; None unless there
            are three. Grey filters have 0, random ones 2/3.
    """

    cycles_per_px: Array
    orientation_deg: Array | None
    colour_share: Array | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerWeights:
    """The weights of one convolution or fully connected layer.

    Attributes:
        layer: Name of its op.
        key: Name of the weight in the state dict; "" where it is computed on the way.
        weights: (n, c, kernel…) float32: one filter a row, also of transposed convolutions; c input channels of a group.
        groups: Groups of channels.
        reads_input: Whether the layer reads the network's input.
        shared_with: Other ops that use the same weight.
        norms: (n,) float32: length of each filter.
        input_norms: (input channels,) float32: length of all weights that read a channel.
        dead: Filters that give nothing of their own: length times normalisation's factor at most 1/1,000 of its 90 % quantile.
        dead_inputs: Input channels nobody reads, by the same limit.
        copies: Groups of filters that are copies of each other, by falling size.
        copy_limit: The cosine above which two filters are copies.
        random_cosine: The highest cosine in a layer of as many random filters (95 % of such layers stay below).
        closest: The most alike pair and its cosine; None with fewer than two filters.
        detail: (n,) float32: share of each filter's power at wavelengths under 4 pixels; None for kernels of one place.
        random_band: 5 % and 95 % quantile of that share over random filters; None with `detail`.
        spectrum: Singular values and effective rank.
        waves: Frequency and orientation, of a layer that reads the input; else None.
        notes: Sentences about what is unusual.
    """

    layer: str
    key: str
    weights: Array
    groups: int
    reads_input: bool
    shared_with: tuple[str, ...]
    norms: Array
    input_norms: Array
    dead: tuple[int, ...]
    dead_inputs: tuple[int, ...]
    copies: tuple[tuple[int, ...], ...]
    copy_limit: float
    random_cosine: float
    closest: tuple[int, int, float] | None
    detail: Array | None
    random_band: tuple[float, float] | None
    spectrum: Spectrum
    waves: Waves | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveFilters:
    """What units of a layer are of the input, were every activation the identity.

    Attributes:
        layer: Name of the layer.
        units: Which of its units.
        place: Which place of the layer's map; empty for a vector.
        filters: (units, c, sides…) float32: change of the unit's value by a unit of the (preprocessed) input.
        corner_px: First pixel of the pictures, on each axis.
        offsets: (units,) float32: value for an input of zeros.
        passed: How many activations were passed through as the identity.
        averaged: How many max poolings were taken as means.
        notes: Sentences about what that leaves out.
    """

    layer: str
    units: tuple[int, ...]
    place: tuple[int, ...]
    filters: Array
    corner_px: tuple[int, ...]
    offsets: Array
    passed: int
    averaged: int
    notes: tuple[str, ...] = ()
