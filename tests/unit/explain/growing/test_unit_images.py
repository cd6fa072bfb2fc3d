import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import Cancelled, InputError, ShapeError, UnknownNameError
from striate.events import Events
from striate.explain import ChannelTarget, DirectionTarget, Prior, UnitTarget, unit_images
from striate.explain.growing.prior import BARE
from striate.explain.growing.target import SiteRead, site_of
from striate.explain.saliency.scored import Scored


def deep(toys, seed=0, shape=(1, 24, 20)):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        module = nn.Sequential(
            nn.Conv2d(shape[0], 4, 3, padding=1),
            nn.BatchNorm2d(4),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
            nn.Flatten(),
            nn.Linear(6 * (shape[1] // 2) * (shape[2] // 2), 3),
        )
    return toys.network(module, shape, "abc")


def at(net, target, **how):
    """Where a target is read, with what reads it."""
    scored = Scored(net, torch.zeros((1, *net.input_shape)))
    site = site_of(scored, target, **how)
    return site, SiteRead(scored, site)


def test_a_linear_unit_under_l2_ends_along_its_weights(toys):
    weights = torch.tensor([[3.0, -1.0, 2.0, -2.0, 0.5, 1.0]])
    net = toys.network(nn.Sequential(nn.Flatten(), toys.Sum(weights)), (1, 2, 3), "a")
    prior = Prior(waves=False, total_variation=0, contrast=0, views=0, l2=8, rate=0.01)
    [grown] = unit_images(net, [UnitTarget(layer=_last(net), channel=0)], prior=prior, steps=400, twin=False)
    mean, std = net.preprocessing.mean[0], net.preprocessing.std[0]
    values = (torch.tensor(grown.image).flatten() - mean) / std
    inside = (values.abs() * std < min(mean, 1 - mean) - 1e-3).all()

    # Up w·x / s − λ·mean(x²) one stands still where x = 6·w / (2·λ·s): along the weights, unless the range cuts it.
    assert inside
    assert torch.cosine_similarity(values, weights[0], dim=0) > 0.999


def _last(net):
    from striate.trace import trace

    return trace(net.module, (2, *net.input_shape)).graph.ops[-1].name


def test_a_bare_linear_unit_ends_at_the_edges_of_the_range(toys):
    weights = torch.tensor([[1.0, -1.0, 2.0, -2.0]])
    net = toys.network(nn.Sequential(nn.Flatten(), toys.Sum(weights)), (1, 2, 2), "a")
    [grown] = unit_images(net, [UnitTarget(layer=_last(net), channel=0)], steps=30, twin=False)
    assert grown.plain.flatten().tolist() == [1, 0, 1, 0]


def test_on_its_receptive_field_a_unit_has_the_value_and_the_gradient_it_has_on_the_whole_image(toys):
    net = deep(toys)
    target = UnitTarget(layer="4", channel=2)
    part, read = at(net, target)
    assert part.is_part
    assert part.shape == (1, 9, 9)  # 3 + 1 + 2·2 px wide, and one pixel before that it does not read
    net.module.eval()
    small = torch.randn((2, *part.shape), generator=torch.Generator().manual_seed(0), requires_grad=True)
    whole = torch.zeros(2, 1, 24, 20)
    whole[:, :, 4:13, 6:15] = small.detach()  # the same phase of the pooling
    whole.requires_grad_()
    value = net.module[:5](whole)[:, 2, 4 // 2 + part.place[0], 6 // 2 + part.place[1]]
    [slope] = torch.autograd.grad(value.sum(), [whole])
    mine = read(small.clone())[:, 2]
    [own] = torch.autograd.grad(mine.sum(), [small])

    torch.testing.assert_close(mine, value)
    torch.testing.assert_close(own, slope[:, :, 4:13, 6:15])
    assert slope.abs().sum() == pytest.approx(own.abs().sum().item(), rel=1e-5)


def test_truncated_values_and_gradients_are_those_of_a_hook_in_the_whole_network(toys):
    net = deep(toys)
    _, read = at(net, ChannelTarget(layer="4", channel=1))
    images = torch.randn((2, 1, 24, 20), generator=torch.Generator().manual_seed(0), requires_grad=True)
    kept = []
    handle = net.module[4].register_forward_hook(lambda _m, _i, output: kept.append(output.clone()))
    net.module.eval()(images.clone())
    handle.remove()
    [expected] = torch.autograd.grad(kept[0][:, 1].mean((1, 2)).sum(), [images])
    mine = read(images.clone())
    [own] = torch.autograd.grad(mine[:, 1].sum(), [images])

    torch.testing.assert_close(mine, kept[0].mean((2, 3)))
    torch.testing.assert_close(own, expected)


def test_an_image_alone_is_the_one_of_a_batch(toys):
    net = deep(toys)
    targets = [UnitTarget(layer="4", channel=1), ChannelTarget(layer="0", channel=2), UnitTarget(layer="4", channel=5)]
    together = unit_images(net, targets, steps=4)
    for target, one in zip(targets, together, strict=True):
        [alone] = unit_images(net, [target], steps=4)
        np.testing.assert_allclose(alone.image, one.image, atol=1e-5)
        np.testing.assert_allclose(alone.twin, one.twin, atol=1e-5)
        assert alone.score == pytest.approx(one.score, abs=1e-4)


def test_the_score_told_is_what_the_whole_network_has_for_the_image(toys):
    net = deep(toys)
    [grown] = unit_images(net, [ChannelTarget(layer="4", channel=3)], steps=10, twin=False)
    inputs = (torch.tensor(grown.image)[None] - net.preprocessing.mean[0]) / net.preprocessing.std[0]
    with torch.no_grad():
        values = net.module.eval()[:5](inputs).mean((2, 3))[0]

    assert grown.score == pytest.approx(float(values[3]), abs=1e-5)
    assert grown.rank == 1 + int((values > values[3]).sum())


def test_natural_scores_are_those_of_the_real_images(toys):
    net = deep(toys)
    real = toys.images(5, (1, 24, 20))
    unit, channel = unit_images(
        net, [UnitTarget(layer="4", channel=3), ChannelTarget(layer="4", channel=3)], steps=0, real=real, twin=False
    )
    with torch.no_grad():
        maps = net.module.eval()[:5](real)[:, 3]

    assert unit.natural_mean == pytest.approx(float(maps[:, 6, 5].mean()), abs=1e-5)
    assert unit.natural_most == pytest.approx(float(maps.max()), abs=1e-5)
    assert channel.natural_mean == pytest.approx(float(maps.mean()), abs=1e-5)
    assert channel.natural_most == pytest.approx(float(maps.mean((1, 2)).max()), abs=1e-5)


def test_real_images_go_through_the_network_once(toys, monkeypatch):
    batches = []
    value = SiteRead._value
    monkeypatch.setattr(SiteRead, "_value", lambda read, inputs: batches.append(len(inputs)) or value(read, inputs))
    real = toys.images(5, (1, 24, 20))
    unit_images(deep(toys), [UnitTarget(layer="4", channel=3)], steps=0, real=real, twin=False)

    assert batches.count(5) == 1


def test_a_value_behind_a_relu_is_climbed_before_it(toys):
    net = deep(toys)
    before, behind = unit_images(net, [UnitTarget(layer=str(n), channel=0) for n in (4, 5)], steps=3, twin=False)
    np.testing.assert_array_equal(before.image, behind.image)
    assert behind.notes == ("5 cuts at zero: what enters it was climbed, 4.",)


def test_a_direction_of_one_weight_is_its_unit_and_scales_its_score(toys):
    net = deep(toys)
    weights = (0.0, 0.0, 2.0, 0.0, 0.0, 0.0)
    unit, direction = unit_images(
        net, [UnitTarget(layer="4", channel=2), DirectionTarget(layer="4", weights=weights)], steps=5, twin=False
    )
    np.testing.assert_allclose(direction.image, unit.image, atol=1e-5)  # prices are in units of the spread
    assert direction.score == pytest.approx(2 * unit.score, rel=1e-4)
    assert (direction.rank, direction.kind) == (None, "direction")


def test_the_score_rises_with_the_steps(toys):
    net = deep(toys)
    few, many = (unit_images(net, [UnitTarget(layer="4", channel=2)], steps=n, twin=False)[0] for n in (0, 40))
    assert many.score > few.score
    assert many.plain_score > few.plain_score


def test_seeds_repeat_and_differ_and_the_twin_has_other_weights(toys):
    net = deep(toys)
    first, again, other = (unit_images(net, [UnitTarget(layer="4", channel=2)], steps=3, seed=n)[0] for n in (1, 1, 2))
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.twin, again.twin)
    assert (first.image != other.image).any()
    assert (first.image != first.twin).any()


def test_it_can_begin_at_an_image(toys):
    net = deep(toys)
    stored = torch.rand((1, 24, 20), generator=torch.Generator().manual_seed(3)) * 0.9 + 0.05
    start = (stored - net.preprocessing.mean[0]) / net.preprocessing.std[0]
    [grown] = unit_images(net, [ChannelTarget(layer="4", channel=2)], steps=0, start=start, twin=False)
    np.testing.assert_allclose(grown.image, stored, atol=1e-5)
    np.testing.assert_allclose(grown.plain, stored, atol=1e-6)


def test_coarse_to_fine_runs_a_network_whose_head_takes_one_size_only(toys):
    net = deep(toys)
    prior = Prior(views=1, sides=(0.5, 1.0))
    [grown] = unit_images(net, [ChannelTarget(layer="4", channel=2)], prior=prior, steps=6, twin=False)
    assert grown.image.shape == (1, 24, 20)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_computed_in_single_and_said(toys, dtype):
    net = deep(toys)
    net.module.to(dtype)
    [grown] = unit_images(net, [UnitTarget(layer="4", channel=2)], steps=2)
    assert "half precision" in grown.notes[0]
    assert np.isfinite(grown.image).all()
    assert next(net.module.parameters()).dtype == dtype


def test_frozen_networks_no_grad_and_inference_mode_change_nothing(toys):
    net = deep(toys)
    [expected] = unit_images(net, [UnitTarget(layer="4", channel=2)], steps=3)
    net.module.requires_grad_(requires_grad=False)
    net.module.train()
    for without in (torch.no_grad, torch.inference_mode):
        with without():
            [grown] = unit_images(net, [UnitTarget(layer="4", channel=2)], steps=3)
        np.testing.assert_array_equal(grown.image, expected.image)
        np.testing.assert_array_equal(grown.twin, expected.twin)
    assert all(part.training for part in net.module.modules())


@pytest.mark.parametrize(
    ("target", "error", "says"),
    [
        (UnitTarget(layer="nowhere", channel=0), UnknownNameError, "nowhere"),
        (UnitTarget(layer="4", channel=6), InputError, "a channel must be 0 … 5"),
        (UnitTarget(layer="4", channel=-1), InputError, "a channel must be 0 … 5"),
        (DirectionTarget(layer="4", weights=(1.0,)), InputError, "a direction must have 6 finite weights"),
        (DirectionTarget(layer="4", weights=(float("nan"),) * 6), InputError, "a direction must have 6 finite weights"),
    ],
)
def test_a_target_that_does_not_exist_is_refused(toys, target, error, says):
    with pytest.raises(error, match=says):
        unit_images(deep(toys), [target])


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"steps": -1}, InputError),
        ({"start": torch.full((1, 24, 20), float("nan"))}, InputError),
        ({"start": torch.zeros(1, 5, 5)}, ShapeError),
        ({"real": torch.zeros(2, 1, 5, 5)}, ShapeError),
        ({"prior": Prior(natural=1.0)}, InputError),
        ({"prior": Prior(decorrelated=True)}, InputError),
    ],
)
def test_what_cannot_be_grown_is_refused(toys, wrong, error):
    with pytest.raises(error):
        unit_images(deep(toys), [UnitTarget(layer="4", channel=0)], **wrong)


def test_it_stops_when_asked_to_and_leaves_the_network_as_it_came(toys):
    class Impatient(Events):
        def is_cancelled(self):
            return True

    net = deep(toys)
    net.module.train()
    before = {name: value.clone() for name, value in net.module.state_dict().items()}
    with pytest.raises(Cancelled):
        unit_images(net, [UnitTarget(layer="4", channel=0)], events=Impatient())

    assert all(part.training and not part._forward_hooks for part in net.module.modules())
    assert all(torch.equal(value, before[name]) for name, value in net.module.state_dict().items())
    assert all(parameter.grad is None for parameter in net.module.parameters())


def test_no_targets_give_nothing(toys):
    assert unit_images(deep(toys), []) == ()


def test_the_bare_prior_has_no_price():
    assert not BARE.has_price
