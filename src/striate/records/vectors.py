"""What a store of feature vectors says of itself, and what an extraction did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from striate.records.output import Output, Preprocessing

Pooling = Literal["flat", "average", "max", "generalised"]
Views = Literal["centre", "flips", "crops"]
MemoryFormat = Literal["plain", "channels-last"]

VIEW_COUNTS: Mapping[Views, int] = {"centre": 1, "flips": 2, "crops": 10}


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorLayer:
    """One layer whose values a store keeps.

    Attributes:
        name: The op whose value it is ("flatten1", "layer3.1.relu").
        column: The table's column.
        size: Numbers in a vector.
        pooling: How a map became a vector: "flat" (every value, in memory order), the "average" or "max" over space, or the
            "generalised" mean, the third root of the mean of cubes.
    """

    name: str
    column: str
    size: int
    pooling: Pooling


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorChoice:
    """What is asked for when vectors are taken from a network.

    Attributes:
        layers: Names of layers (their activation) or ops; none takes the value that enters the first fully connected layer.
        pooling: How maps become vectors; None takes the average. A value without axes of space stays as it is.
        views: What is averaged, see `VectorSpec`.
        is_normalised: Brings vectors to length 1.
        is_reduced: Lets large JPEGs be decoded at a reduced size.
    """

    layers: tuple[str, ...] = ()
    pooling: Pooling | None = None
    views: Views = "centre"
    is_normalised: bool = False
    is_reduced: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorSpec:
    """What every vector of a store was made with.

    Attributes:
        network: Reference of the network, to load it again; for people if it came from a session.
        weights_key: Content key of its parameters and buffers.
        layers: What is kept, the first by default.
        views: "centre" (as the network sees it), "flips" (and mirrored) or "crops" (four corners and the centre, each also
            mirrored), averaged.
        is_normalised: Whether vectors have length 1.
        preprocessing: How samples became inputs.
        output: What the network answers.
        is_reduced: Whether large JPEGs were decoded at a reduced size (see `decode`).
        batch_size: Images in every pass; the last one is filled up, so that a vector's bits do not depend on who shares it.
        memory_format: Of the images and weights: chosen once by trial, and kept.
        versions: Of Python, Striate and torch when the store was begun.
    """

    network: str
    weights_key: str
    layers: tuple[VectorLayer, ...]
    views: Views
    is_normalised: bool
    preprocessing: Preprocessing
    output: Output
    is_reduced: bool
    batch_size: int
    memory_format: MemoryFormat
    versions: Mapping[str, str] = field(default_factory=dict)

    def layer(self, name: str = "") -> VectorLayer | None:
        """Return a layer by its name, the first for no name, None if there is no such layer."""
        return next((layer for layer in self.layers if name in {"", layer.name}), None)

    def difference(self, other: VectorSpec) -> tuple[str, object, object] | None:
        """Return the first thing in which the vectors of two specifications would differ: what, here, there; or None.

        Batch size and memory format differ in rounding only, references and versions not at all.
        """
        for name in ("weights_key", "layers", "views", "is_normalised", "preprocessing", "is_reduced"):
            own, others = getattr(self, name), getattr(other, name)
            if own != others:
                return name, own, others
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreVersion:
    """One version of a store: every append and every deletion makes one.

    Attributes:
        number: Counts from 1.
        written: When, ISO 8601, UTC.
    """

    number: int
    written: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What an extraction did.

    Attributes:
        address: Of the store.
        asked: Files or samples that were to be in it.
        stored: Of them, those that were there already.
        changed: Of them, those whose file changed since: their rows were replaced.
        computed: Of them, those that were read now.
        failed: Of those read now, those that could not be read, or gave no finite vector: rows with an error.
        errors: The commonest reasons, with how often each.
        rows: Rows in the store now.
        seconds: What it took.
        told_s: What was told beforehand.
        image_s: Seconds an image, all lanes together.
    """

    address: str
    asked: int
    stored: int
    changed: int
    computed: int
    failed: int
    errors: tuple[tuple[str, int], ...]
    rows: int
    seconds: float
    told_s: float
    image_s: float
