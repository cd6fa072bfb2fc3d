"""How good the answers are, with how surely that is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from striate.errors import InputError
from striate.observe.judge import judge, labels_held
from striate.records import Predictions, Scoreboard, wilson

DRAWS = 2000
Numbers = npt.NDArray[np.float64]


def scoreboard(predictions: Predictions, *, seed: int = 0) -> Scoreboard:
    """Return the main figure of the answers with its 95 % interval.

    Classes: the share right, with Wilson's interval, and the confusion matrix. Labels: the mean
    share right over the labels; the interval counts an image once, however many labels it has,
    since they are not independent. Values: R², the mean over the values, with an interval from
    2,000 bootstrap draws of the images, and the mean absolute error.

    Args:
        predictions: Answers on held-out samples.
        seed: Of the bootstrap draws.

    Raises:
        InputError: No answers, or fewer than two values, for which there is no R².

    When it misleads:
        The interval knows of chance in *these* samples only: not of another camera, another
        hospital, or of samples that were chosen with. On unequal classes compare with `chance`.

    Source:
        Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 1927.
        Efron, "Bootstrap Methods: Another Look at the Jackknife", Annals of Statistics 1979.
        Percentile interval.

    Example:
        >>> import numpy as np
        >>> from striate.records import Output
        >>> scores = np.eye(2, dtype=np.float32)[[0, 1, 1, 1]]
        >>> output = Output(kind="classes", names=("cat", "dog"))
        >>> truth = np.array([0, 1, 1, 0])
        >>> board = scoreboard(
        ...     Predictions(output=output, samples=np.arange(4), truth=truth, scores=scores)
        ... )
        >>> board.main, board.confusion.tolist(), board.chance
        (0.75, [[1, 1], [0, 2]], 0.5)
    """
    count = len(predictions.samples)
    if count < (2 if predictions.output.kind == "values" else 1):
        raise InputError("a scoreboard must rest on answers, for values on two or more", got=count)
    if predictions.output.kind == "classes":
        return _classes(predictions, count)
    if predictions.output.kind == "labels":
        return _labels(predictions, count)
    return _values(predictions, count, seed)


def _classes(predictions: Predictions, count: int) -> Scoreboard:
    from sklearn.metrics import accuracy_score, confusion_matrix

    answers, k = judge(predictions).answer, predictions.output.count
    share = float(accuracy_score(predictions.truth, answers))
    return Scoreboard(
        count=count,
        main_name="accuracy",
        main=share,
        interval=wilson(share, count),
        confusion=confusion_matrix(predictions.truth, answers, labels=np.arange(k)).astype(np.int64),
        chance=float(np.bincount(predictions.truth, minlength=k).max() / count),
    )


def _labels(predictions: Predictions, count: int) -> Scoreboard:
    share = float((labels_held(predictions.scores) == predictions.truth).mean())
    held = np.asarray(predictions.truth, np.float64).mean(0)
    return Scoreboard(
        count=count,
        main_name="accuracy",
        main=share,
        interval=wilson(share, count),
        chance=float(np.maximum(held, 1 - held).mean()),
    )


def _values(predictions: Predictions, count: int, seed: int) -> Scoreboard:
    from sklearn.metrics import mean_absolute_error, r2_score

    truth, answers = (
        np.asarray(predictions.truth, np.float64),
        np.asarray(predictions.scores, np.float64),
    )
    drawn = _drawn_r2(truth, answers, count, seed)
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Scoreboard(
        count=count,
        main_name="R²",
        main=float(r2_score(truth, answers)),
        interval=(float(low), float(high)),
        mae=float(mean_absolute_error(truth, answers)),
    )


def _drawn_r2(truth: Numbers, answers: Numbers, count: int, seed: int) -> Numbers:
    """Return R² of every bootstrap draw, (draws,); scikit-learn draw by draw takes seconds."""
    rng = np.random.default_rng(seed)
    # R² is the same wherever zero is; near the mean the sums of squares lose nothing.
    centred = truth - truth.mean(0)
    columns = np.concatenate([(truth - answers) ** 2, centred, centred**2], axis=1)
    drawn = []
    for _ in range(DRAWS):
        times = np.bincount(rng.integers(count, size=count), minlength=count)
        error, total, squares = np.split((times @ columns), 3)
        spread = squares - total**2 / count
        drawn.append(_share_explained(error, spread, squares))
    return np.array(drawn)


def _share_explained(error: Numbers, spread: Numbers, squares: Numbers) -> Any:  # noqa: ANN401 - a numpy scalar
    # A draw of one sample alone has no spread: 1 if all is hit, else 0, as scikit-learn has it.
    is_flat = spread <= 1e-12 * squares
    shares = 1 - error / np.where(is_flat, 1.0, spread)
    return np.where(is_flat, np.where(error == 0, 1.0, 0.0), shares).mean()
