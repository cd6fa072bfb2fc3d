import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import InputError
from striate.events import Events
from striate.explain import occlusion
from striate.explain.occlusion import planning, trial
from striate.explain.occlusion.engine import Engine
from striate.records.occlusion_plan import OcclusionPlan

SHAPE = (3, 64, 64)


def deep(toys, kind="classes", dtype=torch.float32):
    """Local enough that boxes pay, and large enough that there is something to be gained."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = [nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(inplace=True), nn.Dropout(0.5)]
        layers += [nn.Conv2d(16, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        net = nn.Sequential(*layers, nn.Flatten(), nn.Linear(16 * 32 * 32, 4)).to(dtype)
        net[1].running_mean.normal_()
        net[1].running_var.uniform_(0.5, 2)
    return toys.network(net, SHAPE, "abcd", kind)


def look(net, images=None, **how):
    images = torch.randn(1, *SHAPE, generator=torch.Generator().manual_seed(1)) if images is None else images
    return occlusion(net, images, **{"window_px": 8, "stride_px": 6} | how)


@pytest.mark.parametrize("kind", ["classes", "labels", "values"])
@pytest.mark.parametrize("fill", ["grey", "noise", 0.7])
@pytest.mark.parametrize("route", ["incremental", "dense"])
def test_every_way_gives_the_same(toys, kind, fill, route):
    net = deep(toys, kind)
    [expected] = look(net, fill=fill, route="module")
    [seen] = look(net, fill=fill, route=route, batch_size=7)
    np.testing.assert_allclose(seen.grid, expected.grid, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(seen.maps, expected.maps, rtol=1e-5, atol=1e-6)
    assert np.array_equal(seen.clean, expected.clean)
    assert (seen.plan.route, seen.plan.reason, seen.plan.batch) == (route, "asked for", 7)


def test_several_images_each_have_their_own_values(toys):
    net, images = deep(toys), torch.randn(3, *SHAPE, generator=torch.Generator().manual_seed(2))
    for seen, expected in zip(look(net, images, route="incremental"), look(net, images, route="module"), strict=True):
        np.testing.assert_allclose(seen.grid, expected.grid, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("axes", [1, 3])
def test_lines_and_volumes_go_every_way(toys, axes):
    conv, pool, shape, window = {
        1: (nn.Conv1d, nn.AdaptiveAvgPool1d, (2, 50), 7),
        3: (nn.Conv3d, nn.AdaptiveAvgPool3d, (2, 6, 9, 8), (2, 3, 3)),
    }[axes]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(conv(2, 4, 3, padding=1), nn.ReLU(), conv(4, 3, 3), pool(1), nn.Flatten())
    net = toys.network(module, shape, "abc", "values")
    image = torch.randn(1, *shape, generator=torch.Generator().manual_seed(3))
    first, second = (
        occlusion(net, image, window_px=window, stride_px=2, route=route)[0] for route in ("incremental", "module")
    )
    assert first.grid.shape == {1: (1, 23, 3), 3: (3, 4, 4, 3)}[axes]
    assert first.maps.shape == {1: (3, 1, 50), 3: (3, 6, 9, 8)}[axes]
    np.testing.assert_allclose(first.grid, second.grid, rtol=1e-5, atol=1e-6)
    # The mean over windows, with one mask for each.
    change, total, count = second.grid - second.clean, np.zeros(first.maps.shape), np.zeros(first.maps.shape[1:])
    for place in np.ndindex(change.shape[:-1]):
        part = tuple(slice(2 * at, 2 * at + side) for at, side in zip(place, first.window_px, strict=True))
        part = (slice(None), part[1]) if axes == 1 else part
        total[(slice(None), *part)] += change[place].reshape(-1, *(1,) * (total.ndim - 1))
        count[part] += 1
    np.testing.assert_allclose(second.maps, total / count, atol=1e-5)


def test_what_is_tried_is_told_with_its_seconds_and_its_difference(toys, monkeypatch):
    monkeypatch.setattr(planning, "FEW_VALUES", 0)
    monkeypatch.setattr(planning, "FEW_SECONDS", 0)
    heard = []

    class Listener(Events):
        def log(self, message):
            heard.append(message)

    net = deep(toys)
    [seen] = look(net, events=Listener())
    plan = seen.plan
    assert {"module", "incremental"} <= set(plan.seconds)
    assert plan.route == min(plan.seconds, key=plan.seconds.get)
    assert plan.difference < 1e-5
    assert plan.windows == 121
    assert plan.expected_s == pytest.approx(121 * plan.seconds[plan.route])
    # The convolutions of 3·9·16 and 16·9·16 products at 64×64 places, and the head.
    assert plan.macs == 64 * 64 * 16 * 9 * (3 + 16) + 16 * 32 * 32 * 4
    # Of 8×8 there change 10×10 and 12×12 at most, and the head.
    assert plan.macs_changed <= 10 * 10 * 16 * 9 * 3 + 12 * 12 * 16 * 9 * 16 + 16 * 32 * 32 * 4
    assert plan.macs_changed > 8 * 8 * 16 * 9 * 19
    assert "121 windows" in heard[0]
    [expected] = look(net, route="module")
    np.testing.assert_allclose(seen.grid, expected.grid, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("ticks", "expected", "route"),
    [
        # The clean pass in no time; then 4 seconds for two windows by the module, 100 for a hundred by boxes.
        ([0, 0, 0, 4, 1, 100], {"module": 2.0, "incremental": 1.0}, "incremental"),
        # The boxes are slow, and 75 seconds for a hundred windows by whole passes.
        ([0, 0, 0, 4, 1, 800, 1, 75], {"module": 2.0, "incremental": 8.0, "dense": 0.75}, "dense"),
        ([0, 0, 0, 4, 1, 800, 1, 225], {"module": 2.0, "incremental": 8.0, "dense": 2.25}, "module"),
        # Hardly quicker is not quicker.
        ([0, 0, 0, 4, 1, 800, 1, 190], {"module": 2.0, "incremental": 8.0, "dense": 1.9}, "module"),
    ],
)
def test_the_quickest_way_is_taken(toys, monkeypatch, ticks, expected, route):
    monkeypatch.setattr(planning, "FEW_VALUES", 0)
    monkeypatch.setattr(planning, "FEW_SECONDS", 0)
    times = iter(np.cumsum(ticks).tolist())
    monkeypatch.setattr(trial.time, "perf_counter", lambda: next(times, 0))
    [seen] = look(deep(toys), batch_size=100)
    assert (seen.plan.seconds, seen.plan.route) == (expected, route)


@pytest.mark.parametrize(
    ("least_left", "tried"), [(22, {"module", "incremental"}), (21, {"module", "incremental", "dense"})]
)
def test_whole_passes_are_not_tried_for_the_few_windows_that_quick_boxes_leave(toys, monkeypatch, least_left, tried):
    monkeypatch.setattr(planning, "FEW_VALUES", 0)
    monkeypatch.setattr(planning, "FEW_SECONDS", 0)
    monkeypatch.setattr(trial, "CLEAR_BOUND", 1e9)
    monkeypatch.setattr(trial, "LEAST_LEFT", least_left)
    # As above: boxes take one second a window, half the module's time; whole passes would take three quarters.
    times = iter(np.cumsum([0, 0, 0, 4, 1, 100, 1, 75]).tolist())
    monkeypatch.setattr(trial.time, "perf_counter", lambda: next(times, 0))
    [seen] = look(deep(toys), batch_size=100)  # of 121 windows
    assert set(seen.plan.seconds) == tried


def test_little_work_is_not_planned(toys):
    [seen] = look(deep(toys), window_px=32, stride_px=32)
    assert (seen.plan.route, seen.plan.seconds, seen.plan.bound, seen.plan.expected_s) == ("module", {}, None, None)


def test_what_is_quick_together_is_not_planned_either(toys, monkeypatch):
    monkeypatch.setattr(planning, "FEW_VALUES", 0)
    # The clean pass takes ten seconds, two windows at once a hundredth; nothing may be traced for it.
    times = iter(np.cumsum([0, 10, 0, 0.01]).tolist())
    monkeypatch.setattr(trial.time, "perf_counter", lambda: next(times, 11))
    monkeypatch.setattr(planning, "trace", None)
    [seen] = look(deep(toys))
    monkeypatch.undo()

    assert (seen.plan.route, seen.plan.seconds) == ("module", {"module": pytest.approx(0.005)})
    assert "too little time" in seen.plan.reason
    [expected] = look(deep(toys), route="module")
    np.testing.assert_allclose(seen.grid, expected.grid, rtol=1e-5, atol=1e-6)


def test_boxes_that_give_other_scores_are_found_out(toys, monkeypatch):
    monkeypatch.setattr(planning, "FEW_VALUES", 0)
    monkeypatch.setattr(planning, "FEW_SECONDS", 0)
    run = Engine.run
    monkeypatch.setattr(Engine, "run", lambda self, *seen: run(self, *seen) + 0.1 * (self.most > 0))
    [seen] = look(deep(toys))
    assert seen.plan.route != "incremental"
    assert "other scores" in seen.plan.reason
    assert seen.plan.difference > 1e-3


@pytest.mark.parametrize("batch_size", [None, 1, 7])
@pytest.mark.parametrize("at", [0, 31])  # of 64 pixels
def test_scores_that_are_others_only_at_the_corner_or_in_the_middle_are_found_out(toys, monkeypatch, at, batch_size):
    run = Engine.run

    def wrong(self, covers, starts):
        is_there = torch.from_numpy(((starts <= at) & (at < starts + 8)).all(1))
        return run(self, covers, starts) + 0.1 * is_there[:, None]

    monkeypatch.setattr(Engine, "run", wrong)
    with pytest.raises(InputError, match="must give the module's scores.*other scores"):
        look(deep(toys), route="incremental", batch_size=batch_size)


@pytest.mark.parametrize("batch_size", [None, 1])
def test_a_route_that_fails_only_in_the_middle_is_not_chosen(toys, monkeypatch, batch_size):
    run = Engine.run

    def failing(self, covers, starts):
        if ((starts <= 31) & (starts + 8 > 31)).all(1).any():
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return run(self, covers, starts)

    monkeypatch.setattr(planning, "FEW_VALUES", 0)
    monkeypatch.setattr(planning, "FEW_SECONDS", 0)
    # Whatever else is slow.
    times = iter(np.cumsum([0, 0, 0, 100] + [0, 0.001] * 20).tolist())
    monkeypatch.setattr(trial.time, "perf_counter", lambda: next(times, 101))
    monkeypatch.setattr(Engine, "run", failing)
    [seen] = look(deep(toys), batch_size=batch_size)
    assert seen.plan.route == "module"
    assert "incremental" not in seen.plan.seconds


class Deciding(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        found = self.conv(x).mean((2, 3))
        return found if float(found.sum()) > 0 else -found


def test_a_network_that_decides_by_its_data_goes_through_its_module(toys, monkeypatch):
    monkeypatch.setattr(planning, "FEW_VALUES", 0)
    monkeypatch.setattr(planning, "FEW_SECONDS", 0)
    net = toys.network(Deciding(), SHAPE, "abcd")
    [seen] = look(net, window_px=32, stride_px=32)
    assert (seen.plan.route, seen.plan.macs) == ("module", None)
    assert "may depend on data" in seen.plan.reason
    with pytest.raises(InputError, match="may depend on data"):
        look(net, window_px=32, stride_px=32, route="incremental")


def test_a_hook_of_the_users_keeps_the_module_in_use(toys):
    net = deep(toys)
    net.module[0].register_forward_hook(lambda _module, _inputs, output: output * 2)
    with pytest.raises(InputError, match="hooks"):
        look(net, route="dense")


def test_a_network_that_is_frozen_half_and_in_train_mode(toys):
    net = deep(toys, dtype=torch.bfloat16)
    net.module.requires_grad_(requires_grad=False)
    net.module.train()
    with torch.inference_mode():
        [seen], [expected] = (look(net, route=route) for route in ("incremental", "module"))
    np.testing.assert_allclose(seen.grid, expected.grid, atol=0.05)
    assert net.module.training


def test_the_bound_is_the_ratio_of_products():
    plan = OcclusionPlan(
        route="dense", reason="", windows=10, batch=2, macs=6.0, macs_changed=2.0, seconds={"dense": 0.5}
    )
    assert (plan.bound, plan.expected_s) == (3.0, 5.0)


class _Turned(nn.Module):
    """A mean over channels, which stand where a map's places usually do."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv1d(2, 20, 3, padding=1), nn.Linear(20, 3)
        self.pool = nn.AdaptiveAvgPool1d(1)

    def forward(self, x):
        return self.last(self.pool(self.first(x).relu().transpose(1, 2)).flatten(1))


