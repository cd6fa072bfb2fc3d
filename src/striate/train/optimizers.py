"""Optimisers, and which parameters are pulled towards zero."""

from __future__ import annotations

import torch
from torch import nn

from striate.errors import InputError
from striate.records.training import Recipe
from striate.train.freezing import Freezing
from striate.train.groups import multipliers, rate_groups


def make_optimizer(module: nn.Module, recipe: Recipe, freezing: Freezing | None = None) -> torch.optim.Optimizer:
    """Return the recipe's optimiser over the parameters that are trained at any time, a group for each rate and decay.

    Weight decay pulls on filters and matrices only. Biases, and scale and shift of a normalisation,
    are left alone: a normalisation's scale does not make the function any simpler by being smaller.

    Args:
        module: The network.
        recipe: Optimiser, decay, and rates by path.
        freezing: What is frozen, and till when; None takes what `requires_grad` says.

    Raises:
        InputError: No parameter is trained.

    Source:
        Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 5.3, leaves normalisation out;
        He et al., "Bag of Tricks", CVPR 2019, section 3.1, biases too. Differs: None.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8))
        >>> optimizer = make_optimizer(net, Recipe(optimizer="sgd", weight_decay=0.01))
        >>> [(len(group["params"]), group["weight_decay"]) for group in optimizer.param_groups]
        [(1, 0.01), (3, 0.0)]
    """
    found = multipliers(module, recipe.rates)
    groups = rate_groups(module, weight_decay=recipe.weight_decay, found=found, freezing=freezing)
    if not groups:
        raise InputError(
            "a network must have a parameter that is trained",
            got=0,
            hint="Set requires_grad on those to train, and freeze less.",
        )
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.rate, momentum=recipe.momentum)
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, lr=recipe.rate)
    return torch.optim.AdamW(groups, lr=recipe.rate)
