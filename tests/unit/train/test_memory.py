"""Memory that runs out in the middle of a training: halves whose gradients are accumulated."""

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.data import Batch
from striate.errors import RunError
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing, Recipe
from striate.train import read_curve, train
from striate.train.balancing import class_weights
from striate.train.device import accelerated
from striate.train.gradients import take_gradients
from striate.train.losses import Loss
from striate.train.optimizers import make_optimizer
from striate.train.work import Work

HOW = Preprocessing(shape=(1, 8, 8), mean=(0.3,), std=(0.2,))
CLASSES = Output(kind="classes", names=("0", "1", "2"))


class Narrow(nn.Module):
    """Runs out of memory above so many images, after its normalisation has looked at them."""

    def __init__(self, most, *, norm=False):
        super().__init__()
        self.most = most
        self.calls = []
        self.net = nn.Sequential(
            nn.Conv2d(1, 4, 3),
            nn.BatchNorm2d(4) if norm else nn.Identity(),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(144, 3),
        )

    def forward(self, images):
        self.calls.append(len(images))
        answers = self.net(images)
        if len(images) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return answers


def module(most, *, norm=False):
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return Narrow(most, norm=norm)


def network(most, *, norm=False):
    return Network(
        module=module(most, norm=norm),
        preprocessing=HOW,
        output=CLASSES,
        origin=Origin(kind="module", text="Narrow"),
    )


def work(net, data, device, *, weights=None):
    recipe = Recipe(optimizer="sgd", rate=0.1, batch=12)
    return Work(
        module=net,
        optimizer=make_optimizer(net, recipe),
        loss=Loss(CLASSES, HOW, label_smoothing=0.1, class_weights=weights),
        preprocessing=HOW,
        dataset=data,
        split=data.split(),
        recipe=recipe,
        device=device,
    )


def batch(count):
    generator = torch.Generator().manual_seed(1)
    targets = torch.tensor([0, 0, 0, 0, 0, 1, 1, 1, 2, 0, 0, 1])[:count]
    images = torch.randn(count, 1, 8, 8, generator=generator)
    return Batch(indices=torch.arange(count), images=images, targets=targets, whole_targets=targets)


@pytest.mark.parametrize("is_weighted", [False, True])
def test_accumulated_gradients_are_those_of_the_mean_over_the_whole_batch(data, is_weighted):
    weights = class_weights(data, tuple(range(0, 90, 7))) if is_weighted else None
    some = batch(11)
    net = module(3)
    expected = copy.deepcopy(net.net)
    functional.cross_entropy(
        expected(some.images),
        some.targets,
        weight=None if weights is None else torch.tensor(weights),
        label_smoothing=0.1,
    ).backward()
    with accelerated() as device:
        taken = take_gradients(work(net, data, device, weights=weights), some, step=0)

    assert net.calls == [11, 4, 2, 2, 2, 2, 2, 1]  # 11 in parts of at most 5 are 4, 4, 3
    assert taken.at_once == 2
    for own, reference in zip(net.net.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(own.grad, reference.grad, rtol=1e-5, atol=1e-7)


def test_a_pass_that_failed_leaves_no_trace_in_running_statistics(data):
    some = batch(12)
    net, reference = module(6, norm=True), module(99, norm=True)
    reference.train()
    reference(some.images[:6])
    reference(some.images[6:])
    with accelerated() as device:
        net.train()
        take_gradients(work(net, data, device), some, step=0)

    for name, value in net.named_buffers():
        assert torch.equal(value, reference.get_buffer(name)), name


def test_a_training_goes_on_from_the_last_whole_step_and_says_so(tmp_path, data):
    recipe = Recipe(optimizer="sgd", rate=0.05, epochs=2, batch=12, schedule="constant")
    whole = train(network(99), data, recipe, tmp_path / "whole")
    halved = train(network(7), data, recipe, tmp_path / "halved")
    told = [row["message"] for row in halved.run.rows("log.jsonl") if row["event"] == "halved"]

    assert len(told) == 1
    assert told[0].startswith("Memory ran out at step 1: from here on 6 images at once")
    assert "Batch normalisation" not in told[0]
    assert [word for _, word in read_curve(whole.run).events] == []
    for key, value in whole.network.module.state_dict().items():
        torch.testing.assert_close(halved.network.module.state_dict()[key], value, rtol=0, atol=1e-5)
    assert [row.score for row in halved.curve.epochs] == [row.score for row in whole.curve.epochs]


def test_batch_normalisation_is_told_of(tmp_path, data):
    recipe = Recipe(optimizer="sgd", rate=0.05, epochs=1, batch=12)
    made = train(network(7, norm=True), data, recipe, tmp_path / "run")

    assert any("statistics from those 6 images" in row["message"] for row in made.run.rows("log.jsonl"))


def test_one_image_that_does_not_fit_ends_the_training_with_the_cure(tmp_path, data):
    with pytest.raises(RunError, match="must fit into memory with one image at once"):
        train(network(0), data, Recipe(epochs=1, batch=12), tmp_path / "run")


@pytest.mark.long
def test_a_training_killed_after_it_halved_ends_in_the_same_weights(tmp_path, data):
    from striate.errors import Cancelled
    from striate.events import Events

    class Stopper(Events):
        def __init__(self, after):
            self.left = after

        def progress(self, progress):
            self.left -= progress.task == "training"

        def is_cancelled(self):
            return self.left <= 0

    recipe = Recipe(optimizer="adam", rate=0.01, epochs=2, batch=12)
    whole = train(network(7), data, recipe, tmp_path / "whole")
    with pytest.raises(Cancelled):
        train(network(7), data, recipe, tmp_path / "run", events=Stopper(4))
    again = network(7)
    resumed = train(again, data, recipe, tmp_path / "run")

    for key, value in whole.network.module.state_dict().items():
        assert torch.equal(resumed.network.module.state_dict()[key], value)
    assert [row["event"] for row in resumed.run.rows("log.jsonl") if row["event"]] == ["halved", "stopped", "resumed"]
    assert max(resumed.network.module.calls) <= 12


@pytest.mark.slow
def test_memory_that_really_runs_out(tmp_path):
    worker = Path(__file__).with_name("memory_worker.py")
    done = subprocess.run(
        [sys.executable, str(worker), str(tmp_path / "run")], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-2000:]
    assert "halved" in done.stdout.split()
