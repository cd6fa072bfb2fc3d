"""How fast a study trains many small networks, beside the loop one would write.

Run: python benchmarks/study.py [ROUNDS]

Nine networks are trained from one seed each on 2,000 of the digits for four epochs, by the same recipe, in three ways, one after
the other in every round:

* ours: `run_study`, as many at once as there are processors, with everything a study does besides: validation after each epoch,
  activity, gradients, checkpoints, the test part. Starting the processes counts.
* loader: one after the other, PyTorch as it comes: a Dataset of the pictures, ToTensor and Normalize, a DataLoader, all threads,
  accuracy on the validation part after each epoch.
* tensors: the same with the pictures prepared once and batches taken by index, with as many threads as are fastest here.

A ratio above 1 says how many times as long the other way takes.
"""

import statistics
import sys
import tempfile
import time
from dataclasses import replace

import torch
from machine import heading
from torch import nn
from torch.utils.data import DataLoader, Dataset

from striate.data import load_data
from striate.nets import load_network
from striate.study import cells_of, ready_study, run_study
from striate.train.fewer import fewer

EPOCHS, IMAGES, BATCH = 4, 2000, 50


class Pictures(Dataset):
    """Pictures as a user's own data set gives them."""

    def __init__(self, data, indices):
        self.images = [data.read(index).numpy().transpose(1, 2, 0) for index in indices]
        self.targets = [data.samples[index].target for index in indices]

    def __len__(self):
        """Return how many."""
        return len(self.images)

    def __getitem__(self, index):
        """Return one, prepared."""
        from torchvision.transforms import functional

        return functional.normalize(functional.to_tensor(self.images[index]), [0.13], [0.31]), self.targets[index]


def asked():
    study = ready_study("depth-filter-size")
    recipe = replace(study.recipe, epochs=EPOCHS, images=IMAGES)
    return replace(study, recipe=recipe, rates=(), seeds=1, without=((("depth", "8"),),), published=())


def by_loader(plans, train, validation):
    for plan in plans:
        torch.manual_seed(0)
        module = load_network(plan).module.train()
        optimizer = torch.optim.AdamW(module.parameters(), lr=0.004, weight_decay=0.5)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.004, total_steps=EPOCHS * IMAGES // BATCH)
        for _ in range(EPOCHS):
            module.train()
            for images, targets in DataLoader(train, batch_size=BATCH, shuffle=True):
                optimizer.zero_grad()
                nn.functional.cross_entropy(module(images), targets).backward()
                optimizer.step()
                schedule.step()
            module.eval()
            with torch.no_grad():
                for images, targets in DataLoader(validation, batch_size=BATCH):
                    (module(images).argmax(1) == targets).sum()


def by_tensors(plans, train, validation):
    for plan in plans:
        torch.manual_seed(0)
        module = load_network(plan).module.train()
        optimizer = torch.optim.AdamW(module.parameters(), lr=0.004, weight_decay=0.5)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.004, total_steps=EPOCHS * IMAGES // BATCH)
        for _ in range(EPOCHS):
            module.train()
            for part in torch.randperm(IMAGES).split(BATCH):
                optimizer.zero_grad()
                nn.functional.cross_entropy(module(train[0][part]), train[1][part]).backward()
                optimizer.step()
                schedule.step()
            module.eval()
            with torch.no_grad():
                (module(validation[0]).argmax(1) == validation[1]).sum()


def prepared(pictures):
    rows = [pictures[index] for index in range(len(pictures))]
    return torch.stack([image for image, _ in rows]), torch.tensor([target for _, target in rows])


def seconds(work, *arguments) -> float:
    began = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - began


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    data = load_data("digits")
    study = asked()
    plans = [cell.plan for cell in cells_of(study)]
    split = fewer(data, data.split(), IMAGES)
    pictures = Pictures(data, split.train), Pictures(data, split.validation)
    tensors = tuple(prepared(part) for part in pictures)
    print(heading("Many small trainings: a study beside plain loops"))
    taken = {}
    for threads in (1, torch.get_num_threads()):
        torch.set_num_threads(threads)
        taken[threads] = seconds(by_tensors, plans[:2], *tensors)
    fastest = min(taken, key=taken.get)
    whole = max(taken)
    found = {"loader": [], "tensors": []}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            ours = seconds(lambda: run_study(study, f"{folder}/study", dataset=data))
        for name, threads, work, parts in (
            ("loader", whole, by_loader, pictures),
            ("tensors", fastest, by_tensors, tensors),
        ):
            torch.set_num_threads(threads)
            found[name].append(seconds(work, plans, *parts) / ours)
        print(
            f"ours {ours:.1f} s; loader × {found['loader'][-1]:.2f}, tensors × {found['tensors'][-1]:.2f}", flush=True
        )
    for name, ratios in found.items():
        print(f"{name}: median × {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"{len(plans)} networks; tensors with {fastest} threads.")


if __name__ == "__main__":
    main()
