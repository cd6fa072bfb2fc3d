"""The gradient at every op, and its parts, against autograd on the module itself and against sums by hand."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import InputError, ShapeError, UnknownNameError
from striate.explain import answer_of, backward
from striate.records import UnitAt


class Residual(nn.Module):
    """In-place ReLUs, a residual sum, a concatenation, pooling, and a layer that is used twice."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.same = nn.Conv2d(6, 6, 3, padding=1, groups=2)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.fc = nn.Linear(12, 5)

    def forward(self, x):
        x = torch.relu_(self.norm(self.stem(x)))
        x = torch.relu_(self.same(self.same(x))) + x
        x = self.pool(x)
        return self.fc(torch.cat([x.mean((2, 3)), x.amax((2, 3))], 1))


@pytest.fixture
def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Residual().eval()


@pytest.fixture
def images():
    return torch.randn(2, 3, 9, 11, generator=torch.Generator().manual_seed(1))


def _hooked(module, images, unit, names):
    """Gradients from autograd on a copy of the module, at the outputs of submodules and at the image."""
    twin, kept = copy.deepcopy(module), {}
    for name in names:
        twin.get_submodule(name).register_forward_hook(lambda _m, _a, out, name=name: kept.update({name: out}))
    leaf = images.clone().requires_grad_()
    twin.stem.register_forward_hook(lambda _m, _a, out: out.clone())
    twin.norm.register_forward_hook(lambda _m, _a, out: out.clone())
    score = twin(leaf)[0, unit]
    grads = torch.autograd.grad(score, [leaf, *kept.values()], retain_graph=True)
    score.backward()
    return dict(zip(["x", *kept], grads, strict=True)), {n: p.grad for n, p in twin.named_parameters()}


def test_gradients_at_layers_input_and_parameters_are_autograds(net, images):
    [seen, other] = backward(net, images, torch.tensor([3, 1]), keep=True)
    at, of = _hooked(net, images[:1], 3, ["stem", "pool", "fc"])
    rows = {row.name: row for row in seen.rows}

    for name, gradient in at.items():
        np.testing.assert_allclose(rows[name].gradient, gradient, rtol=1e-5, atol=1e-8)
        assert rows[name].norm == pytest.approx(float(gradient.norm()), rel=1e-5)
        assert rows[name].zeros == pytest.approx(float((gradient == 0).float().mean()))
        assert rows[name].largest == pytest.approx(float(gradient.abs().max()), rel=1e-5)
        assert rows[name].rms == pytest.approx(float(gradient.square().mean().sqrt()), rel=1e-5)
    for row in seen.rows:
        for parameter in row.parameters:
            assert parameter.norm == pytest.approx(float(of[parameter.key].norm()), rel=1e-5)
    # the layer that is used twice has the sum over both uses
    assert (
        {p.key for p in rows["same"].parameters}
        == {p.key for p in rows["same_2"].parameters}
        == {"same.weight", "same.bias"}
    )
    assert seen.score == pytest.approx(net(images[:1])[0, 3].item(), rel=1e-5)
    assert other.target.unit == 1


def test_rows_go_from_last_to_first_and_end_with_the_input(net, images):
    [seen] = backward(net, images[:1], torch.tensor([0]))

    assert seen.rows[0].name == "fc"
    assert [row.kind for row in seen.rows][-2:] == ["conv", "input"]
    assert all(row.reached for row in seen.rows)
    assert seen.difference is not None
    assert seen.difference < 1e-12


@pytest.mark.parametrize("layer", ["stem", "norm", "relu", "same", "pool", "concat", "x"])
def test_the_parts_of_a_units_gradient_add_up_to_autograds(net, images, layer):
    [seen] = backward(net, images[:1], torch.tensor([2]), look_at=[UnitAt(layer=layer)], keep=True)
    [detail] = seen.details
    row = next(row for row in seen.rows if row.name == layer)

    assert detail.gradient == pytest.approx(float(row.gradient[(0, detail.unit, *detail.at)]))
    assert abs(detail.gradient) == row.gradient.__abs__().max()
    assert sum(source.total for source in detail.sources) == pytest.approx(detail.gradient, rel=1e-5)
    for source in detail.sources:
        assert sum(term.product for term in source.terms) + source.rest == pytest.approx(source.total)
        assert source.by_unit.sum() == pytest.approx(source.total, rel=1e-4, abs=1e-7)
        for term in source.terms:
            assert term.gradient * term.factor == pytest.approx(term.product)


