"""What is held still in a training, what moves at which rate, and whether that is what happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import torch
from torch import nn

from striate.data import shuffled
from striate.numbers import listed, plural
from striate.records.care import AppliedRate
from striate.records.training import Recipe
from striate.train.freezing import Freezing, check_frozen, digest_of, frozen_digest
from striate.train.groups import applied_rates, check_rates, multipliers
from striate.train.normalisation import keep_statistics, reestimate_statistics
from striate.train.work import Work


class Care:
    """Holds the parts of a network that a recipe holds, and checks promises about the others against what happened.

    Args:
        module: The network; its modes and `requires_grad` are changed until `release`.
        recipe: Names what is frozen, rates by path, and the policy for running statistics.

    Raises:
        UnknownNameError: A path that leads nowhere.
        InputError: Rates or epochs that mean nothing.

    Example:
        >>> net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        >>> care = Care(net, Recipe(frozen=("0",), rates=(("1.bias", 0.1),)))
        >>> care.promised(1, rate=0.5)
        {'0.weight': 0.0, '0.bias': 0.0, '1.weight': 0.5, '1.bias': 0.05}
    """

    def __init__(self, module: nn.Module, recipe: Recipe) -> None:
        self._module = module
        self._multipliers = multipliers(module, recipe.rates)
        still = [name for name, multiplier in self._multipliers.items() if multiplier == 0]
        self.freezing = Freezing(module, recipe.frozen, unfreeze=recipe.unfreeze, still=still)
        self._keeps = recipe.norm != "train"
        self._epoch = 1
        self._digests: dict[str, str] = {}
        self._reached: set[str] = set()
        self._steps = 0
        never = self.freezing.frozen_names(max((epoch for epoch, _ in recipe.unfreeze), default=1))
        self._never = {name: digest for name, digest in self._all_digests().items() if name in never} if never else {}

    def begin(self, work: Work, check: Callable[[], None]) -> str:
        """Do what comes before the first step; return a sentence about it, or nothing."""
        if work.recipe.norm != "reestimate":
            return ""
        found = reestimate_statistics(
            work.module,
            work.dataset,
            shuffled(work.split.train, seed=work.recipe.seed, epoch=0),
            work.preprocessing,
            batch_size=work.recipe.batch,
            device=work.device.place,
            is_frozen=lambda path: self.freezing.is_frozen(path, 1),
            check=check,
        )
        self.freezing.restore()
        return (
            f"Running statistics of {plural(found, 'normalisation layer')} were estimated anew on "
            f"{plural(len(work.split.train), 'training sample')}; they stay so."
        )

    def enter(self, epoch: int) -> None:
        """Begin an epoch, counted from 1, or take one up after weights were loaded."""
        self._epoch = max(epoch, 1)
        self.freezing.enter(self._epoch)
        self._digests, self._reached, self._steps = self._all_digests(), set(), 0

    def train_mode(self) -> None:
        """Put the network in training mode, what is held excepted."""
        self._module.train()
        self.freezing.hold()
        if self._keeps:
            keep_statistics(self._module)

    def promised(self, epoch: int, *, rate: float) -> dict[str, float]:
        """Return the rate every parameter is to be trained at; those whose time has not come are left out.

        Args:
            epoch: Counted from 1.
            rate: What the schedule says, before multipliers.
        """
        return {
            name: rate * multiplier if begins else 0.0
            for name, multiplier in self._multipliers.items()
            if (begins := self.freezing.epoch_of(name)) <= epoch
        }

    def after_step(self, optimizer: torch.optim.Optimizer, *, rate: float, where: str) -> None:
        """Put held buffers back, and hold the rates of the step just taken against those promised.

        Raises:
            RunError: A rate that is not the promised one.
        """
        self.freezing.restore()
        self._steps += 1
        self._reached.update(name for name, p in self._module.named_parameters() if p.grad is not None)
        check_rates(self._module, optimizer, self.promised(self._epoch, rate=rate), where=where)

    def close(self) -> str:
        """Hold what moved in the epoch against what was promised; return a sentence about parameters that stayed, or nothing.

        Raises:
            RunError: A tensor moved that was to stay.
        """
        self.freezing.restore()
        now = self._all_digests()
        held = self.freezing.frozen_names(self._epoch)
        promised = self.promised(self._epoch, rate=1.0)
        still = {name for name, rate in promised.items() if rate == 0} | held
        check_frozen({name: self._digests[name] for name in still}, now, where=f"epoch {self._epoch}")
        stayed = [name for name, rate in promised.items() if rate > 0 and now[name] == self._digests[name]]
        self._digests = now
        if not stayed or not self._steps:
            return ""
        without = [name for name in stayed if name not in self._reached]
        words = f"{plural(len(stayed), 'parameter')} did not move in epoch {self._epoch}: {listed(stayed)}."
        if without:
            words += f" No gradient reached {listed(without)}."
        return words

    def release(self) -> None:
        """Give `requires_grad` back, after a last look at what was to stay through all epochs.

        Raises:
            RunError: A frozen tensor moved.
        """
        self.freezing.restore()
        now = self._all_digests() if self._never else {}
        self.freezing.release()
        check_frozen(self._never, now, where="the end of the training")

    def receipt(self, optimizer: torch.optim.Optimizer, peaks: Sequence[float]) -> dict[str, Any]:
        """Return what was trained and what was frozen, in plain values; frozen tensors with their SHA-256.

        Args:
            optimizer: With the groups it was trained with.
            peaks: Highest rate of each epoch that was begun.
        """
        rows = applied_rates(self._module, optimizer, peaks=peaks, freezing=self.freezing)
        begun = max(len(peaks), 1)
        sizes = {name: parameter.numel() for name, parameter in self._module.named_parameters()}
        trained = sum(sizes[name] for name, row in rows.items() if 0 < row.from_epoch <= begun)
        found: dict[str, Any] = {"parameters": {"trained": trained, "frozen": sum(sizes.values()) - trained}}
        if self.freezing.paths or any(not _is_plain(row) for row in rows.values()):
            found["rates"] = {name: asdict(row) for name, row in rows.items()}
        if self._never:
            found["frozen"] = dict(self._never)
        return found

    def _all_digests(self) -> dict[str, str]:
        if self.freezing.paths:
            return frozen_digest(self._module, [""])
        return {name: digest_of(parameter) for name, parameter in self._module.named_parameters(remove_duplicate=False)}


def _is_plain(row: AppliedRate) -> bool:
    return row.multiplier == 1 and row.from_epoch == 1
