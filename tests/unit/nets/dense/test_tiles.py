import pytest
import torch
from torch import nn

from dense_networks import Residual, valid
from striate.errors import Cancelled, InputError
from striate.events import Events
from striate.nets.dense import (
    by_dilation,
    by_shift,
    crop_maps,
    crop_positions,
    dense,
    deviation,
    plan_tiles,
    reader_of,
    sample,
    tiled_maps,
)


class Same(nn.Module):
    """Padding that depends on the size, as in TensorFlow; ceil pooling; a field that is not in the middle."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.one, self.two, self.fc = nn.Conv2d(1, 4, 3, stride=2), nn.Conv2d(4, 6, 5, stride=2), nn.Linear(6, 3)

    def forward(self, x):
        for layer in (self.one, self.two):
            need = [max((-(-n // 2) - 1) * 2 + k - n, 0) for n, k in zip(x.shape[2:], layer.kernel_size, strict=True)]
            x = layer(
                nn.functional.pad(x, (need[1] // 2, need[1] - need[1] // 2, need[0] // 2, need[0] - need[0] // 2))
            ).relu()
        return self.fc(nn.functional.max_pool2d(x, 2, ceil_mode=True).amax((2, 3)))


class Trimmed(nn.Module):
    """Positions see less than their crop: what padding reached is cut off."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv, self.fc = nn.Conv2d(1, 4, 3, padding=1, stride=2), nn.Linear(4, 3)

    def forward(self, x):
        return self.fc(self.conv(x)[:, :, 2:-2, 2:-2].amax((2, 3)))


NETWORKS = {
    "no padding": lambda: dense(valid(), (1, 29, 29)),
    "padding": lambda: dense(Residual().eval(), (1, 16, 16)),
    "padding by size": lambda: dense(Same().eval(), (1, 24, 24)),
    "trimmed": lambda: dense(Trimmed().eval(), (1, 16, 16)),
    "shifted": lambda: by_shift(dense(Residual().eval(), (1, 16, 16)), 2),
    "dilated": lambda: by_dilation(dense(Residual().eval(), (1, 16, 16)), 4),
}


def joined(wide, image, tile_px, **kwargs):
    size = tuple(image.shape[2:])
    plan = plan_tiles(wide, size, tile_px)
    maps = torch.full((1, wide.conversion.outputs, *plan.positions), float("nan"))
    with torch.no_grad():
        for ((top, bottom), (left, right)), part in tiled_maps(wide, reader_of(image), plan, **kwargs):
            assert maps[..., top:bottom, left:right].isnan().all()
            maps[..., top:bottom, left:right] = part
    return plan, maps


@pytest.mark.parametrize("tile_px", [16, 40, 1000])
@pytest.mark.parametrize("name", NETWORKS)
def test_tiles_are_the_whole(name, tile_px):
    wide = NETWORKS[name]()
    image = torch.randn(1, 1, 101, 87)
    with torch.no_grad():
        whole = wide.maps(image)
    plan, maps = joined(wide, image, tile_px)

    torch.testing.assert_close(maps, whole, atol=1e-5 * float(whole.abs().max()), rtol=0)
    assert (len(plan.tiles) > 1) == (tile_px < 1000)
    assert plan.positions == tuple(whole.shape[2:])


def test_the_plan_by_hand():
    # Two layers: 3, stride 2, padding 1, then a window of 4 units: 9 pixels from −1 on, 2 apart.
    net = nn.Sequential(nn.Conv1d(1, 1, 3, stride=2, padding=1), nn.Flatten(), nn.Linear(4, 1))
    wide = dense(net, (1, 8))
    plan = plan_tiles(wide, (30,), 8)

    assert (wide.conversion.field_px, wide.conversion.centre_px, wide.conversion.padding_px) == ((9,), (3.0,), (1,))
    # 12 positions: 0 … 3 see up to pixel 6 + 7; 4 … 7 from 7 to 14 + 7, and begin at an even one; the last to the end.
    assert plan.positions == (12,)
    assert plan.tiles == ((((0, 4), (0, 14)),), (((4, 8), (6, 22)),), (((8, 12), (14, 30)),))
    assert plan.overhead == (14 + 16 + 16) / 30


def test_the_peak_by_hand():
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Conv2d(3, 2, 1), nn.Flatten(), nn.Linear(2 * 16, 1))
    plan = plan_tiles(dense(net, (1, 6, 6)), (6, 6), 6, held_bytes=1000)

    # Two maps of 3×4×4 at once, the one the ReLU reads and its own; the input is gone by then.
    assert plan.peak_bytes == 1000 + 4 * (2 * 3 * 4 * 4)


def test_it_can_be_stopped_and_tells_how_far_it_is():
    class Impatient(Events):
        def __init__(self):
            self.heard = []

        def progress(self, progress):
            self.heard.append((progress.task, progress.done, progress.total))

        def is_cancelled(self):
            return len(self.heard) > 3

    events = Impatient()
    with pytest.raises(Cancelled):
        joined(NETWORKS["padding"](), torch.randn(1, 1, 101, 87), 16, events=events)

    # 26 − 3 and 22 − 3 positions, four a tile.
    assert events.heard[:2] == [("tiles", 0, 30), ("tiles", 1, 30)]


def test_what_cannot_be_tiled_is_refused():
    with pytest.raises(InputError, match="at least as large as the stride"):
        plan_tiles(NETWORKS["no padding"](), (100, 100), 7)


def test_crops_are_the_networks_own_answers():
    net = Residual().eval()
    wide, image = dense(net, (1, 16, 16)), torch.randn(1, 1, 23, 33)
    rows = list(crop_maps(wide, reader_of(image), (23, 33)))
    with torch.no_grad():
        expected = net(image[:, :, 4:20, 8:24])

    assert crop_positions(wide, (23, 33)) == (2, 5)
    assert [box for box, _ in rows] == [((0, 1), (0, 5)), ((1, 2), (0, 5))]
    torch.testing.assert_close(rows[1][1][:, :, 0, 2], expected)


def test_deviation_is_nothing_without_padding_and_measured_with_it():
    image = torch.randn(1, 1, 71, 87)
    for name, is_exact in (("no padding", True), ("padding", False)):
        wide = NETWORKS[name]()
        with torch.no_grad():
            maps = wide.maps(image)
            positions, total = sample(wide, (71, 87), most=16)
            there = torch.stack([maps[0, :, row, column] for row, column in positions])
            found = deviation(wide, there, positions, reader_of(image), total)
            wrong = deviation(wide, there.flip(1), positions, reader_of(image), total)

        assert (found.positions, found.total) == (16, {"no padding": 6 * 8, "padding": 14 * 18}[name])
        assert (found.largest < 1e-6) == is_exact
        assert found.mean <= found.largest < 1
        assert wrong.largest > 0.1


def test_deviation_by_hand():
    net = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.Flatten(), nn.Linear(1, 2, bias=False))
    with torch.no_grad():
        net[0].weight.fill_(1)
        net[2].weight.copy_(torch.tensor([[1.0], [-1.0]]))
    image = torch.tensor([[[[4.0, 2.0]]]])
    wide = dense(net, (1, 1, 1))
    # Scores 4 −4 and 2 −2. Claimed: 4 −4 and −1 −2.
    found = deviation(wide, torch.tensor([[4.0, -4.0], [-1.0, -2.0]]), [(0, 0), (0, 1)], reader_of(image), 2)

    assert (found.largest, found.mean, found.agreement) == (3 / 4, 3 / 4 / 4, 1.0)
