"""Judgement of units: do their strongest images have something in common, one thing, and which other units say the same?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from striate.errors import InputError
from striate.numbers import measure, percent, plural
from striate.observe.survey.chance import (
    Interval,
    TwoGroups,
    chance_coherence,
    chance_entropy_bits,
    coherence,
    directions,
    entropy_bits,
    two_groups,
)
from striate.observe.twins import likeness
from striate.records.unit_survey import Survey, SurveyedLayer, UnitJudgement

# Images whose features stand for all in what chance gives, at most.
POOL = 4096
# Correlation over images above which two units say the same.
TWIN = 0.95
# Fewer images than this fall into two groups whatever they are.
FEWEST_IN_GROUPS = 12
# Below this a division in two is called one: of a hundred units that answer to one cloud, one is below.
DIVIDED = 0.01
Numbers = npt.NDArray[np.float64]


def judge_units(
    survey: Survey, layer: str, units: Sequence[int] | None = None, *, seed: int = 0
) -> tuple[UnitJudgement, ...]:
    """Return a judgement of each unit of a layer.

    The figures rest on a unit's strongest images: as many as were counted, but no more than a tenth of all (at least k), and of
    a layer that ends in a ReLU only those it fired on. Features are the survey's, seen from their mean over the data.

    Args:
        survey: With statistics.
        layer: Name of the layer.
        units: Which; None takes all.
        seed: Of the random sets.

    Raises:
        UnknownNameError: No such layer.
        InputError: No such unit.

    When it misleads:
        Images are compared whole: two units of an early layer may answer to quite different parts of images that are alike. Of
        many units some are beyond chance by chance: of 100 about 2 are above the interval, and about 1 falls into two groups.
        In the last layers features and units are nearly the same thing: coherence there is no surprise.

    Source:
        Coherence after Zhou et al., "Object Detectors Emerge in Deep Scene CNNs", ICLR 2015, who asked people; the cosine of
        features stands in for them. Two groups: `chance.two_groups`.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.data import load_data
        >>> from striate.nets import load_network
        >>> from striate.observe.survey import survey
        >>> net = load_network(Blueprint.from_text("input 1x28x28; conv 5x5 4, relu; maxpool 4; fc 16, relu; classes 10"))
        >>> found = survey(net, load_data("digits"), range(0, 5000, 50))
        >>> [len(one.verdicts) >= 2 for one in judge_units(found, "conv1", [0, 1])]
        [True, True]
    """
    one = survey.layer(layer)
    chosen = range(one.units) if units is None else units
    for unit in chosen:
        if not 0 <= unit < one.units:
            raise InputError(f"a unit's number must be 0 … {one.units - 1}", got=unit, where=one.layer)
    sets = _Sets(survey, seed)
    alike = _alike(one)
    return tuple(_judged(survey, one, unit, sets, alike) for unit in chosen)


class _Sets:
    """Sets of images of a survey, and what chance gives for each size of them."""

    def __init__(self, survey: Survey, seed: int) -> None:
        self._survey, self._seed = survey, seed
        self._order = np.argsort(survey.samples)
        self._coherence: dict[int, Interval] = {}
        self._entropy: dict[int, Interval] = {}
        self._centre: Numbers = np.zeros(0)
        self._pool: Numbers = np.zeros((0, 0))
        if survey.features is not None:
            count = len(survey.samples)
            chosen = np.arange(min(count, POOL)) * count // min(count, POOL)
            pool = np.asarray(survey.features[chosen], np.float64)
            is_finite = np.isfinite(pool).all(1)
            self._centre = pool[is_finite].mean(0) if is_finite.any() else np.zeros(pool.shape[1])
            self._pool = directions(pool[is_finite], self._centre)
        self.class_counts = None
        if survey.targets is not None:
            self.class_counts = np.bincount(survey.targets, minlength=len(survey.class_names)).astype(np.int64)

    def orders(self, samples: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Return the images' numbers in the survey."""
        return np.asarray(self._order[np.searchsorted(self._survey.samples[self._order], samples)])

    def features(self, orders: npt.NDArray[np.int64]) -> Numbers | None:
        """Return the images' features, their mean over all images taken off; None where there are none."""
        if self._survey.features is None or not len(orders):
            return None
        found = self._survey.features[np.sort(orders)].astype(np.float64) - self._centre
        return found[np.argsort(np.argsort(orders))] if np.isfinite(found).all() else None

    def directed(self, orders: npt.NDArray[np.int64]) -> Numbers | None:
        """Return the images' features as directions; None where there are none."""
        if self._survey.features is None or not len(orders):
            return None
        found = directions(self._survey.features[np.sort(orders)], self._centre)
        return found[np.argsort(np.argsort(orders))] if np.isfinite(found).all() else None

    def chance_coherence(self, size: int) -> Interval:
        if size not in self._coherence:
            self._coherence[size] = chance_coherence(self._pool, min(size, len(self._pool)), seed=self._seed)
        return self._coherence[size]

    def chance_entropy(self, size: int) -> Interval:
        if size not in self._entropy:
            counts = np.zeros(1, np.int64) if self.class_counts is None else self.class_counts
            self._entropy[size] = chance_entropy_bits(counts, size, seed=self._seed)
        return self._entropy[size]

    def divided(self, orders: npt.NDArray[np.int64]) -> TwoGroups | None:
        # Not of directions: on the sphere one long cloud is two.
        found = self.features(orders)
        return None if found is None or len(found) < FEWEST_IN_GROUPS else two_groups(found, seed=self._seed)


def strongest(layer: SurveyedLayer, unit: int, images: int) -> npt.NDArray[np.int64]:
    """Return the strongest images of a unit that a judgement rests on, positions in the data set."""
    k = layer.places.shape[1]
    count = min(layer.samples.shape[1], max(k, images // 10))
    samples = layer.samples[unit, :count]
    return np.asarray(samples[layer.values[unit, :count] > 0] if layer.is_rectified else samples)


def _judged(survey: Survey, layer: SurveyedLayer, unit: int, sets: _Sets, alike: Numbers | None) -> UnitJudgement:
    samples = strongest(layer, unit, len(survey.samples))
    orders = sets.orders(samples)
    directed = sets.directed(orders)
    held = None if directed is None or len(directed) < 2 else float(coherence(directed[None])[0])
    divided = sets.divided(orders)
    counts = None
    if survey.targets is not None and len(orders):
        counts = np.bincount(survey.targets[orders], minlength=len(survey.class_names)).astype(np.int64)
    statistics = layer.statistics
    found = UnitJudgement(
        layer=layer.layer,
        unit=int(unit),
        images=len(samples),
        is_dead=bool(layer.dead[unit]),
        always_on=statistics is not None and bool(statistics.always_on[unit]),
        coherence=held,
        chance_coherence=None if held is None else sets.chance_coherence(len(samples)),
        class_counts=counts,
        entropy_bits=None if counts is None else float(entropy_bits(counts)),
        chance_entropy_bits=None if counts is None else sets.chance_entropy(len(samples)),
        two_groups=None if divided is None else divided.left,
        two_groups_p=None if divided is None else divided.p,
        groups=None if divided is None else divided.groups,
        twins=_twins(unit, alike),
        verdicts=(),
    )
    return replace(found, verdicts=verdicts(found, survey.class_names, is_rectified=layer.is_rectified))


def verdicts(found: UnitJudgement, names: Sequence[str], *, is_rectified: bool) -> tuple[str, ...]:
    """Return a sentence for each figure of a judgement."""
    told: list[str] = []
    if found.is_dead and is_rectified:
        return ("It was never on: dead on these images.",)
    if found.always_on and is_rectified:
        told.append("It was on at every position of every image: its ReLU does nothing.")
    if found.coherence is not None and found.chance_coherence is not None:
        told.append(_told_coherence(found.coherence, found.chance_coherence))
    if found.entropy_bits is not None and found.chance_entropy_bits is not None and found.class_counts is not None:
        told.append(_told_classes(found.class_counts, found.entropy_bits, found.chance_entropy_bits, names))
    if found.two_groups is not None and found.two_groups_p is not None and found.groups is not None:
        told.append(_told_groups(found.two_groups, found.two_groups_p, found.groups))
    if found.twins:
        unit, value = found.twins[0]
        more = f", and {plural(len(found.twins) - 1, 'other')}" if len(found.twins) > 1 else ""
        told.append(f"Unit {unit} answers to the same images (correlation {value:.3f}){more}.")
    return tuple(told) or ("Too few images for a judgement.",)


def _told_coherence(value: float, chance: Interval) -> str:
    beside = f"(mean cosine {measure(value, 2)}, random sets {measure(chance[0], 2)} to {measure(chance[1], 2)})"
    if value > chance[1]:
        return f"Its images are alike {beside}."
    if value < chance[0]:
        return f"Its images are less alike than random ones {beside}."
    return f"Its images are no more alike than random ones {beside}."


def _told_classes(counts: npt.NDArray[np.int64], bits: float, chance: Interval, names: Sequence[str]) -> str:
    best = int(counts.argmax())
    beside = f"(entropy {bits:.2f} bits, random sets {chance[0]:.2f} to {chance[1]:.2f})"
    share = f"{percent(counts[best] / counts.sum(), 0)} of them are {names[best]}"
    if int((counts > 0).sum()) <= 1 and chance[1] == 0:
        return "There is one class only: nothing to choose from."
    if bits < chance[0]:
        return f"It picks classes: {share} {beside}."
    return f"It picks no class: {share} {beside}."


def _told_groups(left: float, p: float, groups: npt.NDArray[np.int64]) -> str:
    sizes = sorted((int((groups == 0).sum()), int((groups == 1).sum())), reverse=True)
    beside = f"(two groups leave {percent(left, 0)} of the spread, p {p:.3f})"
    if p <= DIVIDED:
        return f"They are two different things: {sizes[0]} and {sizes[1]} images {beside}."
    return f"They are one cloud {beside}."


def _alike(layer: SurveyedLayer) -> Numbers | None:
    """Return the correlations of the units' responses over images, (units, units); None of fewer than three images."""
    if layer.statistics is None or len(layer.statistics.responses) < 3:
        return None
    return np.asarray(likeness(layer.statistics.responses))


def _twins(unit: int, alike: Numbers | None) -> tuple[tuple[int, float], ...]:
    if alike is None:
        return ()
    row = alike[unit].copy()
    row[unit] = 0
    order = np.argsort(-row, kind="stable")
    return tuple((int(other), float(row[other])) for other in order if row[other] > TWIN)
