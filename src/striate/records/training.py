"""How a network was trained, and how that went."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Optimizer = Literal["sgd", "adam", "adamw"]
Schedule = Literal["one-cycle", "cosine", "constant"]
Balance = Literal["none", "loss", "sampling"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How to train.

    Attributes:
        optimizer: "sgd" (with momentum), "adam" or "adamw".
        rate: Highest learning rate of the schedule.
        schedule: "one-cycle" (up, then down to nearly zero), "cosine" (down) or "constant".
        epochs: Passes over the training images.
        batch: Images a step.
        weight_decay: Pull of the weights towards zero, in the optimiser's own sense.
        momentum: For sgd.
        shift_px: Training images are shifted by up to so many pixels in each direction.
        init: How the weights of a blueprint begin: "he", or another beginning, with its argument ("lsuv", "kmeans:deep").
        seed: Of weights, order and shifts.
        label_smoothing: Share of the target spread evenly over all classes, as torch means it.
        balance: What makes rare classes count as much as common ones: "none", "loss" (each sample is weighted by
            n / (classes · samples of its class)) or "sampling" (each epoch draws every class equally often).
    """

    optimizer: Optimizer = "adam"
    rate: float = 0.003
    schedule: Schedule = "one-cycle"
    epochs: int = 6
    batch: int = 50
    weight_decay: float = 0.0
    momentum: float = 0.9
    shift_px: int = 0
    init: str = "he"
    seed: int = 0
    label_smoothing: float = 0.0
    balance: Balance = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRow:
    """One epoch, measured at its end.

    Attributes:
        epoch: 1 for the first; 0 is the untrained network.
        train_loss: Mean over the epoch's steps, with dropout and shifts on.
        validation_loss: On the validation images, in eval mode.
        score: Accuracy (classes, labels) or R² (values) on the validation images.
        rate: Learning rate of the last step.
        seconds: Time the epoch took.
        active: Share of values above zero after each layer's activation, by layer, on the validation images.
    """

    epoch: int
    train_loss: float
    validation_loss: float
    score: float
    rate: float
    seconds: float
    active: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCurve:
    """A whole training.

    Attributes:
        recipe: How it was done.
        epochs: One row an epoch, in order; epoch 0, if it is there, is the untrained network.
        score_name: "accuracy" or "R²".
        train_count: Training images.
        validation_count: Validation images.
        events: What happened, as (epoch, words): "resumed", "stopped".
    """

    recipe: Recipe
    epochs: tuple[EpochRow, ...]
    score_name: str
    train_count: int
    validation_count: int
    events: tuple[tuple[float, str], ...] = ()

    @property
    def trained(self) -> tuple[EpochRow, ...]:
        """The rows after the first step: without epoch 0, the untrained network."""
        return tuple(row for row in self.epochs if row.epoch > 0)

    @property
    def seconds(self) -> float:
        """Time of all epochs together."""
        return sum(row.seconds for row in self.epochs)
