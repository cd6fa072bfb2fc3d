"""Which versions there are: what a training's folder holds of its way, told by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from striate.errors import StriateError
from striate.numbers import plural
from striate.runs import Run
from striate.train.checkpoint import newest
from striate.train.curve import COMMAND
from striate.train.journal import METRICS
from striate.train.moments import FOLDER as MOMENTS
from striate.train.moments import kept_moments

# Of a training's folder: where a new version, or the words for one, would be seen.
_TELLING = ("run.json", METRICS, MOMENTS, "checkpoint", "network", "network/network.json")
_BESIDE, _END, _NEWEST = "beside:", "end", "newest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """Weights that can stand beside those that are watched.

    Attributes:
        name: By which it is asked for: "step-64", "a-2/step-64", "a-2/end", "beside:resnet".
        words: When in its training it was, or what it is called.
        run: Name of the training's folder; empty for a network that was named.
        step: Steps it had been trained; None where nobody counted.
        weights: The file of its weights, for the network of its run; None for one that is read whole.
        network: What is read whole: a folder, or whatever `load_network` takes.
        plan: The blueprint of its run, as YAML; empty where the network says itself how it is built.
        is_anew: Its training began with random weights, and measured how samples enter.
    """

    name: str
    words: str
    run: str = ""
    step: int | None = None
    weights: Path | None = None
    network: Any = None
    plan: str = ""
    is_anew: bool = False


def versions_of(run: Path, *, is_opened: bool) -> list[Version]:
    """Return what a training's folder holds, in the order of its steps; nothing of a folder that is no training.

    Args:
        run: Its folder.
        is_opened: It is the one that is watched, so that its end needs no name.
    """
    # Asked for with every look at a version, of every training beside: what was not written to is not read again.
    return list(_read(run, tuple(map(_written, (run, *(run / name for name in _TELLING)))), is_opened=is_opened))


def _written(path: Path) -> tuple[int, int]:
    """Return what tells that a file was written to, or something laid into a folder."""
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


@lru_cache(maxsize=128)
def _read(run: Path, _stamps: tuple[tuple[int, int], ...], *, is_opened: bool) -> list[Version]:
    try:
        read = Run.read(run)
        if read.document.command != COMMAND:
            return []
        ended = {row["step"]: row["epoch"] for row in read.rows(METRICS) if row["kind"] == "epoch"}
    except StriateError:
        return []
    prefix = "" if is_opened else f"{run.name}/"
    origin = read.document.inputs["network"]["origin"]
    is_anew = not re.fullmatch("[0-9a-f]{64}", read.document.inputs["network"]["weights"])
    plan = origin["text"] if origin["kind"] == "blueprint" and not origin.get("ending") else ""
    found = [
        Version(
            name=f"{prefix}step-{step}",
            words=step_words(step, ended),
            run=run.name,
            step=step,
            weights=path,
            plan=plan,
            is_anew=is_anew,
        )
        for step, path in kept_moments(run).items()
    ]
    checkpoint = newest(run / "checkpoint")
    if checkpoint is not None:
        found.append(
            Version(
                name=prefix + _NEWEST,
                words="the newest checkpoint",
                run=run.name,
                weights=checkpoint,
                plan=plan,
                is_anew=is_anew,
            )
        )
    elif not is_opened and (run / "network" / "network.json").is_file():
        found.append(Version(name=prefix + _END, words="its end", run=run.name, network=run, plan=plan))
    return found


def beside(named: Mapping[str, Any]) -> list[Version]:
    """Return the networks that were named beside the opened one."""
    return [Version(name=_BESIDE + name, words=name, network=network) for name, network in named.items()]


def step_words(step: int, ended: Mapping[int, int]) -> str:
    """Return when in a training a step was.

    Args:
        step: Steps trained.
        ended: Epochs by the step they ended with.

    Example:
        >>> [step_words(step, {70: 1, 140: 2}) for step in (0, 1, 64, 140)]
        ['before the first step', 'after 1 step', 'after 64 steps', 'after epoch 2']
    """
    if step == 0:
        return "before the first step"
    return f"after epoch {ended[step]}" if step in ended else f"after {plural(step, 'step')}"
