"""Where each beginning starts: by hand, against the training itself, and what is refused."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from striate.blueprint import Blueprint
from striate.errors import InputError, UnknownNameError
from striate.events import Events
from striate.lint import lint
from striate.nets import initialise
from striate.records import Evidence, LayerStart, Recipe, Start
from striate.records.output import Output, Preprocessing
from striate.train import compare_beginnings, train
from striate.train.losses import Loss
from striate.train.paired import mean_interval, paired_difference, t_quantile
from striate.train.start_reading import mean_start, read_start

PLAN = Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; conv 3x3 4, relu; maxpool 2; fc 8, relu; classes 3")
RECIPE = Recipe(optimizer="sgd", rate=0.05, schedule="constant", batch=9, momentum=0.0)
CLASSES = Output(kind="classes", names=("a", "b", "c"))


def loss_for(side):
    return Loss(CLASSES, Preprocessing(shape=(1, side, side), mean=(0.0,), std=(1.0,)))


@pytest.fixture(scope="module")
def found(data):
    return compare_beginnings(PLAN, data, ["he", "small", "kmeans"], steps=12, seeds=2, images=45, recipe=RECIPE)


def test_t_quantiles_are_those_of_scipy():
    from scipy.stats import t

    for degrees in (*range(1, 31), 31, 40, 100, 1000):
        assert t_quantile(degrees) == pytest.approx(t.ppf(0.975, degrees), abs=2e-4)


def test_intervals_are_those_of_scipys_paired_test():
    from scipy.stats import ttest_rel

    one, other = [0.91, 0.93, 0.88, 0.95], [0.90, 0.89, 0.87, 0.91]
    mean, interval = paired_difference(one, other)
    expected = ttest_rel(one, other).confidence_interval(0.95)

    assert mean == pytest.approx(0.025)
    assert interval == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert mean_interval([0.5]) == (0.5, (0.5, 0.5))


def test_a_start_is_read_as_hooks_and_backward_give_it():
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(), nn.Flatten(), nn.Linear(4 * 36, 3)
    ).eval()
    images = torch.empty(10, 1, 8, 8).normal_(generator=torch.Generator().manual_seed(0))
    targets = torch.arange(10) % 3
    start = read_start(net, images, targets, loss_for(8), beginning="own")

    # by hand: normalised by the batch, dropout off
    raw = net[0](images)
    mean, var = raw.mean((0, 2, 3), keepdim=True), raw.var((0, 2, 3), unbiased=False, keepdim=True)
    hidden = torch.relu((raw - mean) / (var + 1e-5).sqrt())
    scores = net[5](hidden.flatten(1))
    nn.functional.cross_entropy(scores, targets).backward()
    first, last = start.layers

    assert (first.layer, last.layer, last.is_output, first.is_rectified) == ("0", "5", True, True)
    assert first.std == pytest.approx(hidden.std(unbiased=False).item(), rel=1e-4)
    assert first.active_share == pytest.approx((hidden > 0).float().mean().item(), abs=1e-6)
    assert first.gradient_norm == pytest.approx(net[0].weight.grad.norm().item(), rel=1e-3)
    assert last.gradient_norm == pytest.approx(net[5].weight.grad.norm().item(), rel=1e-4)
    assert last.weight_norm == pytest.approx(net[5].weight.norm().item(), rel=1e-6)
    assert start.loss == pytest.approx(nn.functional.cross_entropy(scores, targets).item(), rel=1e-5)


def test_reading_a_start_leaves_the_network_as_it_was():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))
    net[1].eval()
    state = torch.get_rng_state()
    read_start(net, torch.rand(4, 1, 8, 8), torch.tensor([0, 1, 2, 0]), loss_for(8), beginning="own")
    after = torch.get_rng_state()
    with pytest.raises(InputError):
        read_start(net, torch.rand(4, 2, 8, 8), torch.tensor([0, 1, 2, 0]), loss_for(8), beginning="own")

    assert net.training
    assert not net[1].training
    assert net[1].running_mean.eq(0).all()
    assert all(parameter.grad is None for parameter in net.parameters())
    assert not any(part._forward_hooks for part in net.modules())
    assert not torch.equal(state, after)  # the test itself draws images: nothing else may


def test_spreads_over_seeds_are_sample_standard_deviations():
    images, targets = torch.rand(6, 1, 8, 8), torch.arange(6) % 3
    starts = []
    for seed in (0, 1, 2):
        net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3))
        initialise(net, seed=seed)
        starts.append(read_start(net, images, targets, loss_for(8), beginning="he"))
    row = mean_start(starts).layers[0]
    stds = [start.layers[0].std for start in starts]

    assert row.std == pytest.approx(np.mean(stds))
    assert row.std_spread == pytest.approx(np.std(stds, ddof=1))


def test_the_steps_are_those_of_a_training(data, tmp_path):
    plan = Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; globalavgpool; classes 3")
    trained = train(
        plan, data, Recipe(optimizer="sgd", rate=0.05, schedule="constant", batch=9, epochs=2), tmp_path / "run"
    )
    found = compare_beginnings(
        plan, data, ["he"], steps=14, seeds=1, images=63,
        recipe=Recipe(optimizer="sgd", rate=0.05, schedule="constant", batch=9),
    )  # fmt: skip
    losses = found.steps[0].losses[0]

    # 7 steps an epoch; the epoch's row holds their mean
    assert [losses[:7].mean(), losses[7:].mean()] == pytest.approx(
        [row.train_loss for row in trained.curve.trained], rel=1e-6
    )
    assert found.steps[0].scores[0][-1] == trained.curve.epochs[-1].score


def test_all_beginnings_share_seeds_points_and_images(found):
    assert found.beginnings == ("he", "small", "kmeans")
    assert found.train_count == 45
    assert found.held_out_count == 9
    assert found.steps[0].points == (0, 2, 5, 7, 10, 12)
    assert all(steps.losses.shape == (2, 12) and steps.scores.shape == (2, 6) for steps in found.steps)
    assert [(row.beginning, row.against, row.seeds) for row in found.differences] == [
        ("small", "he", 2),
        ("kmeans", "he", 2),
    ]
    assert found.differences[0].mean == pytest.approx(
        (found.steps[1].scores[:, -1] - found.steps[0].scores[:, -1]).mean()
    )
    assert found.chance == pytest.approx(math.log(3))
    assert found.filters["kmeans"].shape == (4, 1, 3, 3)
    assert found.begun[2].told[0].startswith("conv1: 4 centroids")


def test_small_weights_shrink_values_and_he_does_not(found):
    he, small, _ = found.starts

    assert 0.5 < he.factor < 2
    assert small.factor < 0.1
    assert [finding.name for finding in lint(Evidence(start=small), select=["vanishing-start"]).findings] == [
        "vanishing-start"
    ]
    assert lint(Evidence(start=he), select=["vanishing-start", "exploding-start"]).findings == ()


def start_of(*stds):
    rows = (
        LayerStart(
            layer=f"conv{n}", mean=0.0, std=std, active_share=0.5, gradient_norm=0.1, weight_norm=1.0, is_rectified=True
        )
        for n, std in enumerate(stds)
    )
    return Start(beginning="he", layers=tuple(rows), loss=2.0, images=5)


@pytest.mark.parametrize(
    ("stds", "fired"),
    [
        ((1.0, 10.0, 99.0), []),
        ((1.0, 10.0, 101.0), ["exploding-start"]),
        ((1.0, 0.1, 0.0099), ["vanishing-start"]),
        ((1.0, 0.0, 0.0), ["vanishing-start"]),
        ((0.0, 1.0, 2.0), []),
        ((1.0, math.inf, math.nan), ["exploding-start"]),
        ((1.0, 1e30, math.inf), ["exploding-start"]),
        ((math.nan, math.nan, math.nan), ["exploding-start"]),
    ],
)
def test_values_that_are_no_numbers_have_exploded_and_not_vanished(stds, fired):
    report = lint(Evidence(start=start_of(*stds)), select=["vanishing-start", "exploding-start"])

    assert [finding.name for finding in report.findings] == fired


def test_means_over_seeds_may_be_infinite():
    rows = mean_start([start_of(1.0, 2.0, math.inf), start_of(1.0, 3.0, math.inf)]).layers

    assert (rows[1].std, rows[1].std_spread) == (2.5, pytest.approx(math.sqrt(0.5)))
    assert rows[2].std == math.inf
    assert math.isnan(rows[2].std_spread)


def test_a_network_that_is_frozen_has_no_gradients():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3)).requires_grad_(False)
    start = read_start(net, torch.rand(4, 1, 8, 8), torch.arange(4) % 3, loss_for(8), beginning="own")

    assert [row.gradient_norm for row in start.layers] == [0.0, 0.0]


def test_a_training_that_is_lost_is_told(data):
    wild = Recipe(optimizer="sgd", rate=1e20, schedule="constant", batch=9)
    found = compare_beginnings(PLAN, data, ["he"], steps=6, seeds=1, images=45, recipe=wild)

    assert found.steps[0].lost == (0,)
    assert np.isnan(found.steps[0].losses[0, -1])
    assert np.isnan(found.steps[0].scores[0, -1])


def test_time_is_told_before_and_progress_while_it_runs(data):
    class Listener(Events):
        def __init__(self):
            self.heard, self.said = [], []

        def progress(self, progress):
            if progress.task == "comparing":
                self.heard.append((progress.done, progress.total, len(self.said)))

        def log(self, message):
            self.said.append(message)

    listener = Listener()
    state = torch.get_rng_state()
    compare_beginnings(PLAN, data, ["he", "small"], steps=2, seeds=1, images=20, recipe=RECIPE, events=listener)

    assert listener.heard == [(done, 4, 1) for done in range(5)]
    assert listener.said[0].startswith("2 beginnings × 1 seed × 2 steps: about ")
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("beginnings", "options", "match"),
    [
        ([], {}, "a beginning to compare"),
        (["he", "he"], {}, "named once"),
        (["he"], {"steps": 0}, "steps must be at least 1"),
        (["he"], {"seeds": 0}, "seeds must be at least 1"),
        (["he"], {"images": 1}, "images must be at least 2"),
    ],
)
def test_what_cannot_be_compared_is_refused(data, beginnings, options, match):
    with pytest.raises(InputError, match=match):
        compare_beginnings(PLAN, data, beginnings, **options)
    with pytest.raises(UnknownNameError, match="Did you mean xavier"):
        compare_beginnings(PLAN, data, ["xavjer"])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["alexnet", "squeezenet1_1", "resnet18", "mobilenet_v2"])
@pytest.mark.parametrize("scheme", ["own", "he"])
def test_healthy_starts_of_published_networks_fire_no_rule(name, scheme):
    import torchvision

    torch.manual_seed(0)
    net = getattr(torchvision.models, name)(weights=None, num_classes=3)
    if scheme == "he":
        initialise(net, "he", seed=0)
    images = torch.empty(4, 3, 64, 64).normal_(generator=torch.Generator().manual_seed(0))
    start = read_start(net, images, torch.tensor([0, 1, 2, 0]), loss_for(64), beginning=scheme)
    report = lint(Evidence(start=start), select=["vanishing-start", "exploding-start"])

    assert len(report.silent) == 2
