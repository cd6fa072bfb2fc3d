"""Linear read-outs of features: every fold and every penalty at once, in one descent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from striate.errors import InputError

Fitted = Literal["classes", "labels", "values"]
MOST_STEPS = 4000
# A problem is solved when its gradient is this small beside that of the weights it began with.
TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Readouts:
    """Solved linear read-outs, one a problem.

    Attributes:
        weights: (problems, outputs, features), for features as they were given.
        biases: (problems, outputs).
        steps: Descents' steps taken; 0 where the solution is closed.
        is_solved: Whether every gradient became small enough.
    """

    weights: Tensor
    biases: Tensor
    steps: int
    is_solved: bool

    def scores(self, features: Tensor, problem: int) -> Tensor:
        """Return the scores (n, outputs) of one problem's read-out."""
        return features.double() @ self.weights[problem].T + self.biases[problem]


def fit_readouts(
    features: Tensor,
    targets: Tensor,
    parts: Tensor,
    penalties: Tensor,
    kind: Fitted,
    *,
    outputs: int,
    tolerance: float = TOLERANCE,
) -> Readouts:
    """Return the read-out that each problem's own samples ask for.

    A problem is a set of samples and a penalty λ. With features x centred and divided by one number for all (the root mean
    square over samples and features), it minimises the sum over its samples of

    * classes: cross-entropy of the softmax of w·x + b;
    * labels: binary cross-entropy, one output a label;
    * values: half the squared error;

    plus λ/2 · |w|². The bias is free. scikit-learn's `LogisticRegression(C=1/λ)` and `Ridge(alpha=λ)` minimise the same.

    Args:
        features: (n, f).
        targets: Classes (n,), labels (n, outputs) of 0 and 1, or values (n, outputs).
        parts: (problems, n), true where a sample is learned from; at least one each.
        penalties: (problems,), above 0.
        kind: What the targets are.
        outputs: Classes, labels or values.
        tolerance: When the gradient, measured by the curvature, is so small beside the first one, a problem is solved.

    Cost:
        A matrix product of (n, f) by (f, problems · outputs) and one back, some 50 to 400 times; float64.

    Raises:
        InputError: A feature that is not finite; a problem without samples.

    Source:
        The step's bound on the curvature: Böhning, "Multinomial logistic regression algorithm", Annals of the Institute of
        Statistical Mathematics 44, 1992; the descent: Nesterov's with restarts, O'Donoghue and Candès, "Adaptive restart for
        accelerated gradient schemes", 2015. Differs: the bound is taken over all samples, so that one rotation serves all
        problems.

    Example:
        >>> x = torch.tensor([[0.0], [1.0], [2.0], [3.0]])
        >>> found = fit_readouts(x, torch.tensor([0, 0, 1, 1]), torch.ones(1, 4).bool(), torch.ones(1), "classes", outputs=2)
        >>> found.scores(x, 0).argmax(1).tolist()
        [0, 0, 1, 1]
    """
    x, centre, scale = scaled(features)
    if not bool(parts.any(1).all()):
        raise InputError("a read-out must have samples to learn from", got=0)
    weights = parts.double()
    if kind == "values":
        solved = _ridge(x, targets.double(), weights, penalties.double())
    else:
        solved = _descended(x, _indicators(targets, kind, outputs), weights, penalties.double(), kind, tolerance)
    rows = solved.weights / scale
    return Readouts(weights=rows, biases=solved.biases - rows @ centre, steps=solved.steps, is_solved=solved.is_solved)


def scaled(features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return features centred and divided by one number, the centre, and the number.

    One number for all, so that a read-out folded into a layer has weights of one size: a feature that hardly varies would
    otherwise get a huge weight, and the first step of a fine-tuning would tear the network apart.
    """
    x = features.double()
    if not bool(torch.isfinite(x).all()):
        raise InputError(
            "features must be finite numbers", got="NaN or infinity", hint="Look at the weights: striate load."
        )
    centre = x.mean(0)
    x = x - centre
    scale = x.square().mean().sqrt()
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    return x / scale, centre, scale


def _indicators(targets: Tensor, kind: Fitted, outputs: int) -> Tensor:
    if kind == "labels":
        return targets.double()
    return torch.nn.functional.one_hot(targets.long(), outputs).double()


def _ridge(x: Tensor, targets: Tensor, weights: Tensor, penalties: Tensor) -> Readouts:
    rows, biases = [], []
    for own, penalty in zip(weights, penalties, strict=True):
        chosen = own > 0
        inputs, asked = x[chosen], targets[chosen]
        centre, mean = inputs.mean(0), asked.mean(0)
        inputs = inputs - centre
        if inputs.shape[0] < inputs.shape[1]:
            gram = inputs @ inputs.T
            gram.diagonal().add_(penalty)
            found = inputs.T @ torch.linalg.solve(gram, asked - mean)
        else:
            gram = inputs.T @ inputs
            gram.diagonal().add_(penalty)
            found = torch.linalg.solve(gram, inputs.T @ (asked - mean))
        rows.append(found.T)
        biases.append(mean - found.T @ centre)
    return Readouts(weights=torch.stack(rows), biases=torch.stack(biases), steps=0, is_solved=True)


def _descended(
    x: Tensor, asked: Tensor, weights: Tensor, penalties: Tensor, kind: Fitted, tolerance: float
) -> Readouts:
    """Descend in the coordinates in which the bound on the curvature is diagonal; what is solved is set aside."""
    rotation, spread = _principal(x)
    x = torch.cat([x @ rotation, x.new_ones(len(x), 1)], 1)
    # The second derivative of a cross-entropy is at most 1/2 (softmax) or 1/4 (sigmoid) in each output's score.
    bound = 0.5 if kind == "classes" else 0.25
    pull = torch.cat([penalties[:, None].expand(-1, len(spread)), penalties.new_zeros(len(penalties), 1)], 1)[..., None]
    curvature = bound * torch.cat([spread, x.new_tensor([len(x)])])[None, :, None] + pull
    found = x.new_zeros(len(weights), x.shape[1], asked.shape[1])
    active = torch.arange(len(weights))
    now = ahead = found
    momentum, first, step = x.new_ones(len(weights), 1, 1), None, 0
    while len(active) and step < MOST_STEPS:
        step += 1
        gradient = _gradient(x, asked, weights[active], ahead, kind) + pull[active] * ahead
        size = (gradient.square() / curvature[active]).sum((1, 2)).sqrt()
        first = size.clamp_min(1e-30) if first is None else first
        following = ahead - gradient / curvature[active]
        moved = following - now
        restarts = (gradient * moved).sum((1, 2), keepdim=True) > 0
        momentum = torch.where(restarts, 1.0, momentum)
        larger = (1 + (1 + 4 * momentum.square()).sqrt()) / 2
        ahead = following + torch.where(restarts, 0.0, (momentum - 1) / larger) * moved
        now, momentum = following, larger
        is_open = size > tolerance * first
        found[active] = now
        if not bool(is_open.all()):
            active, now, ahead = active[is_open], now[is_open], ahead[is_open]
            momentum, first = momentum[is_open], first[is_open]
    rows = (rotation @ found[:, :-1]).movedim(1, 2)
    return Readouts(weights=rows, biases=found[:, -1], steps=step, is_solved=not len(active))


def _gradient(x: Tensor, asked: Tensor, weights: Tensor, at: Tensor, kind: Fitted) -> Tensor:
    """Return (problems, features, outputs): what the losses' slopes sum to."""
    problems, inputs, outputs = at.shape
    scores = (x @ at.movedim(0, 1).reshape(inputs, problems * outputs)).reshape(len(x), problems, outputs)
    answers = scores.softmax(2) if kind == "classes" else scores.sigmoid()
    error = (answers - asked[:, None]) * weights.T[..., None]
    return (x.T @ error.reshape(len(x), -1)).reshape(inputs, problems, outputs).movedim(1, 0)


def _principal(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the directions (f, r) along which features vary, and the sum of squares along each."""
    if x.shape[0] < x.shape[1]:
        values, vectors = torch.linalg.eigh(x @ x.T)
        kept = values > values[-1].clamp_min(1e-30) * 1e-12
        values, vectors = values[kept], vectors[:, kept]
        return x.T @ vectors / values.sqrt(), values
    values, vectors = torch.linalg.eigh(x.T @ x)
    kept = values > values[-1].clamp_min(1e-30) * 1e-12
    return vectors[:, kept], values[kept]
