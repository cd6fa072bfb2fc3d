"""What a classifier became when it was made fully convolutional, and what its maps say about an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from striate.records.array import Array

Unit = Literal["probability", "score", "value"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadStep:
    """What one op of the head became.

    Attributes:
        op: Its name in the table.
        kind: Its kind there.
        becomes: The module that stands for it, in words ("convolution 7×7, 512 to 4096").
    """

    op: str
    kind: str
    becomes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A classifier as a fully convolutional network.

    The network's own trunk runs up to its last map; the head slides over that map. Position (i, j) of a map answers for
    the window of the trunk's map that begins there, as the network answers for an image of its own size.

    Attributes:
        trunk: The op whose value is the last map.
        head: What each op behind it became, in order.
        input_shape: The network's own input, (channels, axes…).
        window: The trunk's map at that size, per axis: what one position reads.
        outputs: Maps: scores a position.
        stride_px: Input pixels from one position to the next, per axis.
        field_px: Input pixels one position can see, per axis; () where no rule tells, and without what passes ops that
            see everything.
        centre_px: Middle of the first position's field, per axis; of the crop's where no rule tells.
        padding_px: How far the first position's field reaches beyond the image's border, per axis; () as above.
        padded_at: First op that adds values of its own around a map; "" if none does.
        global_at: First op before the head that looks at the whole map, or whose values depend on where its borders are
            (coordinates, circular padding); "" if none does.
        unknown_at: First op whose reach nobody knows; "" if all are known.
        native_deviation: Largest difference between the two networks' scores at the network's own size, over the largest
            score; on standard-normal images.
    """

    trunk: str
    head: tuple[HeadStep, ...]
    input_shape: tuple[int, ...]
    window: tuple[int, ...]
    outputs: int
    stride_px: tuple[int, ...]
    field_px: tuple[int, ...]
    centre_px: tuple[float, ...]
    padding_px: tuple[int, ...]
    padded_at: str
    global_at: str
    unknown_at: str
    native_deviation: float

    @property
    def is_exact(self) -> bool:
        """Whether every position equals the network on its crop: nothing on the way depends on more than the crop."""
        return not (self.padded_at or self.global_at or self.unknown_at)

    @property
    def is_local(self) -> bool:
        """Whether a position depends on its field alone, so that an image may be done in tiles."""
        return bool(self.field_px) and not (self.global_at or self.unknown_at)

    def document(self) -> dict[str, Any]:
        """Return it as plain values."""
        return asdict(self) | {"is_exact": self.is_exact, "is_local": self.is_local}


@dataclass(frozen=True, slots=True, kw_only=True)
class CropDeviation:
    """How far positions of the maps are from the network's answers on their crops.

    Attributes:
        positions: Positions compared, spread evenly over the map.
        total: Positions whose crop lies inside the image.
        largest: Largest difference of a score, over the largest score of the crops.
        mean: Mean difference, over the same.
        agreement: Share of the positions at which the same class is first.
    """

    positions: int
    total: int
    largest: float
    mean: float
    agreement: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Strongest:
    """Where one output is largest.

    Attributes:
        output: Number of the output, and its `name`.
        value: Its value there, in the reading's unit.
        position: Position on the map, per axis.
        centre_px: Middle of that position's field in the image, per axis.
    """

    output: int
    name: str
    value: float
    position: tuple[int, ...]
    centre_px: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionMaps:
    """What a network says everywhere on one image.

    Attributes:
        names: Name of each output.
        unit: "probability" (softmax over the classes of each position, or the sigmoid of each label), "score" or "value".
        size_px: Height and width of the image.
        stride_px: Pixels from one position to the next; a finer map has a smaller one.
        centre_px: Middle of the first position's field.
        kept: Numbers of the outputs whose maps were kept.
        maps: (kept, rows, columns) float32: their values.
        winner: (rows, columns) int32: the output that is largest at each position.
        winner_value: (rows, columns) float32: its value.
        strongest: One entry an output, the largest value first: its maximum over space. The first is the image's label.
        scaled: The network's own answer for the whole image scaled to its input, (outputs,) float32 in the same unit; what
            to trust for mere recognition. None if it was not asked for.
        deviation: How far the maps are from the answers on crops; None if it was not measured.
        way: How the maps were made: "whole", "tiles", "crops", with finer passes where there were any.
    """

    names: tuple[str, ...]
    unit: Unit
    size_px: tuple[int, int]
    stride_px: tuple[float, float]
    centre_px: tuple[float, float]
    kept: tuple[int, ...]
    maps: Array
    winner: Array
    winner_value: Array
    strongest: tuple[Strongest, ...]
    scaled: Array | None = None
    deviation: CropDeviation | None = None
    way: str = "whole"

    @property
    def label(self) -> Strongest:
        """The output with the largest value anywhere."""
        return self.strongest[0]

    def shares(self) -> Mapping[int, float]:
        """Return the share of positions each output wins, the largest first."""
        numbers: dict[int, int] = {}
        for row in self.winner.tolist():
            for number in row:
                numbers[number] = numbers.get(number, 0) + 1
        total = sum(numbers.values())
        return {number: count / total for number, count in sorted(numbers.items(), key=lambda pair: -pair[1])}


@dataclass(frozen=True, slots=True, kw_only=True)
class TilePlan:
    """An image cut into tiles that overlap by what their positions see.

    Attributes:
        positions: Positions of the whole map, per axis.
        tiles: For each tile and axis: (first position, last + 1), and (first pixel, last + 1) that it reads.
        size_px: Size of the image.
        overhead: Pixels read by all tiles, over those of the image.
        peak_bytes: Memory told beforehand: the image, the maps, and one tile on its way through the network.
    """

    positions: tuple[int, ...]
    tiles: tuple[tuple[tuple[tuple[int, int], tuple[int, int]], ...], ...]
    size_px: tuple[int, ...]
    overhead: float
    peak_bytes: int
