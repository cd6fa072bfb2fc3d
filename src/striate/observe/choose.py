"""Which images to show a reader: chosen by rules that are said, not picked."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from striate.observe.judge import Judgement, judge
from striate.records import Chosen, Predictions

# Probabilities closer than this count as equal: the last digits differ between machines.
EQUAL = 1e-4
Positions = npt.NDArray[np.int64]


def choose(predictions: Predictions) -> tuple[Chosen, ...]:
    """Return up to three images, by rules, in this order.

    Classes and labels: "right, surely" (right with the highest probability), "right, barely" (right
    with the lowest, and another image), "wrong, surely" (wrong with the highest). Values: "closest"
    (smallest absolute error), "typical" (median error), "farthest" (largest). Of images within
    0.0001 of the extreme the one with the lowest index in the data set is taken. A rule no image
    fits is left out.

    Example:
        >>> import numpy as np
        >>> from striate.records import Output
        >>> scores = np.array([[0.9, 0.1], [0.6, 0.4], [0.7, 0.3]], np.float32)
        >>> output = Output(kind="classes", names=("cat", "dog"))
        >>> answers = Predictions(
        ...     output=output, samples=np.arange(3), truth=np.array([0, 0, 1]), scores=scores
        ... )
        >>> [(chosen.rule, chosen.sample) for chosen in choose(answers)]
        [('right, surely', 0), ('right, barely', 1), ('wrong, surely', 2)]
    """
    if len(predictions.samples) == 0:
        return ()
    judged = judge(predictions)
    samples = np.asarray(predictions.samples)
    if predictions.output.kind == "values":
        return _by_error(judged, samples)
    right, wrong = np.flatnonzero(judged.right), np.flatnonzero(~judged.right)
    picked: list[tuple[str, int]] = []
    if right.size:
        surest = _extreme(right, judged.probability, samples)
        picked.append(("right, surely", surest))
        others = right[right != surest]
        if others.size:
            picked.append(("right, barely", _extreme(others, -judged.probability, samples)))
    if wrong.size:
        picked.append(("wrong, surely", _extreme(wrong, judged.probability, samples)))
    return _records(picked, judged, samples)


def mistakes(predictions: Predictions) -> Positions:
    """Return the rows of the wrong answers, the surest first; for values all, by falling error.

    Returns:
        Positions in `Predictions`, int64. Equally sure ones by their index in the data set.

    Example:
        >>> import numpy as np
        >>> from striate.records import Output
        >>> scores = np.array([[0.6, 0.4], [0.1, 0.9], [0.7, 0.3]], np.float32)
        >>> output = Output(kind="classes", names=("cat", "dog"))
        >>> answers = Predictions(
        ...     output=output, samples=np.arange(3), truth=np.array([1, 1, 1]), scores=scores
        ... )
        >>> mistakes(answers).tolist()
        [2, 0]
    """
    judged = judge(predictions)
    order = np.lexsort((np.asarray(predictions.samples), -judged.probability)).astype(np.int64)
    return order if predictions.output.kind == "values" else order[~judged.right[order]]


def _by_error(judged: Judgement, samples: Positions) -> tuple[Chosen, ...]:
    order = np.lexsort((samples, judged.probability))
    rules = (("closest", 0), ("typical", (len(order) - 1) // 2), ("farthest", len(order) - 1))
    picked: list[tuple[str, int]] = []
    for rule, rank in rules:
        if int(order[rank]) not in [position for _, position in picked]:
            picked.append((rule, int(order[rank])))
    return _records(picked, judged, samples)


def _extreme(candidates: Positions, height: npt.NDArray[np.float64], samples: Positions) -> int:
    """Return the highest candidate; of those as good as equal the one with the lowest index."""
    heights = height[candidates]
    top = candidates[heights >= heights.max() - EQUAL]
    return int(top[samples[top].argmin()])


def _records(picked: list[tuple[str, int]], judged: Judgement, samples: Positions) -> tuple[Chosen, ...]:
    return tuple(
        Chosen(
            rule=rule,
            position=position,
            sample=int(samples[position]),
            truth=int(judged.truth[position]),
            answer=int(judged.answer[position]),
            probability=float(judged.probability[position]),
        )
        for rule, position in picked
    )
