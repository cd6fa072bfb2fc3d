"""`feature_map`: the samples as points, layer by layer, so that classes are seen coming apart."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from striate.errors import InputError
from striate.events import SILENT, Events, Task
from striate.features.mapping.neighbours import nearest_rows
from striate.features.mapping.tsne import usual_perplexity
from striate.features.mapping.turning import turned
from striate.features.placing import place
from striate.features.space import (
    NEIGHBOURS,
    Numbers,
    Points,
    deciles,
    directions,
    drawn_rows,
    overlap,
    separation,
)
from striate.observe import judge
from striate.records import Array, FeatureMap, MapLayer, Predictions

FEWEST = 10
MOST = 1000


def feature_map(
    features: Mapping[str, Array],
    predictions: Predictions,
    *,
    seed: int = 0,
    most: int = MOST,
    events: Events = SILENT,
) -> FeatureMap:
    """Return the samples placed by t-SNE, one picture a layer, each turned to fit the one before.

    Neighbours, `separation` and `overlap` are those of the full features, centred and compared by
    angle (see `directions`), not those of the picture. Every layer gets the same 500 iterations.

    Args:
        features: (n, f) by name, from the input to the last layer: `PixelCollector`'s as "pixels",
            then `PooledCollector`'s of `map_layers`. Rows are those of the predictions.
        predictions: Of the same pass; they tell class and mistake of every sample.
        seed: Of the t-SNE, and of the choice of samples.
        most: Samples placed; of more, this many are drawn, kept in their order.
        events: Hears "placing the samples" by the layer; may cancel between layers.

    Returns:
        Labels are classes; for several labels the first that holds, or their number if none does;
        for values the decile of the first value. `wrong` is 0 everywhere for values.

    Raises:
        InputError: No features, fewer than 10 samples, or rows that are not those of the
            predictions.
        Cancelled: The watcher asked to stop.

    When it misleads:
        t-SNE finds groups also where there are none, and their distances mean nothing: believe
        `separation`. Samples seen in training come apart better than new ones do.

    Source:
        Rauber et al., "Visualizing the Hidden Activity of Artificial Neural Networks", TVCG 2017.
        Differs: every layer is placed on its own and then turned, instead of all in one
        optimisation.

    Cost:
        About 2 s a layer for 1,000 samples on one core, and a second or more to load openTSNE.

    Example:
        >>> from striate.data import load_data
        >>> from striate.records import Output
        >>> digits = load_data("digits")
        >>> samples = range(0, 5000, 100)
        >>> truth = digits.targets().numpy()[samples]
        >>> answers = Predictions(
        ...     output=digits.output,
        ...     samples=np.array(samples),
        ...     truth=truth,
        ...     scores=np.eye(10)[truth],
        ... )
        >>> pixels = np.stack([digits.read(i).flatten().numpy() for i in samples])
        >>> found = feature_map({"pixels": pixels}, answers)
        >>> found.layers[0].points.shape, round(found.perplexity, 2)
        ((50, 2), 16.33)
    """
    rows = _rows(features, predictions, seed, most)
    labels = _labels(predictions)[rows]
    task = Task("placing the samples", total=len(features), unit="layer", events=events)
    layers: list[MapLayer] = []
    mixing: tuple[int, int, float] | None = None
    for name, values in features.items():
        points, share, mixing = _layer(np.asarray(values)[rows], labels, seed)
        layers.append(
            MapLayer(
                layer=name,
                points=turned(points, layers[-1].points if layers else None)[0],
                separation=share,
            )
        )
        task.advance()
    return FeatureMap(
        samples=np.asarray(predictions.samples, np.int64)[rows],
        labels=labels,
        wrong=(~judge(predictions).right[rows]).astype(np.uint8),
        layers=tuple(layers),
        overlap=mixing,
        perplexity=usual_perplexity(len(rows)),
        seed=seed,
    )


def _layer(values: Array, labels: Numbers, seed: int) -> tuple[Points, float, tuple[int, int, float] | None]:
    space = directions(values)
    if not space.any():
        # All samples are the same here: nobody is nearer than another, so all vote.
        return (
            np.zeros((len(space), 2), np.float32),
            float(np.bincount(labels).max() / len(labels)),
            None,
        )
    neighbours, _ = nearest_rows(space, NEIGHBOURS)
    return place(space, seed=seed), separation(neighbours, labels), overlap(neighbours, labels)


def _rows(features: Mapping[str, Array], predictions: Predictions, seed: int, most: int) -> Numbers:
    count = len(predictions.samples)
    if not features or count < FEWEST or most < FEWEST:
        raise InputError(
            f"a map must have at least one layer and {FEWEST} samples",
            got=(len(features), min(count, most)),
        )
    for name, values in features.items():
        if np.ndim(values) != 2 or len(values) != count:
            raise InputError(
                f"features must be rows, one for each of {count} samples",
                got=np.shape(values),
                where=name,
            )
        if not np.isfinite(values).all():
            raise InputError("features must be finite numbers", got="others", where=name)
    return drawn_rows(count, most, seed)


def _labels(predictions: Predictions) -> Numbers:
    truth = np.asarray(predictions.truth, np.float64)
    if predictions.output.kind == "classes":
        return truth.astype(np.int64)
    if predictions.output.kind == "labels":
        return np.array(np.where(truth.any(1), truth.argmax(1), truth.shape[1]), dtype=np.int64)
    return deciles(truth[:, 0])[0]
