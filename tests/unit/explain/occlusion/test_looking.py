"""What is told apart, what is turned to, and what is refused, while images are covered."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import Cancelled, InputError, UnknownNameError
from striate.events import Events
from striate.explain import occlusion
from striate.explain.occlusion import looking, output_maps, planning, sliding, trial
from striate.explain.occlusion.engine import Engine
from striate.explain.occlusion.local import local
from striate.trace import trace

SHAPE = (3, 32, 32)
HOW = {"window_px": 8, "stride_px": 6}


@pytest.fixture
def net(toys):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        convs = [nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 5, padding=2), nn.ReLU()]
        module = nn.Sequential(*convs, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))
    return toys.network(module, SHAPE, "abcd", "values")


@pytest.fixture
def always_planned(monkeypatch):
    monkeypatch.setattr(planning, "FEW_VALUES", 0)
    monkeypatch.setattr(planning, "FEW_SECONDS", 0)


def images(count=1):
    return torch.randn(count, *SHAPE, generator=torch.Generator().manual_seed(1))


class Logarithms(nn.Module):
    """The logarithm of each of four values, and the last as it is."""

    def forward(self, x):
        return torch.cat([x.flatten(1).log().sum(1, keepdim=True), x.flatten(1)[:, -1:]], 1)


def test_an_answer_that_is_no_number_is_told_apart_from_a_window_nobody_looked_at(toys):
    class Impatient(Events):
        heard = 0

        def progress(self, progress):
            self.heard = progress.done

        def is_cancelled(self):
            return self.heard >= 2

    net = toys.network(Logarithms(), (1, 1, 4), ["sum", "last"], "values")
    image, how = torch.ones(1, 1, 1, 4), {"window_px": (1, 1), "stride_px": 1, "fill": -1.0, "batch_size": 1}

    [seen] = occlusion(net, image, **how)
    [stopped] = occlusion(net, image, **how, is_partial=True, events=Impatient())

    assert seen.looked.all()
    assert np.isnan(seen.grid[..., 0]).all()
    assert seen.grid[0, :, 1].tolist() == [1, 1, 1, -1]
    assert np.isnan(seen.maps[0]).all()
    assert seen.maps[1].tolist() == [[0, 0, 0, -2]]
    assert stopped.looked.tolist() == [[True, False, True, False]]
    assert np.isnan(stopped.maps[1]).tolist() == [[False, True, False, True]]


def test_the_maps_are_made_when_they_are_asked_for(net, monkeypatch):
    made = []
    whole = output_maps.mean_over_windows
    monkeypatch.setattr(
        output_maps, "mean_over_windows", lambda grid, *how: made.append(grid.shape) or whole(grid, *how)
    )
    [seen] = occlusion(net, images(), **HOW)

    assert made == []
    assert seen.maps.shape == (4, 32, 32)
    one, some = seen.maps[2], seen.maps[[3, 1], 0, 4:6]
    assert made == [(5, 5, 1), (5, 5, 2)]
    every = np.asarray(seen.maps)
    assert every.dtype == np.float32
    # The corner is under the first window alone.
    np.testing.assert_allclose(every[:, 0, 0], seen.grid[0, 0] - seen.clean, atol=1e-6)
    assert np.array_equal(one, every[2])
    assert np.array_equal(some, every[[3, 1], 0, 4:6])
    assert np.array_equal(-seen.maps, -every)
    assert np.array_equal(seen.maps[..., 3], every[..., 3])


@pytest.mark.parametrize("route", ["incremental", "dense"])
def test_a_route_that_was_asked_for_is_held_against_the_module(net, monkeypatch, route):
    run = Engine.run
    monkeypatch.setattr(Engine, "run", lambda self, *seen: run(self, *seen) + 0.1)
    with pytest.raises(InputError, match=r"must give the module's scores.*Use route=\"module\""):
        occlusion(net, images(), **HOW, route=route)


def test_what_whole_passes_do_not_need_is_not_computed(net, monkeypatch):
    monkeypatch.setattr(trial, "changed_macs", None)
    [seen] = occlusion(net, images(), **HOW, route="dense")
    assert seen.plan.macs_changed is None


@pytest.mark.usefixtures("always_planned")
def test_a_network_whose_values_cannot_be_kept_goes_through_its_module_and_says_why(net, monkeypatch):
    def refuse(_self, *_args, **_named):
        raise RuntimeError("not enough memory\nat some place")

    [expected] = occlusion(net, images(), **HOW, route="module")
    monkeypatch.setattr(Engine, "__init__", refuse)
    [seen] = occlusion(net, images(), **HOW)

    assert seen.plan.route == "module"
    assert seen.plan.reason == "its calls cannot be run in parts: not enough memory"
    np.testing.assert_allclose(seen.grid, expected.grid, atol=1e-6)
    with pytest.raises(InputError, match="not enough memory"):
        occlusion(net, images(), **HOW, route="incremental")


@pytest.mark.usefixtures("always_planned")
def test_a_second_image_whose_values_cannot_be_kept_goes_through_the_module(net, monkeypatch):
    expected = occlusion(net, images(3), **HOW, route="module")
    made, begin = [], Engine.__init__

    def refuse(self, *args, **named):
        made.append(1)
        if len(made) == 2:
            raise RuntimeError("no memory left")
        begin(self, *args, **named)

    monkeypatch.setattr(trial, "CLEARLY", 1e9)  # no route is so slow that the module is taken
    monkeypatch.setattr(Engine, "__init__", refuse)
    monkeypatch.setattr(trial.Trial, "_quickest", lambda _self: "incremental")
    seen = occlusion(net, images(3), **HOW)

    assert [one.plan.route for one in seen] == ["incremental", "module", "module"]
    assert seen[1].plan.reason == "the incremental route failed: no memory left"
    for one, other in zip(seen, expected, strict=True):
        np.testing.assert_allclose(one.grid, other.grid, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("axes", [1, 2])
def test_room_is_reckoned_for_every_map_that_is_kept(toys, axes):
    conv, shape = {1: (nn.Conv1d, (3, 60)), 2: (nn.Conv2d, (3, 24, 24))}[axes]
    module = nn.Sequential(conv(3, 8, 3, padding=1), nn.ReLU(), conv(8, 8, 3, padding=1), nn.Flatten())
    network = toys.network(nn.Sequential(*module, nn.LazyLinear(2)), shape, "ab", "values")
    image = torch.randn(1, *shape)
    network.module(image)
    at = local(trace(network.module, (1, *shape)).program, network.module, image)
    engine = Engine(at, image)
    engine.run(torch.zeros(1, 3, *(4,) * axes), np.full((1, axes), 9))

    kept = [*engine.clean.values(), *(sheet._rows for sheet in engine._sheets.values())]
    real = {one.untyped_storage().data_ptr(): one.untyped_storage().nbytes() for one in kept}
    reckoned = 4 * (planning.kept_values(at, has_boxes=True) + image.numel())
    assert sum(real.values()) <= reckoned <= 2 * sum(real.values())
    assert planning.kept_values(at, has_boxes=False) < planning.kept_values(at, has_boxes=True)


def test_a_fill_nobody_knows_is_told_all_there_are(net):
    with pytest.raises(UnknownNameError, match="inpainted"):
        occlusion(net, images(), **HOW, fill="inpaint")


def test_a_window_larger_than_the_image_is_refused(net):
    with pytest.raises(InputError, match=r"must fit into the image.*40×40 on 32×32"):
        occlusion(net, images(), window_px=40, stride_px=8)


@pytest.mark.slow
def test_a_step_of_one_pixel_on_a_4k_image_is_told_its_time_and_what_would_be_quicker(toys):
    class Told(Events):
        heard = ""

        def log(self, message):
            self.heard = message

        def is_cancelled(self):
            return bool(self.heard)

    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(3, 2, 16, stride=16), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    net, told = toys.network(module, (3, 2160, 3840), "ab"), Told()
    with pytest.raises(Cancelled):
        occlusion(net, torch.zeros(1, 3, 2160, 3840), window_px=16, stride_px=1, route="module", events=told)

    # (2160 − 16 + 1) · (3840 − 16 + 1) windows; at a step of 16 there are 135 · 240.
    assert "8204625 windows" in told.heard
    assert " h " in told.heard
    assert "stride_px=16 is about 253 times quicker" in told.heard


def test_more_answers_than_there_is_room_for_are_refused_with_a_step_that_fits(toys):
    module = nn.Sequential(nn.Conv2d(3, 1000, 16, stride=16), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    net = toys.network(module, (3, 2160, 3840), [str(n) for n in range(1000)])
    with pytest.raises(InputError, match=r"fit into 4 GiB.*windows × 1000 outputs.*stride_px=4"):
        occlusion(net, torch.zeros(1, 3, 2160, 3840), window_px=16, stride_px=1)


def test_the_answers_of_all_images_together_must_fit(toys, monkeypatch):
    # Windows of 8 at a step of 2 on 32 by 32: 13 · 13 of them, 4 outputs of 4 bytes; 2,704 bytes an image.
    net = toys.network(nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 4)), (3, 32, 32), "abcd")
    some, how = torch.zeros(3, 3, 32, 32), {"window_px": 8, "stride_px": 2}
    monkeypatch.setattr(sliding, "MOST_GRID_BYTES", 3 * 2704 - 1)

    assert len(occlusion(net, some[:2], **how)) == 2
    said = (
        r"fit into 4 GiB; got 3 images × 169 windows × 4 outputs\. Take stride_px=4 \(.*\), or ask about 2 images at a"
    )
    with pytest.raises(InputError, match=said):
        occlusion(net, some, **how)
    assert len(occlusion(net, some, window_px=8, stride_px=4)) == 3


@pytest.mark.parametrize(
    ("most", "says"),
    [
        # At a step of 8 there are 4 · 4 windows: of 256 bytes none is too many, of 255 every one.
        (256, r"Take stride_px=8 \(in the command --set stride=8\)\. \[input\]$"),
        (255, r"Take larger windows and steps\. \[input\]$"),
    ],
)
def test_a_step_is_named_only_if_it_fits(toys, monkeypatch, most, says):
    net = toys.network(nn.Sequential(nn.Flatten(), nn.Linear(3 * 32 * 32, 4)), (3, 32, 32), "abcd")
    monkeypatch.setattr(sliding, "MOST_GRID_BYTES", most)
    with pytest.raises(InputError, match=says):
        occlusion(net, torch.zeros(1, 3, 32, 32), window_px=8, stride_px=3)


def test_of_a_line_the_step_that_is_quicker_is_along_it():
    grid = sliding.Grid(counts=(1, 17), window=(1, 8), stride=(1, 2))
    # 40 places: 17 windows at a step of 2, 5 at a step of 8.
    assert sliding._quicker(grid, (2, 40)).startswith("stride_px=8 is about 3 times quicker")


@pytest.mark.usefixtures("always_planned")
@pytest.mark.parametrize("at_once", [1, 3, 7])
def test_a_route_that_fails_on_the_way_leaves_no_window_out(net, monkeypatch, at_once):
    how = {"window_px": 8, "stride_px": 2}
    [expected] = occlusion(net, images(), **how, route="module")
    ran, run = [], Engine.run

    def fail(self, covers, starts):
        ran.append(len(starts))
        if len(ran) == 2:  # the first batch was for the plan
            raise RuntimeError("no memory left")
        return run(self, covers, starts)

    monkeypatch.setattr(Engine, "run", fail)
    monkeypatch.setattr(trial.Trial, "_quickest", lambda _self: "incremental")
    monkeypatch.setattr(trial, "CLEAR_BOUND", 0)
    monkeypatch.setattr(looking, "few_at_once", lambda _image: at_once)
    [seen] = occlusion(net, images(), **how)

    assert len(ran) == 2
    assert (seen.plan.route, seen.plan.batch) == ("module", at_once)
    assert seen.looked.all()
    np.testing.assert_allclose(seen.grid, expected.grid, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    "index",
    [
        ([0, 1], [2, 3]),
        ([0, 1], [2, 3], [4, 5]),
        ([3, 1], slice(None), [4, 5]),
        (np.array([True, False, True, False]), [2, 3]),
        ([0, 1], 2, [4, 5]),
        ([2], np.array([[1, 2], [3, 4]])),
        (slice(1, 3), [2, 3]),
        (slice(1, 3), [2, 3], [4, 5]),
        (1, slice(None), [4, 5]),
        ([0, 1], ..., 3),
        ([0, 1], None, slice(None), 2),
        [[0, 1], [2, 3]],
    ],
)
def test_maps_are_read_as_numpy_reads_them(net, index):
    maps = occlusion(net, images(), **HOW)[0].maps
    np.testing.assert_array_equal(maps[index], np.asarray(maps)[index])
