"""What a store of feature vectors says of itself, and what an extraction did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from striate.records.output import Output, Preprocessing

Pooling = Literal["flat", "average", "max", "generalised"]
Views = Literal["centre", "flips", "crops"]
MemoryFormat = Literal["plain", "channels-last"]


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
        is_staged: Also the ends of two stages and the last hidden layer, for a map through the depth.
        pooling: How maps become vectors; None takes the average. A value without axes of space stays as it is.
        views: What is averaged, see `VectorSpec`.
        is_normalised: Brings vectors to length 1.
        is_reduced: Lets large JPEGs be decoded at a reduced size.
        memory_format: None takes what a store that is there has, or tries both on this machine for a new one.
    """

    layers: tuple[str, ...] = ()
    is_staged: bool = False
    pooling: Pooling | None = None
    views: Views = "centre"
    is_normalised: bool = False
    is_reduced: bool = True
    memory_format: MemoryFormat | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorSpec:
    """What every vector of a store was made with.

    Attributes:
        network: Reference of the network, to load it again; for people if it came from a session.
        weights_key: Content key of its parameters and buffers.
        layers: What is kept, in the order asked for, or by depth with `is_staged`.
        views: "centre" (as the network sees it), "flips" (and mirrored) or "crops" (four corners and the centre, each also
            mirrored), averaged.
        is_normalised: Whether vectors have length 1.
        preprocessing: How samples became inputs.
        output: What the network answers.
        is_reduced: Whether large JPEGs were decoded at a reduced size (see `decode`).
        batch_size: Images in every pass; the last one is filled up, so that a vector's bits do not depend on who shares it.
        memory_format: Of the images and weights: chosen once by trial, and kept.
        default: Name of the layer that is meant where none is named; the first if empty.
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
    default: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    def layer(self, name: str = "") -> VectorLayer | None:
        """Return a layer by its name, the default for no name, None if there is no such layer."""
        wanted = name or self.default or self.layers[0].name
        return next((layer for layer in self.layers if layer.name == wanted), None)

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
        changed: Of them, those whose file changed since, or could not be opened then: their rows were replaced.
        retold: Of them, those whose label, targets, group or part is another now: that was written, their vectors stay.
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
    retold: int
    computed: int
    failed: int
    errors: tuple[tuple[str, int], ...]
    rows: int
    seconds: float
    told_s: float
    image_s: float
