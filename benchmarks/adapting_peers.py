"""Adapted by Striate, by fastai's `fine_tune`, and at timm's rates: the same weights, training images and test images.

Every tool runs in a process of its own, one after the other, and answers the same test images. The second of fastai's rows and
both of timm's take as long as `adapt` took. `adapt` holds a fifth of the training images back to judge by; the others learn from
all of them.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from lite import save_renamed
from picture_folders import write_digits, write_patches

from striate.observe import wilson
from striate.train.paired import paired_difference
from striate.transfer.estimating import difference

PEERS = Path(__file__).parent / "peers"
BATCH, EPOCHS = 16, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is learned, and how long it may take.

    Attributes:
        name: Of the images.
        write: Writes a draw of them into a folder.
        side: Of the input in pixels, for all tools.
        budget_s: What `adapt` is given.
        by_folder: Whether one source's images stay together when `adapt` divides them.
    """

    name: str
    write: Callable[..., None]
    side: int
    budget_s: float
    by_folder: bool = False


TASKS = (
    Task(name="100 digits", write=partial(write_digits, train=100, test=400), side=64, budget_s=12.0),
    Task(name="200 digits", write=partial(write_digits, train=200, test=400), side=64, budget_s=12.0),
    Task(name="patches", write=partial(write_patches, each=10, test_each=60), side=96, budget_s=16.0, by_folder=True),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add what the comparison can be told."""
    group = parser.add_argument_group("peers")
    group.add_argument("--fastai", metavar="PYTHON", help="a Python that has fastai and timm; left out without it")
    group.add_argument("--draws", type=int, default=3, help="of training and test images (3)")
    group.add_argument(
        "--budget", type=float, default=1.0, metavar="TIMES", help="of the usual seconds `adapt` is given (1)"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What one tool answered on one draw.

    Attributes:
        right: For each test image, in the order of their paths.
        seconds: From reading the folder to the trained network.
        peak_mb: Of its process, libraries included.
        note: What it did.
        version: The tool's.
    """

    right: np.ndarray
    seconds: float
    peak_mb: float
    note: str
    version: str


def measure(options: argparse.Namespace) -> None:
    """Print a row for each task, draw and tool, and the paired differences."""
    draws = 1 if options.small else options.draws
    print(
        f"peers: batch {BATCH}, augmentation off, 95 % intervals"
        + ("" if options.fastai else "; fastai is left out: name a Python that has it with --fastai"),
        flush=True,
    )
    with tempfile.TemporaryDirectory() as place:
        weights = Path(place) / "lite.safetensors"
        save_renamed(weights)
        for task in TASKS:
            budget_s = task.budget_s * options.budget
            print(f"\n{task.name}, input {task.side} px, adapt given {budget_s:.0f} s", flush=True)
            found: defaultdict[str, list[Answered]] = defaultdict(list)
            for seed in range(draws):
                folder = Path(place) / task.name / str(seed)
                task.write(folder, np.random.default_rng(seed))
                draw = Draw(folder=folder, weights=weights, side=task.side, seed=seed)
                for name, answered in draw.rows(budget_s, by_folder=task.by_folder, fastai=options.fastai):
                    found[name].append(answered)
                    _print_row(f"draw {seed}", name, answered, found["adapt"][-1])
            _print_summary(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One draw of a task's images.

    Attributes:
        folder: With train and test.
        weights: The network's, under timm's names.
        side: Of the input, pixels.
        seed: Of the peers' chance.
    """

    folder: Path
    weights: Path
    side: int
    seed: int

    def rows(self, budget_s: float, *, by_folder: bool, fastai: str | None):
        """Yield each tool's name and what it answered."""
        own = self._run(
            sys.executable, "striate_adapt.py", "--budget", budget_s, *(["--by-folder"] if by_folder else [])
        )
        yield "adapt", own
        shared = ("--weights", self.weights, "--batch", BATCH, "--seed", self.seed)
        if fastai:
            usual = self._run(fastai, "fastai_fine_tune.py", "--epochs", EPOCHS, *shared)
            yield f"fastai, {EPOCHS} epochs", usual
            # One more than is asked for: fastai trains the new layers alone for an epoch first.
            as_long = max(round((EPOCHS + 1) * own.seconds / usual.seconds) - 1, 1)
            yield "fastai, as long", self._run(fastai, "fastai_fine_tune.py", "--epochs", as_long, *shared)
        # The maintainer's rule for fine-tuning, and the whole rate: a new output learns little in few steps at a tenth.
        for name, times in (("timm, a tenth", 1), ("timm, full rate", 10)):
            arguments = ("--times", times, "--seconds", own.seconds, *shared)
            yield name, self._run(sys.executable, "timm_fine_tune.py", *arguments)

    def _run(self, python: str, script: str, *arguments: object) -> Answered:
        """Return what a peer answered; it runs with this process' environment.

        Raises:
            RuntimeError: It failed; with the last it said.
        """
        command = [python, PEERS / script, self.folder / "train", self.folder / "test", "--side", self.side, *arguments]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{script} failed: {done.stderr[-2000:]}")
        said: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        right = [name.split("/")[0] == answer for name, answer in sorted(said["answers"].items())]
        return Answered(
            right=np.array(right, float), seconds=said["seconds"], peak_mb=said["peak_mb"], note=said["note"],
            version=said["version"],
        )  # fmt: skip


def _print_row(place: str, name: str, own: Answered, adapted: Answered) -> None:
    share = float(own.right.mean())
    low, high = wilson(share, len(own.right))
    told = (
        f"  {place:<18} {name:<18} {share:6.1%} ({low:.1%} to {high:.1%}), {own.seconds:4.0f} s, {own.peak_mb:5.0f} MB"
    )
    if own is not adapted:
        by = difference(adapted.right, own.right)
        told += f"; adapt {100 * by.mean:+.1f} points ({100 * by.interval[0]:+.1f} to {100 * by.interval[1]:+.1f})"
    print(f"{told}; {own.note}; {own.version}", flush=True)


def _print_summary(found: Mapping[str, Sequence[Answered]]) -> None:
    shares = {name: [100 * float(one.right.mean()) for one in rows] for name, rows in found.items()}
    for name, own in shares.items():
        told = f"  mean   {name:<18} {np.mean(own):5.1f} % of {len(own)} draws"
        if name != "adapt" and len(own) > 1:
            by, (low, high) = paired_difference(shares["adapt"], own)
            told += f"; adapt {by:+.1f} points ({low:+.1f} to {high:+.1f}, draws paired)"
        print(told, flush=True)
