"""Classes of unequal size: weights for the loss, or an order in which every class comes equally often."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict

from striate.data import Dataset, shuffled
from striate.nets import Network
from striate.records.training import Recipe
from striate.train.losses import Loss


def class_weights(dataset: Dataset, indices: tuple[int, ...]) -> tuple[float, ...]:
    """Return n / (classes · samples of the class) for each class, so that all classes weigh the same together.

    Args:
        dataset: With classes.
        indices: The training samples. A class that is not among them weighs 0.

    Source:
        King and Zeng, "Logistic Regression in Rare Events Data", Political Analysis 2001; scikit-learn's "balanced".

    Example:
        >>> from striate.data import load_data
        >>> digits = load_data("digits")
        >>> class_weights(digits, (0, 1, 2, 500))[:3]   # three of class 0, one of class 1
        (0.13333333333333333, 0.4, 0.0)
    """
    counts = Counter(dataset.samples[index].target for index in indices)
    classes = dataset.output.count
    return tuple(len(indices) / (classes * counts[number]) if counts[number] else 0.0 for number in range(classes))


def loss_for(start: Network, dataset: Dataset, indices: tuple[int, ...], recipe: Recipe) -> Loss:
    """Return the loss of a recipe for these training samples."""
    weights = class_weights(dataset, indices) if recipe.balance == "loss" else None
    return Loss(start.output, start.preprocessing, label_smoothing=recipe.label_smoothing, class_weights=weights)


def training_order(dataset: Dataset, indices: tuple[int, ...], recipe: Recipe, *, epoch: int) -> tuple[int, ...]:
    """Return the training samples in the order of one epoch; with balance by sampling, every class equally often.

    Then an epoch is as long as without, and each class comes in it n / classes times, rounded: a rare class's samples
    all come before one comes again, a common class's are drawn anew for every epoch. What is drawn depends on the
    recipe's seed, the epoch and the samples alone, so that a training can be taken up at any step.

    Args:
        dataset: With classes if the recipe balances by sampling.
        indices: The training samples.
        recipe: Its seed and balance.
        epoch: The pass over the data.

    When it misleads:
        Copies are not new images: a class of five, shown a hundred times an epoch, is learned by heart.
    """
    if recipe.balance != "sampling":
        return shuffled(indices, seed=recipe.seed, epoch=epoch)
    members: defaultdict[object, list[int]] = defaultdict(list)
    for index in indices:
        members[dataset.samples[index].target].append(index)
    present = sorted(members, key=lambda target: _key(recipe.seed, epoch, f"class {target}"))
    whole, rest = divmod(len(indices), len(present))
    drawn: list[tuple[int, int]] = []
    for place, target in enumerate(present):
        wanted = whole + (place < rest)
        own = shuffled(tuple(members[target]), seed=recipe.seed, epoch=epoch)
        drawn += [(own[number % len(own)], number // len(own)) for number in range(wanted)]
    drawn.sort(key=lambda draw: _key(recipe.seed, epoch, f"{draw[0]} {draw[1]}"))
    return tuple(index for index, _ in drawn)


def _key(seed: int, epoch: int, text: str) -> bytes:
    return hashlib.sha256(f"balanced {seed} {epoch} {text}".encode()).digest()