def test_a_value_that_two_layers_read_has_two_sources(net, images):
    [seen] = backward(net, images[:1], torch.tensor([2]), look_at=[UnitAt(layer="relu")])

    assert {source.op for source in seen.details[0].sources} == {"same", "add"}


def test_the_factors_of_a_convolution_are_its_weights(images):
    # hand: 1×1 convolution of one channel; at (1, 2) only the output at (1, 2) reads it, with both filters
    net = nn.Sequential(nn.Conv2d(1, 2, 1, bias=False), nn.Flatten(), nn.Linear(2 * 3 * 4, 1, bias=False))
    with torch.no_grad():
        net[0].weight[:] = torch.tensor([2.0, -3.0]).reshape(2, 1, 1, 1)
        net[2].weight[:] = torch.arange(24.0)[None]

    [seen] = backward(
        net, torch.ones(1, 1, 3, 4), torch.tensor([0]), look_at=[UnitAt(layer="input", unit=0, at=(1, 2))]
    )
    [source] = seen.details[0].sources

    # output (1, 2) of filter 0 is feature 6, of filter 1 feature 18
    assert [(t.unit, t.at, t.gradient, t.factor, t.product) for t in source.terms] == [
        (1, (1, 2), 18.0, -3.0, -54.0),
        (0, (1, 2), 6.0, 2.0, 12.0),
    ]
    assert source.total == seen.details[0].gradient == -42
    assert source.by_position[1, 2] == -42
    assert np.count_nonzero(source.by_position) == 1


def test_a_shared_weight_is_the_sum_over_all_places(net, images):
    [seen] = backward(net, images[:1], torch.tensor([2]), look_at=[UnitAt(layer="stem", unit=4)])
    [detail] = seen.details
    shared = detail.weight
    _, of = _hooked(net, images[:1], 2, [])

    assert shared.index[0] == 4
    assert shared.total == pytest.approx(float(of["stem.weight"][shared.index]), rel=1e-4)
    assert shared.total == pytest.approx(shared.autograd, rel=1e-9)
    assert shared.by_position.shape == (9, 11)
    assert shared.by_position.sum() == pytest.approx(shared.total, rel=1e-4)
    assert abs(shared.total) == pytest.approx(float(of["stem.weight"][4].abs().max()), rel=1e-4)
    assert shared.value == pytest.approx(net.stem.weight[shared.index].item())


def test_the_weights_of_the_second_group_read_the_second_groups_channels(net, images):
    [seen] = backward(net, images[:1], torch.tensor([2]), look_at=[UnitAt(layer="same", unit=5)])
    detail = seen.details[0]

    assert detail.weight.total == pytest.approx(detail.weight.autograd, rel=1e-9)
    assert detail.flipped.channel >= 3


def test_the_flipped_filter_gives_autograds_gradient(net, images):
    [seen] = backward(net, images[:1], torch.tensor([2]), look_at=[UnitAt(layer="stem", unit=1)])
    flip = seen.details[0].flipped
    at, _ = _hooked(net, images[:1], 2, [])

    np.testing.assert_array_equal(flip.flipped, flip.filter[::-1, ::-1])
    np.testing.assert_allclose(flip.sent, at["x"][0, flip.channel], rtol=1e-4, atol=1e-8)
    assert flip.difference < 1e-12


def test_the_winners_get_everything(net, images):
    [seen] = backward(net, images[:1], torch.tensor([2]), look_at=[UnitAt(layer="pool", unit=2)])
    won = seen.details[0].winners

    assert won.wins.sum() == won.windows == 5 * 6
    assert won.losers == won.losers_zero == (won.wins == 0).sum()
    assert won.sent.sum() == pytest.approx(won.arrived.sum(), rel=1e-5)
    assert not won.sent[won.wins == 0].any()


