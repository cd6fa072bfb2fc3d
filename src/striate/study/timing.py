"""Equal time instead of equal cost: networks measured on this machine, each in turn with the reference."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from striate import schema
from striate.analyse.budget import Budget, Solved
from striate.analyse.budget.measuring import figures
from striate.blueprint import Blueprint
from striate.nets import load_network
from striate.runs import write_json
from striate.study.cells import solved_by
from striate.train.device import own_state

SCHEMA_VERSION = 1
FILE = "timed.json"
_WARM = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How long a network is measured.

    Attributes:
        rounds: At least so many passes.
        seconds: And at least so long, the reference's passes included.
    """

    rounds: int
    seconds: float


# While one is sought; and of the one that was found: what is nearest by chance is not what it takes.
SEEKING, FINAL = Effort(rounds=9, seconds=0.1), Effort(rounds=31, seconds=0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """One network that was solved for its time.

    Attributes:
        asked: Text of the blueprint before it was solved, by what, and to which time; of the reference its text alone.
        found: After it; the same text for the reference.
        latency_us: One image forward, one thread, in the median, in microseconds.
    """

    asked: str
    found: str
    latency_us: int


class Clock:
    """Solves networks for measured time; what is known is not measured again, so that a study stays what it was.

    Args:
        reference: Every other network is measured in turn with it, pass by pass, and told as a multiple of its time: a machine
            that slows down slows both.
        known: What was measured before.

    When it misleads:
        Time is that of this machine, one thread, one image. Two networks of equal time here may not be so elsewhere.
    """

    def __init__(self, reference: Blueprint, known: tuple[Timed, ...] = ()) -> None:
        self._reference = reference
        self._known = {one.asked: one for one in known}

    @property
    def known(self) -> tuple[Timed, ...]:
        """Everything that was measured."""
        return tuple(self._known.values())

    def cost(self, plan: Blueprint, budget: Budget) -> int:  # noqa: ARG002 - only time is measured
        """Return a network's time as it is, in microseconds."""
        return self.latency_us(plan, FINAL)

    def solved(self, plan: Blueprint, budget: Budget, over: tuple[str, ...]) -> Solved:
        """Return the network whose time is nearest to the budget, measured anew at the end.

        Raises:
            InputError: None can reach it.
        """
        # Of another amount, as in a fork, it is another network.
        text = f"{plan.to_text()} by {', '.join(over)} to {budget.amount} us"
        if text not in self._known:
            found = solved_by(plan, budget, over, lambda one: self.latency_us(one, SEEKING))
            self._known[text] = Timed(
                asked=text, found=found.plan.to_text(), latency_us=self.latency_us(found.plan, FINAL)
            )
        known = self._known[text]
        made = Blueprint.from_text(known.found)
        return Solved(
            plan=made,
            budget=budget,
            over=", ".join(over),
            amount=0.0,
            reached=known.latency_us,
            smaller=None,
            larger=None,
            before=figures(plan),
            after=figures(made),
        )

    def latency_us(self, plan: Blueprint, effort: Effort) -> int:
        """Return how long one image takes, in microseconds: the reference's time, times the median of paired ratios."""
        text = self._reference.to_text()
        if plan.to_text() == text and text in self._known:
            return self._known[text].latency_us
        with own_state(torch.device("cpu"), 1), torch.inference_mode():
            theirs = ready(self._reference)
            if text not in self._known:
                base_s = median(repeated(lambda: forward_s(*theirs), FINAL))
                self._known[text] = Timed(asked=text, found=text, latency_us=max(1, round(1e6 * base_s)))
            base_us = self._known[text].latency_us
            if plan.to_text() == text:
                return base_us
            mine = ready(plan)
            ratio = median(repeated(lambda: forward_s(*mine) / forward_s(*theirs), effort))
        return max(1, round(base_us * ratio))


def repeated(measure: Callable[[], float], effort: Effort) -> list[float]:
    """Return what is measured, as often and as long as stated."""
    found: list[float] = []
    began = time.perf_counter()
    while len(found) < effort.rounds or time.perf_counter() - began < effort.seconds:
        found.append(measure())
    return found


def ready(plan: Blueprint) -> tuple[nn.Module, Tensor]:
    """Return a blueprint's module, warm, and an image for it."""
    network = load_network(plan)
    module, image = network.module.eval(), torch.zeros(1, *network.input_shape)
    for _ in range(_WARM):
        module(image)
    return module, image


def forward_s(module: nn.Module, image: Tensor) -> float:
    """Return how long one pass takes, in seconds."""
    began = time.perf_counter()
    module(image)
    return time.perf_counter() - began


def read_timed(folder: Path) -> tuple[Timed, ...]:
    """Return what a study's folder knows of its networks' time; nothing if nothing is there."""
    path = folder / FILE
    if not path.is_file():
        return ()
    document: Mapping[str, Any] = schema.accept(
        json.loads(path.read_text(encoding="utf-8")), "study-times", SCHEMA_VERSION, where=str(path)
    )
    return tuple(Timed(**one) for one in document["networks"])


def write_timed(folder: Path, known: tuple[Timed, ...]) -> None:
    """Keep what was measured in a study's folder.

    Raises:
        StorageError: The disk refused.
    """
    document = {"schema": schema.stamp("study-times", SCHEMA_VERSION), "networks": [asdict(one) for one in known]}
    write_json(folder / FILE, document)
