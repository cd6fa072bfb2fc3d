"""How a network was trained, and how that went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

from striate.records.care import Gap, GuardRow

Optimizer = Literal["sgd", "adam", "adamw"]
Schedule = Literal["one-cycle", "cosine", "constant"]
Balance = Literal["none", "loss", "sampling"]
Norm = Literal["train", "keep", "reestimate"]
Guarding = Literal["none", "watch", "rollback"]


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
        frozen: Paths of modules whose parameters and buffers stay as they are, byte for byte; "blocks.0" means all of it.
        rates: Path of a module or parameter, and what its rate is multiplied by; the longest path that fits counts. 0 leaves
            parameters as they are, but not running statistics.
        norm: What running statistics of the trained part do: "train" (as torch: batches normalise, statistics follow), "keep"
            (statistics normalise and stay), "reestimate" (measured anew on the training images before the first step, then kept).
        warm_up: Share of the steps in which the rate climbs in a straight line to where the schedule begins.
        unfreeze: Epoch from which a path, frozen till then, is trained; 1 is the first.
        patience: Epochs without a lower validation loss after which training stops; 0 never stops. With patience the weights of
            the best epoch are kept.
        guard: Whether damage is looked for: "none", "watch" (it is told), or "rollback" (the last good state comes back, and
            training goes on at a tenth of the rate).
        images: Training images used, the same for every seed, classes in proportion; 0 for all.
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
    frozen: tuple[str, ...] = ()
    rates: tuple[tuple[str, float], ...] = ()
    norm: Norm = "train"
    warm_up: float = 0.0
    unfreeze: tuple[tuple[int, str], ...] = ()
    patience: int = 0
    guard: Guarding = "none"
    images: int = 0

    def document(self) -> dict[str, Any]:
        """Return plain values; what fine-tuning asks for only where it is asked, so that runs from before it go on.

        Example:
            >>> "patience" in Recipe().document(), Recipe(patience=3).document()["patience"]
            (False, 3)
        """
        plain = asdict(self)
        return {
            one.name: plain[one.name] for one in fields(self) if one.name not in _CARE or plain[one.name] != one.default
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Recipe:
        """Return the recipe of plain values, also after JSON has made lists of its tuples.

        Example:
            >>> recipe = Recipe(unfreeze=((2, "blocks"),))
            >>> Recipe.from_document({"unfreeze": [[2, "blocks"]]}) == recipe
            True
        """
        plain = dict(document)
        for name in ("rates", "unfreeze"):
            plain[name] = tuple((pair[0], pair[1]) for pair in plain.get(name, ()))
        return cls(**plain | {"frozen": tuple(plain.get("frozen", ()))})


_CARE = {"frozen", "rates", "norm", "warm_up", "unfreeze", "patience", "guard", "images"}


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
        kept_epoch: Whose weights were kept, where those are not the last epoch's.
        gap: Training beside validation at the end, on equal terms; None before the end.
        guard: What the guard saw after each epoch, if there was one.
    """

    recipe: Recipe
    epochs: tuple[EpochRow, ...]
    score_name: str
    train_count: int
    validation_count: int
    events: tuple[tuple[float, str], ...] = ()
    kept_epoch: int | None = None
    gap: Gap | None = None
    guard: tuple[GuardRow, ...] = ()

    @property
    def kept(self) -> EpochRow:
        """The row of the epoch whose weights were kept."""
        return next((row for row in self.epochs if row.epoch == self.kept_epoch), self.epochs[-1])

    @property
    def trained(self) -> tuple[EpochRow, ...]:
        """The rows after the first step: without epoch 0, the untrained network."""
        return tuple(row for row in self.epochs if row.epoch > 0)

    @property
    def seconds(self) -> float:
        """Time of all epochs together."""
        return sum(row.seconds for row in self.epochs)
