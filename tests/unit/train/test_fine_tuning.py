"""Trainings that hold parts of a network, give others their own rate, and stop when they are at their best."""

import json
from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from striate import schema
from striate.data import batches, shuffled
from striate.errors import Cancelled, InputError, UnknownNameError
from striate.events import Events
from striate.nets import from_blueprint
from striate.records import Recipe
from striate.train import train
from striate.train.checkpoint import STEP
from striate.train.device import accelerated
from striate.train.freezing import frozen_digest
from striate.train.schedule import rate_at

CARE = Recipe(
    optimizer="sgd", rate=0.05, schedule="cosine", epochs=3, batch=9, weight_decay=0.01, seed=4, warm_up=0.2,
    frozen=("conv1", "batchnorm1"), unfreeze=((3, "conv1"),), rates=(("fc1", 0.1), ("fc1.bias", 0.0)),
)  # fmt: skip


def by_hand(given, data, recipe):
    """The same in plain torch."""
    module, split, step = given.module, data.split(), 0
    bodies = {"conv1", "batchnorm1"}
    slow, fast, late = [module.fc1.weight], list(module.classes.parameters()), list(module.conv1.parameters())
    matrix = {id(module.fc1.weight), id(module.classes.weight), id(module.conv1.weight)}
    optimizer = torch.optim.SGD(
        [
            {"params": [p], "weight_decay": 0.01 if id(p) in matrix else 0.0, "share": share}
            for share, own in ((0.1, slow), (1.0, fast), (1.0, late))
            for p in own
        ],
        lr=1.0,
        momentum=0.9,
    )
    module.fc1.bias.requires_grad_(requires_grad=False)
    with accelerated() as device, torch.random.fork_rng([]):
        for epoch in range(3):
            held = bodies - ({"conv1"} if epoch == 2 else set())
            for name, part in module.named_children():
                if name in bodies:
                    part.requires_grad_(name not in held)
            order = shuffled(split.train, seed=4, epoch=epoch)
            for batch in batches(data, order, given.preprocessing, batch_size=9, seed=4, epoch=epoch):
                device.seed(4, step)
                for group in optimizer.param_groups:
                    group["lr"] = group["share"] * rate_at(recipe, step, 21)
                module.train()
                for name in held:
                    getattr(module, name).eval()
                optimizer.zero_grad()
                functional.cross_entropy(module(batch.images), batch.targets).backward()
                optimizer.step()
                step += 1
    return module.state_dict()


def test_it_is_the_loop_one_would_write_by_hand_bit_for_bit(tmp_path, plan, data):
    trained = train(from_blueprint(plan, seed=2), data, CARE, tmp_path / "run")
    expected = by_hand(from_blueprint(plan, seed=2), data, CARE)
    found = trained.network.module.state_dict()

    assert all(torch.equal(found[key], value) for key, value in expected.items())


def test_the_receipt_says_what_was_frozen_and_trained_and_how_fast(tmp_path, plan, data):
    given = from_blueprint(plan, seed=2)
    receipt = train(given, data, CARE, tmp_path / "run").network.receipt
    rates = receipt["rates"]

    # conv 4·1·3·3, batch normalisation 4 + 4, fc1 64·8 + 8, classes 8·3 + 3.
    assert receipt["parameters"] == {"trained": 36 + 512 + 27, "frozen": 8 + 8}
    assert receipt["frozen"] == frozen_digest(given.module, ["batchnorm1"])
    assert rates["classes.weight"] == {"rate": 0.05, "multiplier": 1.0, "decay": 0.01, "from_epoch": 1}
    assert rates["fc1.weight"]["rate"] == pytest.approx(0.005)
    assert rates["fc1.bias"] == {"rate": 0.0, "multiplier": 0.0, "decay": 0.0, "from_epoch": 0}
    # The third of three epochs begins at step 14 of 21; the first 4 warm up.
    assert rates["conv1.weight"]["rate"] == pytest.approx(rate_at(CARE, 14, 21))
    assert rates["conv1.weight"]["from_epoch"] == 3


