"""A fine-tuning with timm's own parts, on a folder of class folders; prints JSON.

`create_model` with a new output, AdamW at the rate timm's maintainer gives for fine-tuning (a tenth of training from scratch:
0.1 × batch × 0.016 / 256, issue 25), cosine by step after a warm-up over a tenth, weight decay and label smoothing of train.py;
augmentation off.

Run: PYTHON timm_fine_tune.py TRAIN TEST --weights FILE --side 128 --seconds 30 --batch 16 --seed 0
"""

import argparse
import json
import resource
import time
from pathlib import Path

import timm.data  # noqa: TID253 - a script of its own, about timm
import timm.loss  # noqa: TID253
import timm.optim  # noqa: TID253
import timm.scheduler  # noqa: TID253
import torch
from torch import nn

WEIGHT_DECAY, SMOOTHING, WARM_UP = 2e-5, 0.1, 0.1
TIMED_STEPS = 3


def options() -> argparse.Namespace:
    """Return what is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("train", type=Path)
    parser.add_argument("test", type=Path)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--side", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True, help="as many epochs as take about so long")
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--times", type=float, default=1.0, help="the maintainer's rate, so many times (1)")
    return parser.parse_args()


class Pictures:
    """Images of a folder of class folders, read and scaled as they are asked for."""

    def __init__(self, folder: Path, network: nn.Module, side: int) -> None:
        self.folder, self.paths = folder, sorted(folder.rglob("*.png"))
        config = timm.data.resolve_data_config(
            {"input_size": (3, side, side), "crop_pct": 1.0, "interpolation": "bilinear"}, model=network
        )
        self.transform = timm.data.create_transform(**config)

    def read(self, places: list[int]) -> torch.Tensor:
        """Return some of them, prepared."""
        from PIL import Image

        return torch.stack([self.transform(Image.open(self.paths[place]).convert("RGB")) for place in places])

    def classes(self) -> list[str]:
        """Return each one's class."""
        return [path.relative_to(self.folder).parts[0] for path in self.paths]


def steps_of(count: int, batch: int) -> list[list[int]]:
    """Return one epoch's batches; a last one of a single image is left out, for batch normalisation."""
    order = torch.randperm(count).tolist()
    made = [order[place : place + batch] for place in range(0, count, batch)]
    return [places for places in made if len(places) > 1]


def fine_tune(
    network: nn.Module, pictures: Pictures, targets: torch.Tensor, *, batch: int, times: float, seconds: float
) -> int:
    """Train for about so many seconds; return the epochs."""
    optimizer = timm.optim.create_optimizer_v2(
        network, opt="adamw", lr=times * 0.1 * batch * 0.016 / 256, weight_decay=WEIGHT_DECAY
    )
    loss = timm.loss.LabelSmoothingCrossEntropy(SMOOTHING)

    def step(places: list[int]) -> None:
        optimizer.zero_grad()
        loss(network(pictures.read(places)), targets[places]).backward()
        optimizer.step()

    network.train()
    epochs = epochs_for(network, optimizer, step, steps_of(len(targets), batch), seconds)
    plan, number = [places for _ in range(epochs) for places in steps_of(len(targets), batch)], 0
    schedule = timm.scheduler.CosineLRScheduler(
        optimizer, t_initial=len(plan), warmup_t=round(WARM_UP * len(plan)), t_in_epochs=False
    )
    for number, places in enumerate(plan):
        schedule.step_update(number)
        step(places)
    return epochs


def epochs_for(network, optimizer, step, epoch: list[list[int]], seconds: float) -> int:
    """Return how many epochs fit, by some steps at a rate of 0; weights and statistics stay as they were."""
    began = time.perf_counter()
    kept = {name: value.clone() for name, value in network.state_dict().items()}
    rates = [group["lr"] for group in optimizer.param_groups]
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    step(epoch[0])
    timed = time.perf_counter()
    for number in range(TIMED_STEPS):
        step(epoch[number % len(epoch)])
    step_s = (time.perf_counter() - timed) / TIMED_STEPS
    network.load_state_dict(kept)
    optimizer.state.clear()
    for group, rate in zip(optimizer.param_groups, rates, strict=True):
        group["lr"] = rate
    return max(round((seconds - (time.perf_counter() - began)) / (step_s * len(epoch))), 1)


def answers(network: nn.Module, pictures: Pictures) -> list[int]:
    """Return the class of each picture."""
    network.eval()
    found: list[int] = []
    with torch.inference_mode():
        for place in range(0, len(pictures.paths), 16):
            places = list(range(place, min(place + 16, len(pictures.paths))))
            found += network(pictures.read(places)).argmax(1).tolist()
    return found


def main() -> None:
    """Train, answer the test pictures, print."""
    asked = options()
    torch.manual_seed(asked.seed)
    began = time.perf_counter()
    names = sorted(path.name for path in asked.train.iterdir())
    network = timm.create_model(
        "efficientnet_lite0", pretrained=True, num_classes=len(names), pretrained_cfg_overlay={"file": asked.weights}
    )
    pictures = Pictures(asked.train, network, asked.side)
    targets = torch.tensor([names.index(name) for name in pictures.classes()])
    epochs = fine_tune(network, pictures, targets, batch=asked.batch, times=asked.times, seconds=asked.seconds)
    seconds = time.perf_counter() - began
    test = Pictures(asked.test, network, asked.side)
    found = [names[place] for place in answers(network, test)]
    print(json.dumps({
        "version": f"timm {timm.__version__}",
        "seconds": seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "answers": {path.relative_to(asked.test).as_posix(): name for path, name in zip(test.paths, found, strict=True)},
        "note": f"{epochs} epochs",
    }))  # fmt: skip


if __name__ == "__main__":
    main()
