"""Which networks the bench makes: the development part, and the held-out part on which nothing may be tuned."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

import numpy as np
from benchmarks.faults.architectures import DEVELOPMENT, HELD_OUT
from benchmarks.faults.faults import FAULTS, HEALTHY
from benchmarks.faults.pictures import TASKS

Part = Literal["development", "held-out"]
PARTS: tuple[Part, ...] = ("development", "held-out")
_ARCHITECTURES: dict[Part, tuple[str, ...]] = {"development": DEVELOPMENT, "held-out": HELD_OUT}
# Networks of the seeds 2 to 5 were held out before `twin-units` was changed after five of their healthy ones.
_SEEDS: dict[Part, tuple[int, ...]] = {"development": (0, 1), "held-out": (6, 7, 8)}
# Of each fault: more would take an afternoon.
_EACH: dict[Part, int] = {"development": 3, "held-out": 5}


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Case:
    """One network of the bench.

    Attributes:
        part: Whether limits may be chosen while looking at it.
        fault: What is planted, "none" in a healthy twin.
        architecture: A name of `architectures`.
        task: A name of `pictures`.
        seed: Of the pictures, the weights, the order, and what is planted.
    """

    part: Part
    fault: str
    architecture: str
    task: str
    seed: int

    @property
    def name(self) -> str:
        """The name of its folder."""
        return f"{self.part}.{self.fault}.{self.architecture}.{self.task}.{self.seed}"

    def draw(self) -> np.random.Generator:
        """Return the random numbers its fault is planted by."""
        return np.random.default_rng([self.seed, zlib.crc32(f"{self.fault} {self.architecture} {self.task}".encode())])


def cases(part: Part) -> list[Case]:
    """Return the networks of a part: the healthy first, since some faults are planted in them."""
    architectures, seeds = _ARCHITECTURES[part], _SEEDS[part]
    healthy = [
        Case(part=part, fault=HEALTHY, architecture=architecture, task=task, seed=seed)
        for seed in seeds
        for task in TASKS
        for architecture in architectures
    ]
    if part == "held-out":
        # One seed more on the cheapest task, so that a network that cannot be made does not leave fewer than sixty.
        healthy += [Case(part=part, fault=HEALTHY, architecture=name, task="small", seed=9) for name in architectures]
    return healthy + [
        case for number, fault in enumerate(FAULTS) if fault != HEALTHY for case in _planted(part, fault, number)
    ]


def short_cases() -> list[Case]:
    """Return one network of each fault and one healthy of each development architecture, all of the cheapest task."""
    found = [
        Case(part="development", fault=HEALTHY, architecture=name, task="small", seed=0)
        for name in _ARCHITECTURES["development"]
    ]
    for fault, about in FAULTS.items():
        if fault != HEALTHY:
            able = next(name for name in _ARCHITECTURES["development"] if about.fits(name))
            found.append(Case(part="development", fault=fault, architecture=able, task="small", seed=0))
    return found


def _planted(part: Part, fault: str, number: int) -> list[Case]:
    """Return a fault's networks: architectures, tasks and seeds in turn, so that every fault meets all of them."""
    able = [name for name in _ARCHITECTURES[part] if FAULTS[fault].fits(name)]
    tasks, seeds = FAULTS[fault].tasks, _SEEDS[part]
    return [
        Case(
            part=part,
            fault=fault,
            architecture=able[turn % len(able)],
            task=tasks[(turn + number) % len(tasks)],
            seed=seeds[turn % len(seeds)],
        )
        for turn in range(_EACH[part])
    ]
