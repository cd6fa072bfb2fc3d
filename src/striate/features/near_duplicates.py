"""Near-duplicates: which samples are so alike that a split must not divide them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from striate.analyse import layers
from striate.data import Dataset
from striate.data.grey import grey_rows, small_words
from striate.data.nearest import BLOCK_ROWS, Numbers, Rows, unit_rows
from striate.errors import InputError
from striate.events import SILENT, Events
from striate.features.alike import alike, contents_of, numbered
from striate.features.map_layers import default_feature_layer
from striate.features.space import directions
from striate.nets import Network
from striate.numbers import percent, plural
from striate.observe import PooledCollector, observe
from striate.trace import trace


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Likeness:
    """How alike all samples of a data set are.

    Attributes:
        rows: (n, f) float32 of length 1: what was compared.
        features: That in words.
        limit: Cosine from which two samples count as near-duplicates.
        limit_from: How the limit was found, in words.
        clusters: (n,) int64: samples with one number are near-duplicates or have the same content, also through others.
        pairs: The alikest near-duplicates of different content, at most 1,000, as (index, index, cosine), alikest first.
        pair_count: How many there are.
        differing: How many of them differ in their targets.
    """

    rows: Rows
    features: str
    limit: float
    limit_from: str
    clusters: Numbers
    pairs: tuple[tuple[int, int, float], ...]
    pair_count: int
    differing: int

    def labels(self, dataset: Dataset) -> tuple[str | None, ...]:
        """Return a label for each sample that has near-duplicates, for `with_groups`; None for one without.

        The label is the smallest id of the cluster, so that it does not depend on the order of the samples.
        """
        ids: dict[int, str] = {}
        counts = np.bincount(self.clusters)
        for sample, number in zip(dataset.samples, self.clusters.tolist(), strict=True):
            ids[number] = min(ids.get(number, sample.id), sample.id)
        return tuple(ids[number] if counts[number] > 1 else None for number in self.clusters.tolist())


def likeness(
    dataset: Dataset,
    network: Network | None = None,
    *,
    layer: str = "",
    limit: float | None = None,
    events: Events = SILENT,
) -> Likeness:
    """Return which samples are near-duplicates: cosines of all pairs, exactly, and a limit measured on the data.

    Two images of different classes are no copies of one another. So the limit is a twentieth of the distance
    (1 − cosine) that the alikest such pairs keep: the 1 % quantile, over at most 2,000 samples, of the distance to the
    nearest sample of another class. Values and labels have no classes: there it is a twentieth of the median distance to
    the nearest other sample. On the digits, whose alikest pair is 0.0099 apart, it comes to 0.0055. It is never
    more than 0.008: where classes are far apart, a twentieth would take what is merely alike for copies.

    Args:
        dataset: All its samples are compared.
        network: Its features are compared; without one, 32×32 grey pixels with their mean taken off (see `grey_rows`).
        layer: Name of a layer or op of the network; the one its first fully connected layer reads if empty.
        limit: A cosine of your own, −1 … 1, in place of the measured one.
        events: Hears progress by task; may cancel.

    Raises:
        InputError: A limit that is no cosine; a layer without a network.
        UnknownNameError: A layer the network has not.

    When it misleads:
        Features of a network trained on these very classes fold a class together, and its images seem copies: take a
        network trained on something else, or an early layer. Pixels do not see a copy that was turned over or cropped by
        a tenth. If most of the data are copies and there are no classes, the measured limit is too strict.

    Cost:
        n² / 2 products of f numbers: about a second for 5,000 digits; memory for the rows and 32 MiB.

    Source:
        Barz and Denzler, "Do We Train on Test Data? Purging CIFAR of Near-Duplicates", Journal of Imaging 2020 (section 3:
        cosine of pooled features). Differs: the limit is measured; there, people judged every pair.

    Example:
        >>> from striate.data import load_data
        >>> found = likeness(load_data("digits"))
        >>> found.pair_count, round(1 - found.limit, 3)
        (0, 0.005)
    """
    if limit is not None and not -1 <= limit <= 1:
        raise InputError("a limit must be a cosine, −1 … 1", got=limit)
    if layer and network is None:
        raise InputError("a layer must come with a network", got=layer)
    rows, features = _rows(dataset, network, layer, events)
    return likeness_of(dataset, rows, features, limit=limit)


def likeness_of(dataset: Dataset, rows: Rows, features: str, *, limit: float | None = None) -> Likeness:
    """Return which samples are near-duplicates by features that are there already; see `likeness`.

    Args:
        dataset: The data.
        rows: (n, f) float32 of length 1, in the order of its samples: `feature_rows` makes them.
        features: What they are, in words.
        limit: As for `likeness`.
    """
    contents = contents_of([sample.content for sample in dataset.samples])
    found = alike(
        rows[contents.first] if len(contents.copies) else rows,
        contents,
        numbered([sample.target for sample in dataset.samples]),
        has_classes=dataset.output.kind == "classes",
        limit=limit,
    )
    return Likeness(
        rows=rows,
        features=features,
        limit=found.limit,
        limit_from=found.limit_from,
        clusters=found.clusters,
        pairs=tuple(zip(found.one.tolist(), found.other.tolist(), found.cosine.tolist(), strict=True)),
        pair_count=found.pair_count,
        differing=found.differing,
    )


def _rows(dataset: Dataset, network: Network | None, layer: str, events: Events) -> tuple[Rows, str]:
    everything = tuple(range(len(dataset)))
    if network is None:
        return grey_rows(dataset, everything, events=events), small_words(dataset)
    recording = trace(network.module, (1, *network.input_shape))
    name = layer or default_feature_layer(layers(recording.graph), recording.graph)
    collector = PooledCollector([name])
    observe(network, dataset, everything, [collector], events=events, recording=recording)
    return feature_rows(collector.result()[name]), f"pooled features of {name}"


def feature_rows(features: Any, places: Numbers | None = None) -> Rows:  # noqa: ANN401 - an array of any float type
    """Return pooled features (n, f) as they are compared: centred, each sample as a direction of length 1.

    Args:
        features: Of all samples; their mean is the centre.
        places: Only these are returned.
    """
    rows = directions(features, places)
    for top in range(0, len(rows), BLOCK_ROWS):
        rows[top : top + BLOCK_ROWS] = unit_rows(rows[top : top + BLOCK_ROWS])
    return rows


def likeness_words(found: Likeness, dataset: Dataset) -> str:
    """Return the near-duplicates in a sentence."""
    sizes = np.bincount(found.clusters)
    held = int(sizes[sizes > 1].sum())
    if not held:
        return f"No near-duplicates ({found.features}, cosine of at least {found.limit:.4f}: {found.limit_from})."
    share = percent(held / len(dataset), 1)
    digits = max(4, math.ceil(-math.log10(max(1 - found.limit, 1e-6))) + 1)
    return (
        f"{held} samples ({share}) are near-duplicates or copies of others, in {plural(int((sizes > 1).sum()), 'group')} "
        f"({found.features}, cosine of at least {found.limit:.{digits}f}: {found.limit_from})."
    )
