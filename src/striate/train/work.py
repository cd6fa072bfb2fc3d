"""What a training works on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from striate.data import Dataset, Split
from striate.records.output import Preprocessing
from striate.records.training import Recipe
from striate.train.device import Device
from striate.train.losses import Loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is trained on what, and how.

    Attributes:
        module: Changed by the training; on the device.
        optimizer: Over its trained parameters.
        loss: On the device.
        preprocessing: How samples become inputs.
        dataset: Where the samples are.
        split: Which to learn from, which to measure on.
        recipe: How.
        device: Where.
    """

    module: nn.Module
    optimizer: torch.optim.Optimizer
    loss: Loss
    preprocessing: Preprocessing
    dataset: Dataset
    split: Split
    recipe: Recipe
    device: Device

    @property
    def steps_per_epoch(self) -> int:
        """Steps in an epoch; a last batch of one image, which cannot be normalised, is left out."""
        whole, rest = divmod(len(self.split.train), self.recipe.batch)
        return whole + (rest > 1 or not whole)

    @property
    def steps(self) -> int:
        """Steps in all."""
        return self.steps_per_epoch * self.recipe.epochs


def agree(work: Work) -> None:
    """Give all processes that train together the leader's parameters and buffers."""
    work.device.ranks.copy_from_leader((*work.module.parameters(), *work.module.buffers()))
