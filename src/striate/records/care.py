"""What a careful training says of itself: rates as applied, what the guard saw, how far training and validation lie apart."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedRate:
    """At what rate one parameter was trained.

    Attributes:
        rate: Learning rate at its peak; 0 if it was not trained.
        multiplier: What the recipe's rate is multiplied by; 0 if it is not trained.
        decay: Weight decay, in the optimiser's own sense.
        from_epoch: First epoch in which it is trained, 1 from the start; 0 never.
    """

    rate: float
    multiplier: float
    decay: float
    from_epoch: int

    @property
    def is_trained(self) -> bool:
        """Whether it is trained at any time."""
        return self.from_epoch > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRow:
    """What the guard saw after one epoch.

    Attributes:
        epoch: 0 is the start.
        readout: Score of a linear read-out of the features, on held-out images: accuracy, or R².
        readout_fall: How far that lies below the start, with its 95 % interval: (fall, low, high).
        own: Score of the network's own answers on the same images.
        own_fall: The same for these.
        similarity: Linear CKA of the features with those of the start, by stage; 1 is the same up to turning and scale.
        gradient_norm: Largest gradient norm of the epoch, by block.
        is_damaged: Whether a fall was clear.
        seconds: Time the guard took in the epoch, gradient norms included.
    """

    epoch: int
    readout: float
    readout_fall: tuple[float, float, float]
    own: float
    own_fall: tuple[float, float, float]
    similarity: dict[str, float] = field(default_factory=dict)
    gradient_norm: dict[str, float] = field(default_factory=dict)
    is_damaged: bool = False
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How much better a network answers what it was trained on, on equal terms: eval mode, no shifts, as many samples.

    Attributes:
        score_name: "accuracy" or "R²".
        training: Score on training samples.
        validation: Score on validation samples.
        samples: How many of each.
        interval: 95 % interval of training − validation.
    """

    score_name: str
    training: float
    validation: float
    samples: int
    interval: tuple[float, float]

    @property
    def difference(self) -> float:
        """Training − validation; above 0, what was trained on is answered better."""
        return self.training - self.validation


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerOrigin:
    """Where the weights of one layer came from, in the order the network runs.

    Attributes:
        layer: Its name in the table.
        is_new: Whether its weights began here, rather than in a file of pretrained weights.
        is_trained: Whether it is trained; before a training, whether it may be.
        pretrained_behind: Layers with pretrained weights that read what it makes, directly or not.
    """

    layer: str
    is_new: bool
    is_trained: bool
    pretrained_behind: int
