"""One of several processes that train together. Run by test_ranks, with RANK, WORLD_SIZE and the rest in the environment.

python ranks_worker.py WORK FOLDER; what came out is written to FOLDER/RANK.json, weights beside it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.events import Events
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing, Recipe
from striate.train import loop, train
from striate.train.device import accelerated
from striate.train.evaluate import evaluate
from striate.train.losses import Loss

PLAIN = "input 1x8x8; conv 3x3 4, relu; maxpool 2; fc 8, relu; classes 3"
NORMALISED = "input 1x8x8; conv 3x3 4, batchnorm, relu; maxpool 2; fc 8, relu, dropout 0.5; classes 3"
# 63 to learn from: 16, 16, 16 and 15; or 31, 31 and one that is left out.
RECIPE = Recipe(optimizer="adamw", rate=0.01, epochs=3, batch=16, weight_decay=0.1, shift_px=1, seed=4, balance="loss")


def digits():
    generator = torch.Generator().manual_seed(5)
    images = torch.randint(0, 256, (90, 8, 8), generator=generator).to(torch.uint8)
    return load_data((images, [min(index % 5, 2) for index in range(90)]))


class Fixed(torch.nn.Module):
    """Says the class that its brightest row stands for; above so many images it runs out of memory."""

    def __init__(self, most=99):
        super().__init__()
        self.most = most
        self.weight = torch.nn.Parameter(torch.ones(1))

    def forward(self, images):
        if len(images) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return images.mean(3)[:, 0, 1:7:2] * self.weight


class Scarce(torch.nn.Module):
    """Runs out of memory in the second process only."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(3)
        self.net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3))

    def forward(self, images):
        if os.environ.get("RANK") == "1" and len(images) > 4:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return self.net(images)


class Watching(Events):
    """Stops, or kills this process, after so many steps."""

    def __init__(self, steps=10**9, *, kills=False):
        self.left, self.kills = steps, kills

    def log(self, message):
        pass

    def progress(self, progress):
        self.left -= progress.task == "training" and progress.done > 0
        if self.left <= 0 and self.kills:
            os.kill(os.getpid(), signal.SIGKILL)

    def is_cancelled(self):
        return self.left <= 0


def counted(folder):
    """21 samples, of which a stated number is told right."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 100, (21, 8, 8), generator=generator)
    for index in range(21):
        images[index, 1 + 2 * (index % 3)] += 150
    data = load_data((images.to(torch.uint8), [index % 3 if index < 13 else (index + 1) % 3 for index in range(21)]))
    how = Preprocessing(shape=(1, 8, 8), mean=(0.0,), std=(1.0,))
    found = {}
    with accelerated() as device:
        for name, most in (("wide", 99), ("narrow", 2)):
            done = evaluate(
                Fixed(most),
                data,
                tuple(range(21)),
                how,
                loss=Loss(data.output, how),
                device=device,
                batch_size=8,
                check=lambda: None,
            )
            found[name] = [done.samples, done.score, done.loss]
    return found


def session_network():
    return Network(
        module=Scarce(),
        preprocessing=Preprocessing(shape=(1, 8, 8), mean=(0.5,), std=(0.3,)),
        output=Output(kind="classes", names=("0", "1", "2")),
        origin=Origin(kind="module", text="Scarce"),
    )


def weights_of(folder, name, given, recipe, events=None):
    made = train(given, digits(), recipe, folder / name, events=events or Watching(), threads=1)
    rank = os.environ.get("RANK", "0")
    save_file(
        {key: value.contiguous() for key, value in made.network.module.state_dict().items()},
        folder / f"{name}-{rank}.st",
    )
    return [[row.epoch, row.score] for row in made.curve.epochs]


def main(what, folder):
    folder, rank = Path(folder), os.environ.get("RANK", "0")
    loop.CHECKPOINT_EVERY_S = 0.0
    plain, normalised = Blueprint.from_text(PLAIN), Blueprint.from_text(NORMALISED)
    told = {}
    if what == "together":
        told["counted"] = counted(folder)
        told["plain"] = weights_of(folder, "plain", plain, RECIPE)
        told["short"] = weights_of(folder, "short", plain, Recipe(epochs=1, batch=30, seed=4))
        told["normalised"] = weights_of(folder, "normalised", normalised, RECIPE)
        told["scarce"] = weights_of(folder, "scarce", session_network(), RECIPE)
    else:
        steps = {"kill": 6, "stop": 6, "go on": 10**9}[what]
        is_other = rank == ("1" if what == "kill" else "0")
        events = Watching(steps, kills=what == "kill") if is_other else Watching()
        if what == "kill" and is_other:
            # The second process hears nothing; it counts its own optimiser steps.
            step = torch.optim.AdamW.step

            def counting(self, *arguments, **named):
                events.left -= 1
                if events.left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return step(self, *arguments, **named)

            torch.optim.AdamW.step = counting
        weights_of(folder, "normalised", normalised, RECIPE, events)
    (folder / f"{rank}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
