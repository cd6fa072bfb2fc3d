"""What all measurements of an adaptation have in common: network, data, folds, cuts, features, clock."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch

from striate.data import Dataset, Split
from striate.events import SILENT, Events
from striate.nets import Network
from striate.nets.cuts import CutNetwork, cut_at
from striate.records.adapting import CutPoint, Regime
from striate.records.output import Output
from striate.trace import Recording
from striate.train.device import Device
from striate.transfer.estimating import Gains
from striate.transfer.extracting import Features
from striate.transfer.heads import fill_readout
from striate.transfer.probing import Ground, Probed, solve_readout


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A time budget.

    Attributes:
        began: On the monotonic clock.
        budget_s: Seconds in all.
    """

    began: float
    budget_s: float

    @property
    def spent_s(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self.began

    @property
    def left_s(self) -> float:
        """Seconds to go, below 0 when it is over."""
        return self.budget_s - self.spent_s

    def until(self, reserve_s: float) -> float:
        """Return the moment from which only `reserve_s` are left, on the monotonic clock."""
        return self.began + self.budget_s - reserve_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What is adapted to what.

    Attributes:
        network: The pretrained network, its preprocessing ready for the data; not changed.
        dataset: The data.
        samples: Indices that are cross-validated on, ascending; the test part is not among them.
        test: Indices nobody looks at until the end; () if none can be held out.
        ground: For probes: targets and folds, in the order of `samples`.
        recording: The network's trace.
        cuts: Its cut points.
        features: Of all samples of the data, in their order.
        device: Where trainings run.
        clock: The time budget.
        batch: Images a step.
        train_count: Samples that the chosen network learns from where pretrained layers are trained.
        events: Hears and may cancel.
    """

    network: Network
    dataset: Dataset
    samples: tuple[int, ...]
    test: tuple[int, ...]
    ground: Ground
    recording: Recording
    cuts: tuple[CutPoint, ...]
    features: Features
    device: Device
    clock: Clock
    batch: int
    train_count: int
    events: Events = SILENT

    @property
    def end(self) -> CutPoint:
        """The last cut point, before the output layer."""
        return self.cuts[-1]

    def cut(self, name: str) -> CutPoint:
        """Return a cut point by its name."""
        return next(cut for cut in self.cuts if cut.name == name)

    def rows(self, cut: str) -> torch.Tensor:
        """Return the features at a cut of the samples that are cross-validated on."""
        return self.features.rows[cut][list(self.samples)]

    def features_of_samples(self) -> Features:
        """Return the features of the samples that are cross-validated on."""
        return self.features.of(self.samples)

    def training(self, fold: int) -> torch.Tensor:
        """Return (n,): what is learned from while a fold is held out."""
        return self.ground.folds != fold

    def split(self, fold: int) -> Split:
        """Return a fold as a split: held out is its validation part."""
        held = self.ground.folds == fold
        return Split(
            train=tuple(index for index, out in zip(self.samples, held.tolist(), strict=True) if not out),
            validation=tuple(index for index, out in zip(self.samples, held.tolist(), strict=True) if out),
            test=(),
            seed=0,
        )

    def adapted(self, regime: Regime, penalty: float, chosen: torch.Tensor | None = None, *, seed: int = 0) -> Network:
        """Return a network as a regime begins it: cut, with its new layers; the output solved if it starts from the probe.

        Args:
            regime: The regime.
            penalty: Of the probe at its cut.
            chosen: Samples the probe may learn from; all if None.
            seed: Of new layers.
        """
        made = self.begun(regime, seed=seed)
        cut = self.cut(regime.cut)
        if regime.start == "probe":
            fill_readout(made.head, solve_readout(self.rows(cut.name), self.ground, penalty, chosen))
        else:
            _begin_output(made, self.rows(cut.name))
        return self.as_network(made)

    def begun(self, regime: Regime, *, seed: int = 0) -> CutNetwork:
        """Return the cut network of a regime, its new layers as torch begins them."""
        cut = self.cut(regime.cut)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return cut_at(self.network.module, self.recording, cut, self.dataset.output.count, hidden=regime.hidden)

    def as_network(self, made: CutNetwork) -> Network:
        """Return a cut module with its preprocessing, the data's output names, and where it comes from."""
        origin = self.network.origin
        if origin.kind != "module":
            origin = origin.ended(made.ending)
        output = Output(kind=self.dataset.output.kind, names=self.dataset.output.names)
        return replace(self.network, module=made, output=output, origin=origin)


def _begin_output(made: CutNetwork, rows: torch.Tensor) -> None:
    """Scale a new output layer so that its first scores are small whatever the features' size."""
    scale = float((rows - rows.mean(0)).square().mean().sqrt()) or 1.0
    first = made.head[0]
    with torch.no_grad():
        first.weight.div_(scale)  # type: ignore[operator]  # a fully connected layer
        first.bias.sub_(first.weight @ rows.mean(0))  # type: ignore[operator]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A regime and its held-out answers.

    Attributes:
        regime: With its rate and policy.
        gains: By fold: sample by sample, in the order of the fold's held-out samples.
        rung: How far it came.
        step_s: Seconds of a step, 0 where nothing flows through the network.
    """

    regime: Regime
    gains: Mapping[int, Gains]
    rung: int = 0
    step_s: float = 0.0
    seconds: float = 0.0


def by_fold(ground: Ground, own: Gains, folds: Sequence[int] | None = None) -> dict[int, Gains]:
    """Return gains of all samples as gains by fold."""
    chosen = range(ground.fold_count) if folds is None else folds
    return {fold: own[(ground.folds == fold).numpy()] for fold in chosen}


def penalty_at(probed: Sequence[Probed], cut: str) -> float:
    """Return the penalty that the probe at a cut chose."""
    return next(one.probe.penalty for one in probed if one.probe.cut == cut)
