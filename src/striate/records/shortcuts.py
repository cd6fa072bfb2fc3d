"""What a network's answers follow that is not the object: a place, a patch, the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from striate.records.array import Array
from striate.records.intervals import NORMAL_95, wilson

# Top, left, bottom, right in pixels of the input; bottom and right are the first pixel outside.
Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How often something happened.

    Attributes:
        hits: Times it happened.
        trials: Times it was tried.

    Example:
        >>> Counted(hits=3, trials=4).share, [round(end, 3) for end in Counted(hits=3, trials=4).interval()]
        (0.75, [0.301, 0.954])
    """

    hits: int
    trials: int

    @property
    def share(self) -> float:
        """Hits over trials, 0 … 1; 0 if nothing was tried."""
        return self.hits / self.trials if self.trials else 0.0

    def interval(self, z: float = NORMAL_95) -> tuple[float, float]:
        """Return the interval of the share by Wilson, 95 % by default; 0 … 1 if nothing was tried."""
        return wilson(self.share, self.trials, z)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangedPlace:
    """One place whose pixels were exchanged between images.

    Attributes:
        box: The place.
        others: Of images that got the pixels of another class's image there, how many changed their answer.
        own: Of images that got those of another image of their own class, how many did.
        spread: Standard deviation of these pixels within a class, as a share of the same over the whole image.
    """

    box: Box
    others: Counted
    own: Counted
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingPixels:
    """Pixels that are nearly the same in all images of a class, and others in those of the next.

    Attributes:
        mask: (h, w) bool: which.
        told: Share of images whose class the nearest image by these pixels alone has.
        chance: Share of the commonest class.
        others: Of images that got these pixels of another class's image, how many changed their answer.
        own: Of images that got those of another image of their own class, how many did.
    """

    mask: Array
    told: float
    chance: float
    others: Counted
    own: Counted

    @property
    def count(self) -> int:
        """How many pixels there are."""
        return int(self.mask.sum())


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedPatch:
    """A patch of one class's images, pasted at its own place into images of other classes.

    Attributes:
        target: The class it was cut from.
        box: Where.
        sample: Index in the data set of one image it was cut from.
        turned: Of images of other classes, how many became the class.
        elsewhere: The same with patches from other places of the same images.
        own: Of images of the class, how many changed their answer with the patch of another image of it.
        turned_samples: Some of the images that became the class: (its index, index of the image whose patch it got).
    """

    target: int
    box: Box
    sample: int
    turned: Counted
    elsewhere: Counted
    own: Counted
    turned_samples: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Places exchanged between images: all of them on half of the images, what stood out again on the other half.

    At an outlying place pixels vary within a class half as much as those of the whole image or less: what is there is hardly
    the object.

    Attributes:
        boxes: Every place: a square window over the image, then four strips along its borders.
        fall: (places,) float32: mean fall of the probability of an image's class with another class's pixels there.
        own_fall: (places,) float32: the same with pixels of its own class.
        spread: (places,) float32: standard deviation of the pixels within a class over that of the whole image.
        shuffled: What 95 % of the largest mean falls stay below when each image's places are exchanged at random.
        decisive: The outlying place at which another class's pixels took most beyond those of the own class, tried again; None
            if no place is outlying.
        telling: Pixels that tell the class by themselves, tried; None if there are none.
        patches: For each class the outlying patch that made most images its own, tried again; most first;
            empty if no place is outlying.
        images: Images answered right that were exchanged.
        passes: Forward passes the exchange took.
    """

    boxes: tuple[Box, ...]
    fall: Array
    own_fall: Array
    spread: Array
    shuffled: float
    decisive: ExchangedPlace | None
    telling: TellingPixels | None
    patches: tuple[PastedPatch, ...]
    images: int
    passes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackgroundPair:
    """Two classes by their background alone.

    Attributes:
        one: A class.
        other: Another.
        right: Of their images with the object covered, how many score higher for their own of the two.
    """

    one: int
    other: int
    right: Counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """Answers to what is not the object.

    Attributes:
        known_share: Share of the images whose object is known.
        is_given: Whether the objects were given; otherwise they were found by their brightness or colour.
        alone: Of images with the object covered, how many are answered right; as many of each class.
        chance: What chance would answer right, 0 … 1.
        permuted: What 95 % of the shares stay below when classes are exchanged at random between these answers.
        pair: The two classes told apart best by their backgrounds.
        pairs: Pairs that were compared.
        moved: Of objects put on the background of another class, how many got that class.
        kept: How many of those kept their own.
        own: Of objects put on the background of another image of their class, how many changed their answer.
        moved_samples: Some: (index of the object's image, index of the background's, the answer).
    """

    known_share: float
    is_given: bool
    alone: Counted
    chance: float
    permuted: float
    pair: BackgroundPair | None
    pairs: int
    moved: Counted
    kept: Counted
    own: Counted
    moved_samples: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OnObject:
    """How much of what covering takes from the answer lies on the objects that were given.

    Attributes:
        shares: (n,) float32: share of the falls on the object, of each image.
        areas: (n,) float32: share of the image the object covers.
        shifted: (n,) float32: mean share on the same mask moved about at random.
        samples: (n,) indices in the data set.
        window_px: Side of the square that covered (height, width).
        shifted_low: What 2.5 % of the mean shares over all images lie below when the masks are moved about at random; None if
            that is not known.
    """

    shares: Array
    areas: Array
    shifted: Array
    samples: tuple[int, ...]
    window_px: tuple[int, ...]
    shifted_low: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortcuts:
    """What was tried to find out whether a network takes shortcuts.

    Attributes:
        images: Images looked at.
        right: Of these, how many were answered right; the others take no part.
        exchange: Places exchanged between images; None for the reason in `unexchanged`.
        background: Answers to backgrounds; None where objects are not known.
        on_object: Where the effect of covering lies; None where no objects were given, or it would cost too much.
        unexchanged: "images" if places were not exchanged since too few images are answered right, "passes" if it would have
            cost too much; else "".
    """

    images: int
    right: int
    exchange: Exchange | None = None
    background: Background | None = None
    on_object: OnObject | None = None
    unexchanged: Literal["", "images", "passes"] = ""
