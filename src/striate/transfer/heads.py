"""New layers on stored features: trained without a pass through the network."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from striate.features.linear import Readouts, scaled
from striate.transfer.probing import Ground

STEPS = 400
BATCH = 32
DECAY = 0.05
RATES = (0.003, 0.0005)


def fill_readout(head: nn.Sequential, readouts: Readouts, problem: int = 0) -> None:
    """Give a head of one layer the weights of a solved read-out."""
    layer: nn.Linear = head[-1]  # type: ignore[assignment]  # a head ends in one
    with torch.no_grad():
        layer.weight.copy_(readouts.weights[problem])
        layer.bias.copy_(readouts.biases[problem])


def train_head(
    head: nn.Sequential, rows: Tensor, ground: Ground, chosen: Tensor, *, rate: float, seed: int = 0, steps: int = STEPS
) -> None:
    """Train a head on stored features, in place: AdamW, one cosine down, batches of 32, dropout as it has it.

    The features are centred and divided by one number for the training, and that is folded into the first layer at the end.

    Args:
        head: Fully connected layers, ReLU and dropout.
        rows: (n, features), of all samples.
        ground: Their targets.
        chosen: (n,), true for those to learn from.
        rate: Highest learning rate.
        seed: Of first weights, order and dropout.
        steps: At most; small data are gone through at most a hundred times.
    """
    x, centre, scale = scaled(rows[chosen])
    x, targets = x.float(), ground.targets[chosen]
    batch = min(BATCH, len(x))
    steps = min(steps, 100 * math.ceil(len(x) / batch))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for layer in head:
            if isinstance(layer, nn.Linear):
                layer.reset_parameters()
        # Fused: three quarters of the time; weights equal to 1e-7.
        optimizer = torch.optim.AdamW(head.parameters(), lr=rate, weight_decay=DECAY, fused=True)
        head.train()
        order = torch.randperm(len(x))
        at = 0
        for step in range(steps):
            if at + batch > len(order):
                order, at = torch.randperm(len(x)), 0
            picked = order[at : at + batch]
            at += batch
            for group in optimizer.param_groups:
                group["lr"] = rate * (1 + math.cos(math.pi * step / steps)) / 2
            optimizer.zero_grad()
            _loss(ground.kind, head(x[picked]), targets[picked]).backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    head.eval()
    head.zero_grad()
    _fold(head, centre, scale)


def _loss(kind: str, scores: Tensor, targets: Tensor) -> Tensor:
    if kind == "classes":
        return functional.cross_entropy(scores, targets.long())
    if kind == "labels":
        return functional.binary_cross_entropy_with_logits(scores, targets.float())
    return functional.mse_loss(scores, targets.float())


def _fold(head: nn.Sequential, centre: Tensor, scale: Tensor) -> None:
    """Let the first layer read features as they are: w · (x − c) / s + b."""
    first: nn.Linear = head[0]  # type: ignore[assignment]  # a head begins with one
    with torch.no_grad():
        weight = first.weight.double() / scale
        first.bias.copy_(first.bias.double() - weight @ centre)
        first.weight.copy_(weight)
