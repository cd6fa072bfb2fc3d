"""Two ways to answer the same images, held against each other."""

from __future__ import annotations

from fractions import Fraction
from math import comb

from torch import Tensor

from striate.explain.answers import answers, scores
from striate.nets import Network
from striate.records import Rival


def mcnemar(gained: int, lost: int) -> float:
    """Return the two-sided p-value of McNemar's exact test.

    Of the images that only one of two ways gets right, each is as likely to be the one's as the other's if both are equally
    good: the binomial distribution with one half.

    Args:
        gained: Images that only the other way gets right.
        lost: Images that only the first way gets right.

    Source:
        McNemar, "Note on the Sampling Error of the Difference Between Correlated Proportions", Psychometrika 1947. Differs:
        exact, by the binomial distribution.

    Example:
        >>> mcnemar(9, 1)   # 2 · (1 + 10) / 1024
        0.021484375
        >>> mcnemar(4, 4)
        1.0
    """
    count = gained + lost
    tail: int = sum(comb(count, number) for number in range(min(gained, lost) + 1))
    return min(1.0, float(Fraction(2 * tail, 2**count)))


def right(network: Network, images: Tensor, truth: Tensor) -> Tensor:
    """Return which answers are right, (n,) bool, on the CPU; those that are no numbers are wrong."""
    return (answers(scores(network, images)) == truth).cpu()


def share(right: Tensor) -> float:
    """Return the share of answers (n,) bool that are right; 0 of none."""
    return float(right.double().mean()) if len(right) else 0.0


def rival(name: str, right: Tensor, as_used: Tensor) -> Rival:
    """Return how another way fares, from which answers (n,) bool are right with it and as the network is used."""
    gained, lost = int((right & ~as_used).sum()), int((as_used & ~right).sum())
    return Rival(
        name=name,
        accuracy=share(right),
        gained=gained,
        lost=lost,
        p_value=mcnemar(gained, lost),
    )