def test_what_was_given_keeps_what_needs_gradients(tmp_path, plan, data):
    given = from_blueprint(plan, seed=2)
    given.module.classes.bias.requires_grad_(requires_grad=False)
    trained = train(given, data, CARE, tmp_path / "run")

    for module in (given.module, trained.network.module):
        assert [name for name, p in module.named_parameters() if not p.requires_grad] == ["classes.bias"]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"frozen": ("conv2",)}, UnknownNameError, r"got 'conv2' \(at frozen\). Did you mean conv1"),
        ({"rates": (("fc", 0.1),)}, UnknownNameError, r"at rates\). Did you mean fc1"),
        ({"unfreeze": ((2, "fc1"),)}, InputError, "must name a path that is frozen till then"),
        ({"frozen": ("conv1", "batchnorm1", "fc1", "classes")}, InputError, "must have a parameter that is trained"),
    ],
)
def test_parts_the_network_does_not_have_are_refused_before_anything_is_written(
    tmp_path, plan, data, change, error, words
):
    for given in (plan, from_blueprint(plan)):
        with pytest.raises(error, match=words):
            train(given, data, Recipe(**change), tmp_path / "run")
    assert not (tmp_path / "run").exists()


CONSTANT = Recipe(optimizer="adam", rate=0.1, schedule="constant", batch=9, seed=1)


def weights(trained):
    return trained.network.module.state_dict()


def test_it_stops_and_keeps_the_weights_of_the_best_epoch(tmp_path, plan, data):
    stopped = train(plan, data, replace(CONSTANT, epochs=40, patience=2), tmp_path / "a")
    losses = [row.validation_loss for row in stopped.curve.epochs]
    best = losses.index(min(losses))
    until = train(plan, data, replace(CONSTANT, epochs=best), tmp_path / "b")

    assert len(losses) == best + 3 < 40
    assert stopped.curve.kept.epoch == best
    assert all(torch.equal(value, weights(until)[key]) for key, value in weights(stopped).items())
    assert [word for _, word in stopped.curve.events] == ["stopped early", "kept"]
    assert stopped.network.receipt["kept_epoch"] == best
    assert stopped.network.receipt["score"]["validation"] == stopped.curve.epochs[best].score
    assert stopped.run.document.status == "done"


def test_patience_waits_for_what_has_yet_to_thaw(tmp_path, plan, data):
    recipe = replace(
        CONSTANT, rate=1e-30, epochs=6, patience=1, frozen=("conv1",), unfreeze=((4, "conv1"),), norm="keep"
    )
    trained = train(plan, data, recipe, tmp_path / "run")

    # Nothing gets better. Epoch 4 is the first whose failing counts.
    assert len(trained.curve.epochs) - 1 == 4


class Stop(Events):
    def __init__(self, step):
        self.step, self.is_asked = step, False

    def progress(self, progress):
        self.is_asked = progress.task == "training" and progress.done == self.step

    def is_cancelled(self):
        return self.is_asked


OLD = ("step", "epoch", "loss_sum", "seconds", "score", "rows", "first_loss", "smoothed_loss")


def test_a_training_begun_before_there_was_care_goes_on(tmp_path, plan, data, recipe):
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    whole = train(plan, data, recipe, tmp_path / "whole", threads=1)
    with pytest.raises(Cancelled):
        train(plan, data, recipe, tmp_path / "run", events=Stop(10), threads=1)
    # The files as they were written then.
    settings = json.loads((tmp_path / "run/run.json").read_text())["settings"]["recipe"]
    assert not {"frozen", "guard", "patience"} & set(settings)
    path = tmp_path / "run/checkpoint" / STEP
    with safe_open(path, framework="pt") as file:
        document = json.loads(file.metadata()["striate"])
    tensors = load_file(path)
    document["schema"] = schema.stamp("checkpoint", 1)
    document["state"] = {key: document["state"][key] for key in OLD}
    save_file(tensors, path, metadata={"striate": json.dumps(document)})
    (tmp_path / "run/checkpoint/epoch.safetensors").unlink()
    found = train(plan, data, recipe, tmp_path / "run", threads=1)

    assert all(torch.equal(value, weights(whole)[key]) for key, value in weights(found).items())
