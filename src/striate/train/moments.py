"""Weights kept from a training's way: before the first step, after 1, 4, 16, 64 … steps, and after every few epochs if wanted."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

from torch import nn

from striate.nets import save_weights
from striate.runs import write_json

FOLDER = "moments"
_EVERY = "every.json"
_NAME = "step-{step}.safetensors"
# Weights up to this are kept unless it is said otherwise: with some eight moments a run takes at most 32 MB more.
SMALL_BYTES = 2**22
_FACTOR = 4


class Moments:
    """Keeps a module's weights at a few steps, ever farther apart: most happens at the beginning.

    Args:
        folder: Of the run.
        module: What is trained.
        keep: Whether to; None keeps small weights, of up to 4 MiB.
        leads: Whether this process is the one that writes.
        every_steps: Also keep weights, of any size, after every so many steps; 0 for none.
    """

    def __init__(
        self, folder: Path, module: nn.Module, *, keep: bool | None, leads: bool, every_steps: int = 0
    ) -> None:
        self._folder, self._module = folder / FOLDER, module
        tensors = (*module.parameters(), *module.buffers())
        is_small = sum(tensor.numel() * tensor.element_size() for tensor in tensors) <= SMALL_BYTES
        self._leads, self._every = leads, every_steps
        self._keeps = leads and (is_small if keep is None else keep)

    def take(self, step: int) -> None:
        """Write the weights, if this step is one of those that are kept.

        Raises:
            StorageError: The disk refused.
        """
        is_due = self._leads and self._every > 0 and step % self._every == 0
        if is_due or (self._keeps and is_kept(step)):
            save_weights(self._module, self._folder / _NAME.format(step=step))

    def forget_after(self, step: int) -> None:
        """Remove what was kept of later steps: the training went back behind them."""
        for later, path in kept_moments(self._folder.parent).items():
            if later > step and self._leads and (self._keeps or self._every):
                with contextlib.suppress(OSError):
                    path.unlink()


def is_kept(step: int) -> bool:
    """Return whether the weights after so many steps are kept: 0, and the powers of 4.

    Example:
        >>> [step for step in range(300) if is_kept(step)]
        [0, 1, 4, 16, 64, 256]
    """
    while step > 1 and step % _FACTOR == 0:
        step //= _FACTOR
    return step in {0, 1}


def kept_moments(run: Path) -> dict[int, Path]:
    """Return the files of weights that a run folder kept, by step, rising; empty if it kept none."""
    found = {}
    for path in (run / FOLDER).glob(_NAME.format(step="*")):
        step = path.stem.removeprefix("step-")
        if step.isdecimal():
            found[int(step)] = path
    return dict(sorted(found.items()))


def note_every(run: Path, epochs: int) -> None:
    """Write after every how many epochs a run keeps its weights, so that whoever goes on with it can do the same.

    Raises:
        StorageError: The disk refused.
    """
    if epochs or (run / FOLDER / _EVERY).is_file():
        (run / FOLDER).mkdir(exist_ok=True)
        write_json(run / FOLDER / _EVERY, {"epochs": epochs})


def noted_every(run: Path) -> int:
    """Return after every how many epochs a run keeps its weights; 0 if it does not, or was begun before this was written."""
    try:
        return int(json.loads((run / FOLDER / _EVERY).read_text(encoding="utf-8"))["epochs"])
    except FileNotFoundError:
        return 0
