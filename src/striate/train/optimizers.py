"""Optimisers, and which parameters are pulled towards zero."""

from __future__ import annotations

import torch
from torch import nn

from striate.errors import InputError
from striate.records.training import Recipe


def make_optimizer(module: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """Return the recipe's optimiser over the parameters that are trained, in their order.

    Weight decay pulls on filters and matrices only. Biases, and scale and shift of a normalisation,
    are left alone: a normalisation's scale does not make the function any simpler by being smaller.

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
    decayed, free = decay_groups(module)
    if not decayed and not free:
        raise InputError(
            "a network must have a parameter that is trained",
            got=0,
            hint="Set requires_grad on those to train.",
        )
    groups = [
        {"params": group, "weight_decay": decay}
        for group, decay in ((decayed, recipe.weight_decay), (free, 0.0))
        if group
    ]
    if recipe.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=recipe.rate, momentum=recipe.momentum)
    if recipe.optimizer == "adam":
        return torch.optim.Adam(groups, lr=recipe.rate)
    return torch.optim.AdamW(groups, lr=recipe.rate)


def decay_groups(module: nn.Module) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Return the trained parameters that decay, and those that do not.

    A parameter decays if it has at least two axes and is not called bias: filters, matrices,
    embeddings.
    """
    decayed: list[nn.Parameter] = []
    free: list[nn.Parameter] = []
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            is_weight = parameter.ndim >= 2 and not name.endswith("bias")
            (decayed if is_weight else free).append(parameter)
    return decayed, free


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give every group the same learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate
