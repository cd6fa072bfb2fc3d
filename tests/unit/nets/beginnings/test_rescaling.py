"""LSUV and Krähenbühl: what they promise, measured anew; and everything else left as it was."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import DataError, ShapeError
from striate.nets import initialise
from striate.nets.beginnings.weighted import weighted


def vgg11():
    """torchvision's VGG-11 without normalisation, with small fully connected layers."""
    import torchvision

    net = torchvision.models.vgg11(weights=None, init_weights=False)
    net.avgpool = nn.Identity()
    net.classifier = nn.Sequential(nn.Linear(512 * 4, 256), nn.ReLU(), nn.Dropout(), nn.Linear(256, 10))
    return net


def resnet18():
    import torchvision

    return torchvision.models.resnet18(weights=None, num_classes=10)


def chain():
    return nn.Sequential(
        nn.Conv2d(1, 8, 3),
        nn.ReLU(),
        nn.Conv2d(8, 12, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(300, 16),
        nn.ReLU(),
        nn.Linear(16, 4),
    )


def pictures(shape=(24, 1, 14, 14), seed=0):
    return torch.empty(shape).normal_(generator=torch.Generator().manual_seed(seed))


def outputs(module, images, *, batch_statistics):
    """Return what each layer makes, by hooks of our own."""
    made, handles = {}, []

    def keep(name):
        def hook(_module, _given, out):
            made[name] = out.detach().clone()  # an activation may write over it

        return hook

    for name, layer in weighted(module).items():
        handles.append(layer.register_forward_hook(keep(name)))
    module.eval()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.training = batch_statistics
    with torch.no_grad():
        module(images)
    for handle in handles:
        handle.remove()
    return made


@pytest.mark.slow
def test_lsuv_gives_every_layer_of_vgg11_without_normalisation_unit_variance():
    net, images = vgg11(), pictures((16, 3, 64, 64))
    told = initialise(net, "lsuv", seed=0, images=images).told
    made = outputs(net, images, batch_statistics=True)

    assert len(made) == 10
    for values in made.values():
        assert abs(values.std().item() - 1) < 0.1
        assert abs(values.mean().item()) < 0.1
    assert told == ("10 layers solved on 16 images; the standard deviation of their outputs is 1.000 to 1.000.",)


@pytest.mark.slow
def test_lsuv_holds_with_branches_and_batch_normalisation():
    net, images = resnet18(), pictures((8, 3, 32, 32))
    initialise(net, "lsuv", seed=0, images=images)
    made = outputs(net, images, batch_statistics=True)

    assert len(made) == 21
    assert all(abs(values.std().item() - 1) < 0.1 for values in made.values())


@pytest.mark.parametrize("scheme", ["lsuv", "krahenbuhl", "kmeans", "pca:deep"])
def test_modes_buffers_gradients_hooks_and_random_states_are_as_before(scheme):
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(), nn.Flatten(), nn.Linear(1152, 3)
    )
    net[3].eval()
    modes = [part.training for part in net.modules()]
    torch.manual_seed(3)
    np.random.seed(3)  # noqa: NPY002 - the state others may rest on
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    initialise(net, scheme, seed=0, images=pictures())

    assert [part.training for part in net.modules()] == modes
    assert net[1].running_mean.eq(0).all()
    assert net[1].running_var.eq(1).all()
    assert net[1].num_batches_tracked == 0
    assert all(parameter.grad is None for parameter in net.parameters())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in net.modules())
    assert torch.equal(torch.get_rng_state(), before[0])
    assert (np.random.get_state()[1] == before[1]).all()  # noqa: NPY002


@pytest.mark.parametrize("scheme", ["lsuv", "krahenbuhl"])
def test_constant_images_are_refused_and_leave_everything_as_it_was(scheme):
    net = chain().eval()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    torch.manual_seed(5)
    state = torch.get_rng_state()
    with pytest.raises(DataError, match="values that differ"):
        initialise(net, scheme, seed=0, images=torch.ones(24, 1, 14, 14) * 0)

    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())
    assert not net.training
    assert torch.equal(torch.get_rng_state(), state)
    assert not any(part._forward_hooks for part in net.modules())