def test_a_unit_at_a_place_is_a_target_too(net, images):
    place = UnitAt(layer="same", unit=1, at=(4, 4))
    [seen] = backward(net, images[:1], place, keep=True)

    # the ops behind it play no part
    assert seen.rows[0].name == "same"
    assert seen.rows[0].norm == 1
    # two 3×3 layers see 5×5 pixels
    rows, columns = np.nonzero(seen.rows[-1].gradient[0].any(axis=0))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 6, 2, 6)


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (nn.Sequential(nn.Conv1d(2, 4, 5, stride=2), nn.ReLU(), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(24, 3)), (1, 2, 29)),
        (nn.Sequential(nn.Conv3d(1, 3, 3, padding=1), nn.ReLU(), nn.AvgPool3d(2), nn.Flatten(), nn.Linear(3 * 2 * 2 * 3, 3)), (1, 1, 4, 5, 6)),
        (nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3)), (1, 6)),
    ],
)  # fmt: skip
def test_lines_volumes_and_vectors(module, shape):
    images = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    [seen] = backward(module, images, torch.tensor([1]), keep=True, look_at=[UnitAt(layer="0"), UnitAt(layer="input")])
    leaf = images.clone().requires_grad_()
    module(leaf)[0, 1].backward()

    np.testing.assert_allclose(seen.rows[-1].gradient, leaf.grad, rtol=1e-5, atol=1e-8)
    assert seen.difference < 1e-12
    assert all(detail.difference < 1e-6 for detail in seen.details)


def test_train_mode_takes_the_images_own_statistics(net, images):
    before = copy.deepcopy(net.state_dict())
    [seen] = backward(net, images[:1], torch.tensor([0]), mode="train", keep=True)
    leaf = images[:1].clone().requires_grad_()
    copy.deepcopy(net).train()(leaf)[0, 0].backward()

    np.testing.assert_allclose(seen.rows[-1].gradient, leaf.grad, rtol=1e-3, atol=1e-7)
    assert seen.difference < 1e-10
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())


def test_frozen_networks_and_no_grad_make_no_difference(net, images):
    [free] = backward(net, images[:1], torch.tensor([0]))
    net.requires_grad_(False)
    with torch.no_grad():
        [frozen] = backward(net, images[:1], torch.tensor([0]))
    with torch.inference_mode():
        [inferred] = backward(net, images[:1].clone(), torch.tensor([0]))

    assert free == frozen == inferred
    assert not any(parameter.requires_grad for parameter in net.parameters())


def test_the_answer_is_the_highest_score(net, images):
    assert answer_of(net, images) == tuple(net(images).argmax(1).tolist())


class Detached(nn.Module):
    def forward(self, x):
        return x.detach().mean((2, 3)) * 2


class Assigned(nn.Module):
    def forward(self, x):
        y = x * 2
        y[:, :, 0] = 0
        return (y + y.roll(1, 2)).mean((2, 3))


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda net, x: backward(net, x, torch.tensor([5, 0])), r"unit must be 0 … 4; got 5"),
        (lambda net, x: backward(net, x, UnitAt(layer="pool", unit=6)), r"unit must be 0 … 5; got 6"),
        (lambda net, x: backward(net, x, UnitAt(layer="pool", unit=0, at=(9, 0))), r"index on its map, 5×6; got 9, 0"),
        (lambda net, x: backward(net, x, UnitAt(unit=0), look_at=[UnitAt(layer="pool", unit=7)]), r"0 … 5; got 7"),
        (lambda net, x: backward(net, x, UnitAt(unit=0), look_at=[UnitAt(layer="fc", at=(1,))]), "which this layer does not"),
        (lambda net, x: backward(net, x * torch.nan, UnitAt(unit=0)), "images must hold finite numbers"),
        (lambda net, x: backward(net.half(), x.half(), UnitAt(unit=0)), "float32 or float64.*float16"),
        (lambda net, x: backward(net, x.int(), UnitAt(unit=0)), "images must be preprocessed floats"),
        (lambda net, x: backward(Detached(), x, UnitAt(unit=0)), "depend on the input in a differentiable way"),
        (lambda net, x: backward(Assigned(), x, UnitAt(unit=0)), "must not write into part of a value"),
    ],
)  # fmt: skip
def test_what_cannot_be_looked_at_is_told(net, images, call, says):
    with pytest.raises(InputError, match=says):
        call(net, images)


