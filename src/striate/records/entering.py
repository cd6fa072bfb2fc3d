"""Whether what enters a network is what it was trained on: its answers under other preprocessing, and other statistics."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """The same network on the same images with one thing otherwise, held against how it is used.

    Attributes:
        name: What is otherwise, in words: "inverted".
        accuracy: Share right, 0 … 1.
        gained: Images that are right only so.
        lost: Images that are right only as the network is used.
        p_value: McNemar's exact test, two-sided: how likely gained and lost are at least so unequal if both are equally good.
    """

    name: str
    accuracy: float
    gained: int
    lost: int
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PreprocessingTrial:
    """Answers to held-out images that enter as they do, and as they would after usual mistakes.

    Attributes:
        images: Images tried.
        accuracy: Share right with the preprocessing in use.
        rivals: Others, in the order they were tried.
    """

    images: int
    accuracy: float
    rivals: tuple[Rival, ...]

    @property
    def best(self) -> Rival | None:
        """The rival with the most right answers; None without any."""
        return max(self.rivals, key=lambda rival: rival.accuracy, default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class NormShift:
    """How far what enters a batch normalisation lies from the statistics it divides by.

    Attributes:
        layer: Name of the op.
        channels: Channels it normalises.
        mean_shift: Median over channels of |mean measured − running mean|, in running standard deviations.
        variance_ratio: Median over channels of the larger of both variances over the smaller; 1 where they are equal.
    """

    layer: str
    channels: int
    mean_shift: float
    variance_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NormTrial:
    """Batch normalisation's running statistics beside those of the data.

    Attributes:
        images: Images tried.
        accuracy: Share right with the running statistics.
        measured: The same network with statistics measured on these data, each half of the images answered with those of the
            other half.
        layers: Each normalisation, in the order of the network.
    """

    images: int
    accuracy: float
    measured: Rival
    layers: tuple[NormShift, ...]