@pytest.mark.parametrize("scheme", ["lsuv", "krahenbuhl", "kmeans"])
def test_images_are_needed_finite_and_of_the_right_shape(scheme):
    with pytest.raises(DataError, match="must be given training images"):
        initialise(chain(), scheme, seed=0)
    broken = pictures()
    broken[3, 0, 2, 2] = float("nan")
    with pytest.raises(DataError, match="images must be finite"):
        initialise(chain(), scheme, seed=0, images=broken)
    with pytest.raises(ShapeError, match="must fit"):
        initialise(chain(), scheme, seed=0, images=pictures((24, 3, 14, 14)))
    with pytest.raises(DataError, match="at least 2 images"):
        initialise(chain(), scheme, seed=0, images=pictures()[:1])


@pytest.mark.parametrize("scheme", ["lsuv", "krahenbuhl", "krahenbuhl:kmeans", "kmeans:deep", "ica"])
def test_a_seed_is_a_start(scheme):
    first, second, third = chain(), chain(), chain()
    for net, seed in ((first, 1), (second, 1), (third, 2)):
        initialise(net, scheme, seed=seed, images=pictures())

    assert all(torch.equal(one, other) for one, other in zip(first.parameters(), second.parameters(), strict=True))
    assert not torch.equal(first[0].weight, third[0].weight)


def brute_force_rates(net, images, draws=40):
    """Return √(E‖∂ℓ/∂W‖² / ‖W‖²) by one backward pass for every image and draw."""
    generator = torch.Generator().manual_seed(99)
    layers = weighted(net)
    squares = dict.fromkeys(layers, 0.0)
    for image in images:
        for _ in range(draws):
            net.zero_grad()
            out = net(image[None])
            (out * torch.empty(out.shape).normal_(generator=generator)).sum().backward()
            for name, layer in layers.items():
                squares[name] += layer.weight.grad.square().sum().item()
    net.zero_grad()
    count = draws * len(images)
    return [
        (square / count / layers[name].weight.detach().square().sum().item()) ** 0.5 for name, square in squares.items()
    ]


def test_krahenbuhl_makes_rates_of_change_equal_by_brute_force():
    images, he, equal = pictures(), chain(), chain()
    initialise(he, "he", seed=0)
    initialise(equal, "krahenbuhl", seed=0, images=images)
    rates = brute_force_rates(equal, images)
    he_rates = brute_force_rates(he, images)

    # other random outputs than were equalised on: 20 % of sampling noise
    assert max(rates) / min(rates) < 1.2
    assert max(he_rates) / min(he_rates) > 2


def test_krahenbuhl_gives_channels_zero_mean_and_equal_spread_within_each_layer():
    images, net = pictures(), chain()
    initialise(net, "krahenbuhl:pca", seed=0, images=images)
    for values in outputs(net, images, batch_statistics=False).values():
        flat = values.transpose(0, 1).flatten(1)
        assert flat.mean(1).abs().max().item() < 1e-4
        assert (flat.std(1).max() / flat.std(1).min()).item() == pytest.approx(1, abs=1e-2)


@pytest.mark.slow
def test_krahenbuhl_equalises_a_network_with_branches():
    net, images = resnet18(), pictures((8, 3, 32, 32))
    told = initialise(net, "krahenbuhl", seed=0, images=images).told

    reached = float(told[-1].split("is now ")[1].split(" times")[0])
    assert reached < 1.1


def test_a_layer_that_runs_twice_is_told_if_it_could_not_be_solved():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(20, 20)

        def forward(self, x):
            return self.layer(torch.relu(self.layer(x)) * 10)

    told = initialise(Twice(), "lsuv", seed=0, images=pictures((50, 20))).told

    assert any("runs more than once" in sentence for sentence in told)
