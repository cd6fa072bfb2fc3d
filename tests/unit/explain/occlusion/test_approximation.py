import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import InputError
from striate.explain import occlusion
from striate.explain.occlusion.boxes import Box, centred
from striate.explain.occlusion.gates import gates
from striate.explain.occlusion.looking import error_of
from striate.explain.occlusion.node import nodes
from striate.records import Approximation
from striate.trace import trace

SHAPE = (2, 20, 22)


class Gated(nn.Module):
    """A convolution, a gate by the mean of its map, another convolution, and a head by the mean."""

    def __init__(self):
        super().__init__()
        self.first, self.gate, self.second = nn.Conv2d(2, 4, 3), nn.Conv2d(4, 4, 1), nn.Conv2d(4, 4, 3)
        self.head = nn.Linear(4, 3)
        self.frozen = None

    def forward(self, x):
        x = self.first(x).relu()
        gate = torch.sigmoid(self.gate(nn.functional.adaptive_avg_pool2d(x, 1)) * 20)
        x = self.second(x * (gate if self.frozen is None else self.frozen))
        self.last = gate.detach()
        return self.head(x.mean((2, 3)))


@pytest.fixture
def gated(toys):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return toys.network(Gated(), SHAPE, "abc", "values")


def image():
    return torch.randn(1, *SHAPE, generator=torch.Generator().manual_seed(1))


def test_gates_are_found_and_heads_are_not(gated):
    found = nodes(trace(gated.module, (1, *SHAPE)).program.record)
    means = [node for node in found if node.name in {"adaptive_avg_pool2d", "mean"}]
    assert len(means) == 2
    assert gates(found) == {means[0].made[0]}


def test_frozen_gates_are_those_of_the_clean_image(gated):
    [seen] = occlusion(gated, image(), window_px=6, stride_px=4, approximation=Approximation(freezes_gates=True))
    [exact] = occlusion(gated, image(), window_px=6, stride_px=4)
    with torch.no_grad():
        gated.module.eval()(image())
    gated.module.frozen = gated.module.last
    [expected] = occlusion(gated, image(), window_px=6, stride_px=4, route="module")
    np.testing.assert_allclose(seen.grid, expected.grid, rtol=1e-5, atol=1e-6)
    assert np.abs(seen.grid - exact.grid).max() > 1e-4
    assert seen.plan.bound > 1.5
    # The error that is told is that of eight windows, all within what is wrong at most.
    assert seen.error.windows == 8
    assert 0 < seen.error.mean <= seen.error.largest <= np.abs(seen.grid - exact.grid).max() + 1e-6
    assert seen.error.largest_change <= np.abs(exact.grid - exact.clean).max() + 1e-6


def test_the_middle_of_long_boxes_is_kept(toys):
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = [
            nn.Conv2d(2, 4, 5, padding=2),
            nn.ReLU(),
            nn.Conv2d(4, 4, 5, padding=2),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        ]
        net = toys.network(nn.Sequential(*layers), SHAPE, "abcd", "values")
    [exact] = occlusion(net, image(), window_px=4, stride_px=4, route="module")
    errors = []
    for kept in (0.25, 0.5, 1.0):
        [seen] = occlusion(net, image(), window_px=4, stride_px=4, approximation=Approximation(kept=kept))
        errors.append(np.abs(seen.grid - exact.grid).max())
    # 4 grows to 8 and 12 of 20: five places are less than ten, and all is followed in the end.
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-5


def test_a_short_box_is_kept_as_it_is():
    box = Box((2, 3), np.array([[1, 2]]), (3, 8))
    kept = centred(box, (1, 4, 10, 10), 0.4)
    assert (kept.size, kept.starts.tolist()) == ((3, 4), [[1, 4]])


def test_the_error_is_told_in_outputs():
    found, exact = np.float32([[0.5, 0.5], [0.9, 0.1]]), np.float32([[0.4, 0.6], [0.9, 0.1]])
    error = error_of(found, exact, np.float32([0.2, 0.8]))
    assert (error.windows, error.same_winner) == (2, 0.5)
    assert (error.largest, error.mean, error.largest_change) == pytest.approx((0.1, 0.05, 0.7))


def test_an_approximation_by_whole_passes_is_refused(gated):
    with pytest.raises(InputError, match="incremental route"):
        occlusion(gated, image(), window_px=4, stride_px=4, route="dense", approximation=Approximation(kept=0.5))


def test_some_windows_are_looked_at_after_the_coarse_ones(gated):
    [whole] = occlusion(gated, image(), window_px=6, stride_px=2)
    [seen] = occlusion(gated, image(), window_px=6, stride_px=2, refined=0.25)
    looked = ~np.isnan(seen.grid).any(-1)
    # 8 × 9 places, of which every third and the last: 4 × 4; a quarter of the other 56.
    assert looked.shape == (8, 9)
    assert looked.sum() == seen.plan.windows == 16 + 14
    assert looked[np.ix_([0, 3, 6, 7], [0, 3, 6, 8])].all()
    np.testing.assert_allclose(seen.grid[looked], whole.grid[looked], rtol=1e-5, atol=1e-6)
    assert not np.isnan(seen.maps).any()
    with pytest.raises(InputError, match="share"):
        occlusion(gated, image(), window_px=6, stride_px=2, refined=1.5)
