"""Small, He, Xavier, orthogonal: against their formulas, torch's table, and rectified layers in a row."""

import math

import pytest
import torch
from torch import nn

from striate.blueprint import Blueprint
from striate.errors import InputError, UnknownNameError
from striate.nets import build, initialise
from striate.nets.beginnings import BEGINNINGS, read_beginning
from striate.nets.beginnings.following import followers


def net():
    return nn.Sequential(
        nn.Conv2d(8, 64, 5, groups=2),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.Conv1d(6, 10, 3),
        nn.Conv3d(4, 8, 3),
        nn.Linear(500, 200),
    )


@pytest.mark.parametrize(
    ("scheme", "std_of"), [("he", lambda fan_in: (2.0 / fan_in) ** 0.5), ("small", lambda _: 0.01)]
)
def test_he_and_small_draw_bit_for_bit_what_they_drew_before_there_were_others(scheme, std_of):
    module = net()
    initialise(module, scheme, seed=7)
    generator = torch.Generator().manual_seed(7)
    layers = [module[0], module[3], module[4], module[5]]

    for layer in layers:
        std = std_of(layer.weight[0].numel())
        assert torch.equal(layer.weight, torch.empty(layer.weight.shape).normal_(0.0, std, generator=generator))


def test_transposed_convolutions_begin_too_and_do_not_move_the_others():
    plain, mixed = (
        nn.Sequential(nn.Linear(9, 9)),
        nn.Sequential(nn.ConvTranspose2d(32, 64, 3, groups=2), nn.Linear(9, 9)),
    )
    initialise(plain, seed=1)
    initialise(mixed, seed=1)

    assert torch.equal(plain[0].weight, mixed[1].weight)
    # each output channel reads 16 channels over 3×3 taps
    assert mixed[0].weight.std().item() == pytest.approx((2 / 144) ** 0.5, rel=0.05)
    assert not mixed[0].bias.any()


@pytest.mark.slow
def test_values_keep_their_mean_square_over_twenty_rectified_layers():
    chain = nn.Sequential(*[part for _ in range(20) for part in (nn.Linear(2000, 2000), nn.ReLU())])
    initialise(chain, "he", seed=0)
    values = torch.empty(16, 2000).normal_(generator=torch.Generator().manual_seed(1)).relu() * math.sqrt(2)
    squares = []
    with torch.no_grad():
        for part in chain:
            values = part(values)
            if isinstance(part, nn.ReLU):
                squares.append(values.square().mean().item())

    assert max(squares) < 1.2
    assert min(squares) > 0.8


@pytest.mark.parametrize(
    ("activation", "gain"),
    [
        (nn.ReLU(), nn.init.calculate_gain("relu")),
        (nn.LeakyReLU(0.2), nn.init.calculate_gain("leaky_relu", 0.2)),
        (nn.Identity(), 1.0),
        (nn.Sigmoid(), nn.init.calculate_gain("sigmoid")),
        (nn.ReLU6(), nn.init.calculate_gain("relu")),
    ],
)
@pytest.mark.parametrize(("mode", "fan"), [("fan-in", 8 * 9), ("fan-out", 512 * 9), ("average", 260 * 9)])
def test_the_gain_is_that_of_the_activation_behind_normalisation_and_pooling(activation, gain, mode, fan):
    module = nn.Sequential(nn.Conv2d(8, 512, 3), nn.BatchNorm2d(512), nn.MaxPool2d(2), activation, nn.Conv2d(512, 2, 1))
    initialise(module, f"he:{mode}", seed=0, shape=(8, 8, 8))

    # 36,864 draws; a clamp at 6 cuts next to nothing
    assert module[0].weight.std().item() == pytest.approx(gain / fan**0.5, rel=0.02)


@pytest.mark.parametrize(
    "activation",
    [
        nn.Tanh(), nn.ELU(), nn.ELU(3.0), nn.GELU(), nn.SiLU(), nn.Hardswish(), nn.CELU(2.0), nn.SELU(), nn.Mish(),
        nn.Softplus(2.0), nn.PReLU(),
    ],
)  # fmt: skip
def test_the_gain_of_other_activations_makes_up_for_what_they_take_from_a_normal_value(activation):
    module = nn.Sequential(nn.Linear(4096, 1024), activation)
    initialise(module, "he:fan-in", seed=0, shape=(4096,))
    values = torch.empty(64, 4096).normal_(generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        made = module[0](activation(values))

    assert made.square().mean().item() == pytest.approx(1.0, rel=0.05)


@pytest.mark.parametrize(
    "between", ["channelnorm", "rmsnorm", "lrn 5", "droppath 0.1", "layerscale 1.0", "lppool 2 p 2", "coords"]
)
def test_the_activation_is_looked_for_behind_what_leaves_values_in_place(between):
    graph = Blueprint.from_text(f"input 8x8x8; conv 3 8, {between}, relu; globalavgpool; classes 2").graph()
    followed = followers(graph)["conv1"]

    assert followed is not None
    assert followed.kind == "relu"


def test_all_normalisation_begins_anew():
    module = build(Blueprint.from_text("input 4x8x8; conv 3 4, rmsnorm; conv 3 4, channelnorm, relu; classes 2"))
    with torch.no_grad():
        for part in (module.rmsnorm1, module.channelnorm1):
            part.weight.fill_(7.0)
    initialise(module, "he", seed=0)

    assert module.rmsnorm1.weight.eq(1).all()
    assert module.channelnorm1.weight.eq(1).all()


def test_he_by_activation_asks_for_the_shape():
    with pytest.raises(InputError, match="must know the input's shape"):
        initialise(net(), "he:fan-in", seed=0)


def test_xavier_is_torch_xavier_uniform_in_range_and_spread():
    layer, peer = nn.Conv2d(16, 64, 3), nn.Conv2d(16, 64, 3)
    initialise(layer, "xavier", seed=0)
    nn.init.xavier_uniform_(peer.weight, generator=torch.Generator().manual_seed(0))

    assert torch.allclose(layer.weight, peer.weight)
    assert layer.weight.abs().max().item() <= (6 / (80 * 9)) ** 0.5


@pytest.mark.parametrize(
    "layer", [nn.Conv2d(3, 20, 3), nn.Conv2d(3, 64, 3), nn.Linear(30, 10), nn.ConvTranspose2d(12, 5, 2)]
)
def test_orthogonal_rows_or_columns_have_length_sqrt_two_and_right_angles(layer):
    initialise(layer, "orthogonal", seed=0)
    weight = layer.weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else layer.weight
    matrix = weight.detach().flatten(1)
    small = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix

    assert torch.allclose(small, 2 * torch.eye(len(small)), atol=1e-5)


def test_an_unknown_beginning_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean kmeans"):
        initialise(net(), "kmens", seed=0)
    with pytest.raises(UnknownNameError, match="Did you mean fan-out"):
        initialise(net(), "he:fanout", seed=0)


@pytest.mark.parametrize("text", ["small:3", "file", "network:"])
def test_arguments_that_are_missing_or_not_taken_are_refused(text):
    with pytest.raises(InputError, match="must"):
        read_beginning(text)


def test_every_beginning_says_what_it_means_when_it_misleads_and_where_it_is_from():
    for beginning in BEGINNINGS.values():
        assert beginning.meaning.endswith("."), beginning.name
        assert len(beginning.part("When it misleads")) > 30, beginning.name
        assert beginning.part("Source"), beginning.name


def test_lazy_layers_are_refused():
    with pytest.raises(InputError, match="shape before they begin"):
        initialise(nn.Sequential(nn.LazyLinear(3)), "he", seed=0)