class _ByMemory(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv2d(1, 4, 3, padding=1), nn.Linear(4 * 8 * 8, 3)

    def forward(self, x):
        return self.last(self.first(x).contiguous().as_strided((len(x), 256), (256, 1)))


def test_a_mean_over_other_axes_than_those_of_the_box_is_made_whole(toys):
    torch.manual_seed(0)
    net = toys.network(_Turned(), (2, 20), "abc", "values")
    images = torch.randn(1, 2, 20)
    [seen] = occlusion(net, images, window_px=3, stride_px=2, route="incremental")
    [expected] = occlusion(net, images, window_px=3, stride_px=2, route="module")
    np.testing.assert_allclose(seen.grid, expected.grid, rtol=1e-5, atol=1e-6)


def test_what_reads_memory_as_it_lies_is_not_run_in_parts(toys):
    torch.manual_seed(0)
    net = toys.network(_ByMemory(), (1, 8, 8), "abc", "values")
    with pytest.raises(InputError, match=r"as_strided.*Use route=\"module\""):
        occlusion(net, torch.randn(1, 1, 8, 8), window_px=3, stride_px=2, route="incremental")


class _NormByImages(nn.Module):
    def forward(self, x):
        return nn.functional.batch_norm(x, None, None, training=True)


class _NormBeneath(nn.Module):
    def forward(self, x):
        return torch.batch_norm(x, None, None, None, None, True, 0.1, 1e-5, False)


def _scripted():
    with pytest.warns(FutureWarning, match="deprecated"):
        return torch.jit.script(_NormByImages())


@pytest.mark.parametrize(
    "norm",
    [
        lambda: nn.BatchNorm2d(4, track_running_stats=False),
        _NormByImages,
        _NormBeneath,
        _scripted,
    ],
    ids=["module", "function", "beneath", "scripted"],
)
@pytest.mark.parametrize("batch_size", [None, 4])
def test_a_window_does_not_see_the_windows_beside_it(toys, norm, batch_size):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 4, 3), norm(), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
    net, image = toys.network(module, (1, 8, 8), "abc", "values"), torch.randn(1, 1, 8, 8)
    [seen] = occlusion(net, image, window_px=4, stride_px=4, fill=0.0, batch_size=batch_size)
    for row in range(2):
        for column in range(2):
            covered = image.clone()
            covered[..., 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] = 0
            with torch.no_grad():
                np.testing.assert_allclose(seen.grid[row, column], net.module.eval()(covered)[0], rtol=1e-5, atol=1e-6)


