"""Trains in forked children, each killed by SIGKILL at a stated place, then to the end. Run by test_killing.

python worker.py RECIPE FOLDER EVERY PLACE... : RECIPE is "plain", "phases", "rollback" or "late"; EVERY is the seconds between checkpoints; PLACE is name:count, "step:5" being
the fifth step told, "fsync:3" the third flush of a file, "replace:3" the third rename, "adam:4" the fourth optimiser step.
"""

from __future__ import annotations

import os
import pathlib
import signal
import sys
from dataclasses import replace

import torch
import torch._dynamo  # torch's optimisers load it: once here, not in each child

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.events import Events
from striate.records import Recipe
from striate.train import loop, train

PLAN = "input 1x8x8; conv 3x3 4, batchnorm, relu; maxpool 2; fc 8, relu, dropout 0.5; classes 3"
PLAIN = Recipe(optimizer="adamw", rate=0.01, epochs=3, batch=9, weight_decay=0.1, shift_px=1, seed=4)
RECIPES = {
    "plain": PLAIN,
    # The first 8 of 21 steps warm up; in the second epoch a frozen part thaws; the best epoch is kept.
    "phases": replace(
        PLAIN,
        frozen=("conv1",),
        unfreeze=((2, "conv1"),),
        rates=(("fc1", 0.5),),
        warm_up=0.4,
        norm="reestimate",
        patience=3,
    ),
    # The rate is far too high: it goes back twice, once within the first epoch.
    "rollback": replace(PLAIN, optimizer="sgd", rate=30.0, schedule="constant", patience=3, guard="rollback"),
    # The rate climbs until it is too high: it goes back to the end of epoch 1, later to that of epoch 2.
    "late": replace(PLAIN, optimizer="sgd", rate=10.0, schedule="constant", warm_up=0.99, guard="rollback", epochs=4),
}


class Killer:
    """Kills the process at the n-th call of what it wraps, before (odd n) or after (even n) it is done."""

    def __init__(self, wrapped, count):
        self.wrapped, self.left, self.is_before = wrapped, count, count % 2 == 1

    def __call__(self, *arguments, **named):
        self.left -= 1
        if self.left == 0 and self.is_before:
            os.kill(os.getpid(), signal.SIGKILL)
        result = self.wrapped(*arguments, **named)
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result


def arm(place):
    """Put the killer in its place; return the watcher to train with."""
    events = Events()
    if place:
        name, _, count = place.partition(":")
        holder, attribute = {
            "step": (events, "progress"),
            "fsync": (os, "fsync"),
            "replace": (pathlib.Path, "replace"),
            "adam": (torch.optim.AdamW, "step"),
        }[name]
        killer = Killer(getattr(holder, attribute), int(count))

        # A function, so that it is bound to its object where it replaces a method.
        def armed(*arguments, **named):
            return killer(*arguments, **named)

        setattr(holder, attribute, armed)
    return events


def child(recipe, folder, place):
    generator = torch.Generator().manual_seed(5)
    images = torch.randint(0, 256, (90, 8, 8), generator=generator).to(torch.uint8)
    for index in range(90):
        images[index, 1 + 2 * (index % 3)] |= 128
    data = load_data((images, [index % 3 for index in range(90)]))
    train(Blueprint.from_text(PLAN), data, RECIPES[recipe], folder, events=arm(place), threads=1)


def main(recipe, folder, every, *places):
    loop.CHECKPOINT_EVERY_S = float(every)
    for place in (*places, ""):
        process = os.fork()
        if process == 0:
            child(recipe, folder, place)
            os._exit(0)
        _, status = os.waitpid(process, 0)
        ending = "killed" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        sys.stdout.write(f"{place or 'end'} {ending}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