def test_not_one_target_for_each_image(net, images):
    with pytest.raises(ShapeError, match="one for each image; got 1"):
        backward(net, images, torch.tensor([0]))


@pytest.mark.parametrize("place", [UnitAt(layer="pol", unit=0)])
def test_unknown_layers_are_told_with_the_nearest(net, images, place):
    with pytest.raises(UnknownNameError, match="pool"):
        backward(net, images, place)
    with pytest.raises(UnknownNameError, match="pool"):
        backward(net, images, UnitAt(unit=0), look_at=[place])


def test_a_gradient_that_is_not_finite_is_named_at_its_layer(net, images):
    with torch.no_grad():
        net.fc.weight[:] = 1e38
        net.same.weight[:] = 1e38

    with pytest.raises(InputError, match=r"gradients must be finite.*(NaN|infinity)"):
        backward(net, images, UnitAt(unit=0), checked=False)


def test_without_a_gradient_there_is_nothing_to_take_apart():
    class Side(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(1, 2, 3), nn.Conv2d(1, 2, 3)

        def forward(self, x):
            other = self.b(x)
            return self.a(x), other

    with pytest.raises(InputError, match="a gradient must reach a layer"):
        backward(Side(), torch.ones(1, 1, 5, 5), UnitAt(unit=0), look_at=[UnitAt(layer="b")])
    [seen] = backward(Side(), torch.ones(1, 1, 5, 5), UnitAt(unit=0))
    assert [(row.name, row.reached) for row in seen.rows] == [("a", True), ("b", False), ("x", True)]


class Windowed(nn.Module):
    """Attention within windows that take the batch's place, as in Swin."""

    def __init__(self):
        super().__init__()
        self.embed, self.qkv, self.fc = nn.Conv2d(1, 8, 2, stride=2), nn.Linear(8, 24), nn.Linear(8, 3)

    def forward(self, x):
        x = self.embed(x).flatten(2).transpose(1, 2).reshape(-1, 4, 8)
        q, k, v = self.qkv(x).chunk(3, -1)
        x = nn.functional.scaled_dot_product_attention(q, k, v)
        return self.fc(x.reshape(1, -1, 8).mean(1))


def test_attention_in_windows_is_taken_apart_too():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = Windowed().eval()
    images = torch.randn(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    [seen] = backward(module, images, UnitAt(unit=1), look_at="all", keep=True)
    leaf = images.clone().requires_grad_()
    module(leaf)[0, 1].backward()

    np.testing.assert_allclose(seen.rows[-1].gradient, leaf.grad, rtol=1e-4, atol=1e-7)
    rows = {row.name: row for row in seen.rows}
    for detail in seen.details:
        assert (
            sum(source.total for source in detail.sources) == pytest.approx(detail.gradient, rel=1e-4, abs=1e-9)
            or not detail.sources
        )
        assert abs(detail.gradient) == pytest.approx(rows[detail.layer].largest)


def test_units_before_dropout_are_taken_apart_with_what_it_dropped():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Linear(144, 20),
        nn.Dropout(0.5),
        nn.Linear(20, 3),
    )
    image, state = torch.randn(1, 1, 8, 8), torch.random.get_rng_state()
    # As many draws as it takes for another mask to drop what the first one kept.
    for _ in range(6):
        before = torch.random.get_rng_state()
        [seen] = backward(net, image, torch.tensor([1]), look_at="all", mode="train")

        assert torch.equal(torch.random.get_rng_state(), before)
        assert all(detail.difference <= 1e-6 * abs(detail.gradient) for detail in seen.details)
        [kept] = next(detail for detail in seen.details if detail.layer == "1").sources
        assert [term.factor for term in kept.terms] == [2.0]
        torch.rand(7)
    assert not torch.equal(torch.random.get_rng_state(), state)


def test_a_law_that_gives_no_number_is_infinitely_wrong():
    from striate.explain.laws.law import apart

    assert apart(torch.tensor([float("nan"), 1.0]), torch.tensor([1.0, 1.0])) == float("inf")
    assert apart(torch.tensor([1.0, 1.5]), torch.tensor([1.0, 2.0])) == 0.25
