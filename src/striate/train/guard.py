"""A guard over what a network brought with it: it notices damage, and knows when that is clear."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from striate.records.care import GuardRow
from striate.train.blocks import parameters_by_block
from striate.train.cka import linear_cka
from striate.train.paired import mean_interval
from striate.train.probe import Probe, Reading

FACTOR = 10.0
MOST_ROLLBACKS = 4
# A fall below this is not worth going back for, however surely it is known.
LEAST_FALL = 0.02
# An epoch's mean training loss holds its first, worst steps: twice ignorance is far from what those cost.
TRAINING_RUN_AWAY = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the guard saw after one epoch, and what it makes of it.

    Attributes:
        row: The figures.
        rule: What was broken, "" if nothing was, or if it may yet mend.
        suspected: What fell clearly, by name, with its score now.
        figure: The score the rule is about.
    """

    row: GuardRow
    rule: str
    suspected: dict[str, float]
    figure: float = 0.0


class Guard:
    """Compares features and answers with those of the start.

    A score is damaged when it fell clearly: its 95 % interval, from the same samples before and after, lies wholly above a fall
    of 2 points. Two scores are looked at: of a linear read-out of the features that enter the last layer, and of the network's
    own answers, which in a network with a new output cannot fall. Two losses are looked at too: that on the validation samples
    (damaged above 10 times the larger of the start's and that of ignorance), and that on the epoch's training samples (above
    twice). Damage is called when one of the four is damaged in two epochs running and not better in the second, since in the
    first epochs of a fine-tuning features may give way for a while; in the last epoch, after which nothing can mend, at once.

    Similarity to the start (linear CKA) and gradient norms are told and not judged: features may move far for the better.

    Args:
        probe: The two batches.
        start: What they gave before the first step.
        module: For the blocks of its parameters.

    When it misleads:
        On few validation samples only great falls are clear. What it protects is use for *this* data: what a network knew of
        other data may go unnoticed.

    Source:
        McCloskey and Cohen, "Catastrophic Interference in Connectionist Networks", 1989, for what it guards against; the
        paired interval by Student's t.
    """

    def __init__(self, probe: Probe, start: Reading, module: nn.Module) -> None:
        self._probe = probe
        self._start = start
        self._blocks = parameters_by_block(module)

    @property
    def images(self) -> int:
        """How many images one look runs forward."""
        return self._probe.images

    def look(
        self,
        module: nn.Module,
        device: torch.device,
        *,
        epoch: int,
        losses: Mapping[str, tuple[float, float]],
        suspected: Mapping[str, float],
        gradient_norm: dict[str, float],
        is_last: bool = False,
    ) -> Seen:
        """Return what is seen after an epoch.

        Args:
            module: The network as it is now; left as it was.
            device: Where it is.
            epoch: Counted from 1; 0 is the start.
            losses: By name, with what each must stay below.
            suspected: What the look before this one suspected.
            gradient_norm: Largest of the epoch, by block.
            is_last: Whether no epoch follows.
        """
        now = self._probe.read(module, device)
        readout, own = _fall(self._start.readout, now.readout), _fall(self._start.own, now.own)
        found = {
            name: (float(after.mean()), _fallen(name, float(after.mean()), fall))
            for name, after, fall in (
                ("read-out of the features", now.readout, readout),
                ("own score", now.own, own),
            )
            if fall[1] > LEAST_FALL
        }
        for name, (loss, most) in losses.items():
            if loss > most:
                found[name] = (
                    -loss,
                    f"the {name} must stay below {most:.3g}, for what it was at the start or in ignorance",
                )
        row = GuardRow(
            epoch=epoch,
            readout=float(now.readout.mean()),
            readout_fall=readout,
            own=float(now.own.mean()),
            own_fall=own,
            similarity=self._similarity(now),
            gradient_norm=gradient_norm,
            is_damaged=bool(found),
        )
        broken = [name for name, (score, _) in found.items() if is_last or score <= suspected.get(name, -math.inf)]
        figure, rule = found[broken[0]] if broken else (0.0, "")
        scores = {name: score for name, (score, _) in found.items()}
        return Seen(row=row, rule=rule, suspected=scores, figure=abs(figure))

    def gradient_norms(self, so_far: dict[str, float]) -> dict[str, float]:
        """Return the largest gradient norm by block, the present gradients counted in; one that is not finite stays."""
        paths, norms = [], []
        for path, own in self._blocks.items():
            gradients = [parameter.grad for parameter in own if parameter.grad is not None]
            if gradients:
                paths.append(path)
                norms.append(torch.nn.utils.get_total_norm(gradients))
        values = torch.stack(norms).tolist() if norms else []
        return so_far | {path: _larger(so_far.get(path, 0.0), value) for path, value in zip(paths, values, strict=True)}

    def _similarity(self, now: Reading) -> dict[str, float]:
        found = {
            path: linear_cka(features, now.stages[path])
            for path, features in self._start.stages.items()
            if len(features) >= 4
        }
        return {path: value for path, value in found.items() if math.isfinite(value)}


def _fall(before: Tensor, after: Tensor) -> tuple[float, float, float]:
    """Return how far the mean score fell, and the 95 % interval of that, from pairs."""
    mean, (low, high) = mean_interval((before - after).tolist())
    return mean, low, high


def _fallen(name: str, score: float, fall: tuple[float, float, float]) -> str:
    return (
        f"the {name} must not fall clearly below the start's {score + fall[0]:.3g}, "
        f"by {fall[1]:.3g} to {fall[2]:.3g} with 95 % certainty"
    )


def _larger(one: float, other: float) -> float:
    return one if math.isnan(one) or one >= other else other