def test_one_channel_in_half_precision_has_a_background(toys):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Flatten(), nn.Linear(64, 3)).bfloat16()
    [seen] = occlusion(
        toys.network(module, (1, 8, 8), "abc"), torch.zeros(1, 1, 8, 8).bfloat16(), window_px=4, stride_px=4
    )
    assert np.isfinite(seen.grid).all()


class _Turning(nn.Module):
    """Images stand where channels are while it normalises, so that each has statistics of its own."""

    def forward(self, x):
        turned = nn.functional.batch_norm(x.transpose(0, 1), None, None, training=True)
        return turned.transpose(0, 1).flatten(1)[:, :3]


class _Branching(nn.Module):
    """Calls that differ with the batch, so that there is one recording for one batch alone."""

    def __init__(self, norm):
        super().__init__()
        self.norm = norm

    def forward(self, x):
        return self.norm(x).flatten(1)[:, :3] * (2 if len(x) % 2 else 1)


@pytest.mark.parametrize(
    ("module", "at_once"),
    [
        (lambda: nn.Sequential(nn.InstanceNorm2d(1), nn.Flatten(), nn.Linear(64, 3)), 4),
        (lambda: nn.Sequential(nn.BatchNorm2d(1), nn.Flatten(), nn.Linear(64, 3)), 4),
        (_Turning, 4),
        (lambda: _Branching(nn.BatchNorm2d(1, track_running_stats=False)), 1),
    ],
    ids=["instances", "statistics", "turned", "one batch"],
)
def test_windows_go_one_at_a_time_only_where_they_would_change_each_other(toys, module, at_once):
    net = toys.network(module(), (1, 8, 8), "abc", "values")
    [seen] = occlusion(net, torch.randn(1, 1, 8, 8), window_px=4, stride_px=4, fill=0.0, batch_size=4)
    assert (seen.plan.route, seen.plan.batch) == ("module", at_once)
