"""What layers do when images change, on networks whose figures can be had by hand."""

import sys

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.errors import InputError, ShapeError
from striate.explain import invariance
from striate.explain.invariance.changes import brightness, mirror, quarter_turn, shift, turn
from striate.explain.invariance.moving import moved_map
from striate.explain.invariance.partners import partners


def rand(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed))


def blurring(toys, stride=1):
    """Zeros around, a blur of 3, a ReLU; then the mean of every map, which knows no place."""
    conv = nn.Conv2d(1, 2, 3, stride=stride, padding=1, bias=False)
    conv.weight = nn.Parameter(rand(2, 1, 3, 3, seed=5))
    module = nn.Sequential(conv, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2, bias=False))
    module[4].weight = nn.Parameter(torch.eye(2))
    return toys.network(module.eval(), (1, 12, 12), "ab", mean=(0.0,), std=(1.0,))


class Ceiling(nn.Module):
    """A map that is finite up to a mean of one half, then its logarithm is none."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(1, 2)

    def forward(self, x):
        return self.last(torch.log(0.5 - x.mean((1, 2, 3)))[:, None])


def dots(count=4, size=12):
    """Images that are zero but for a patch in the middle, so that a shift brings nothing in."""
    images = torch.zeros(count, 1, size, size)
    images[:, :, 4:8, 4:8] = rand(count, 1, 4, 4)
    return images


def by_name(found):
    return {row.layer: row for row in found.layers}


def test_a_convolution_goes_with_the_image_and_a_mean_forgets_where_it_was(toys):
    found = invariance(blurring(toys), dots(), changes=[shift(1), shift(2)])

    rows = by_name(found)
    first, last = rows["0"], rows["4"]
    assert found.changes == ("shift by 1 px", "shift by 2 px")
    assert first.distance[0] > 0.1
    assert first.moved == pytest.approx((0.0, 0.0), abs=1e-6)
    assert last.distance == pytest.approx((0.0, 0.0), abs=1e-6)
    assert last.cosine == pytest.approx((1.0, 1.0))
    assert last.moved == (None, None)


def test_distances_are_over_that_of_the_next_image(toys):
    images = dots(3)
    found = invariance(blurring(toys), images, changes=[mirror()])

    scale = np.mean([float((images[i] - images[(i + 1) % 3]).norm()) for i in range(3)])
    away = np.mean([float((images[i] - images[i].flip(-1)).norm()) for i in range(3)])
    pixels = by_name(found)["pixels"]
    assert pixels.scale == pytest.approx(scale, rel=1e-6)
    assert pixels.distance[0] == pytest.approx(away / scale, rel=1e-6)
    assert pixels.same_class is None


def test_the_yardstick_is_another_class_and_its_own_class_stands_beside(toys):
    images, truth = dots(4), torch.tensor([0, 1, 0, 1])
    found = invariance(blurring(toys), images, truth, changes=[mirror()])

    other = np.mean([float((images[i] - images[(i + 1) % 4]).norm()) for i in range(4)])
    same = np.mean([float((images[i] - images[(i + 2) % 4]).norm()) for i in range(4)])
    pixels = by_name(found)["pixels"]
    assert pixels.scale == pytest.approx(other, rel=1e-6)
    assert pixels.same_class == pytest.approx(same / other, rel=1e-6)


def test_directions_take_turns(toys):
    images = dots(8)
    found = invariance(blurring(toys), images, changes=[shift(1)])

    steps = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0)]
    away = [float((images[i] - images[i].roll(steps[i], (1, 2))).norm()) for i in range(8)]
    scale = np.mean([float((images[i] - images[(i + 1) % 8]).norm()) for i in range(8)])
    assert by_name(found)["pixels"].distance[0] == pytest.approx(np.mean(away) / scale, rel=1e-6)


def test_a_stride_that_divides_the_shift_goes_with_it_and_another_is_said_to_be_between_places(toys):
    found = invariance(blurring(toys, stride=2), dots(), changes=[shift(1), shift(2)])

    row = by_name(found)["0"]
    assert row.stride_px == 2.0
    assert row.is_interpolated == (True, False)
    assert row.moved[1] == pytest.approx(0.0, abs=1e-6)
    assert row.moved[0] > 0.05


def test_light_moves_no_map_and_acts_on_the_stored_scale(toys):
    network = blurring(toys)
    found = invariance(network, dots(), changes=[brightness(0.1)])

    pixels = by_name(found)["pixels"]
    assert pixels.moved == (None,)
    # Every one of 144 pixels by a tenth.
    assert pixels.distance[0] * pixels.scale == pytest.approx(0.1 * 12, rel=1e-5)


def test_batches_change_nothing(toys, monkeypatch):
    whole = invariance(blurring(toys), dots(9), torch.arange(9) % 2, changes=[shift(1), turn(15)])
    monkeypatch.setattr(sys.modules["striate.explain.invariance.layers"], "fitting_batch", lambda *_: 6)
    parted = invariance(blurring(toys), dots(9), torch.arange(9) % 2, changes=[shift(1), turn(15)])

    for one, other in zip(whole.layers, parted.layers, strict=True):
        # Features that the change leaves alone differ by rounding, which batches round otherwise.
        assert one.distance == pytest.approx(other.distance, rel=1e-6, abs=1e-6)
        assert one.same_class == pytest.approx(other.same_class, rel=1e-6)
        # Moved are (features, None) alike.
        assert [value is None for value in one.moved] == [value is None for value in other.moved]
        assert [v for v in one.moved if v is not None] == pytest.approx(
            [v for v in other.moved if v is not None], abs=1e-6
        )


def test_maps_are_moved_by_whole_and_by_half_places():
    values = rand(2, 3, 6, 5)

    found, inside, is_between = moved_map(values, shift(2), 7, 2.0)  # down and to the right
    assert not is_between
    assert torch.allclose(found[..., 1:, 1:], values[..., :-1, :-1], atol=1e-6)
    assert inside.sum() == 5 * 4
    half, inside, is_between = moved_map(values, shift(1), 6, 2.0)  # down
    assert is_between
    assert torch.allclose(half[..., 1:, :], (values[..., 1:, :] + values[..., :-1, :]) / 2, atol=1e-6)
    assert inside.sum() == 5 * 5


def test_maps_that_cannot_be_moved_are_left_out():
    assert moved_map(rand(1, 1, 4, 4), shift(1), 0, 0.0) is None
    assert moved_map(rand(1, 1, 4, 4), brightness(0.1), 0, 1.0) is None
    assert moved_map(rand(1, 1, 4, 6), quarter_turn(), 0, 1.0) is None


def test_partners_are_the_next_round_the_end():
    same, other = partners(5, torch.tensor([0, 0, 1, 2, 1]))

    assert same.tolist() == [1, 0, 4, -1, 2]
    assert other.tolist() == [2, 2, 3, 4, 0]
    assert partners(3, None)[1].tolist() == [1, 2, 0]


def test_a_layer_that_says_the_same_of_all_images_has_no_distance(toys):
    network = blurring(toys)
    with torch.no_grad():
        network.module[0].weight.zero_()

    found = by_name(invariance(network, dots(), changes=[shift(1)]))
    assert found["0"].distance == (0.0,)
    assert found["0"].scale == 0.0


def test_it_agrees_with_torch_on_a_trained_like_network(toys):
    network = toys.small(shape=(1, 12, 10))
    images = rand(5, 1, 12, 10)
    found = by_name(invariance(network, images, changes=[mirror()]))

    module = network.module.eval()
    with torch.no_grad():
        first, after = (functional.relu(module[1](module[0](x))) for x in (images, images.flip(-1)))
    scale = float((first - first.roll(-1, 0)).flatten(1).norm(dim=1).mean())
    assert found["0"].distance[0] == pytest.approx(
        float((after - first).flatten(1).norm(dim=1).mean()) / scale, rel=1e-5
    )
    moved = float((after - first.flip(-1)).flatten(1).norm(dim=1).mean())
    assert found["0"].moved[0] == pytest.approx(moved / scale, rel=1e-5)


def test_a_class_for_each_image_is_asked_for(toys):
    with pytest.raises(ShapeError, match="one class for each image"):
        invariance(blurring(toys), dots(), torch.tensor([0, 1]))


def test_values_that_are_no_numbers_are_refused_by_their_layer(toys):
    broken = blurring(toys)
    with torch.no_grad():
        broken.module[0].weight[0] = float("nan")

    with pytest.raises(InputError, match="finite.*NaN") as refused:
        invariance(broken, dots())

    assert refused.value.where == "0"


def test_values_that_overflow_after_a_change_only_are_refused(toys):
    network = toys.network(Ceiling(), (1, 12, 12), "ab", mean=(0.0,), std=(1.0,))

    with pytest.raises(InputError, match="finite"):
        invariance(network, dots(), changes=[brightness(0.5)])


def test_signals_are_refused(toys):
    with pytest.raises(ShapeError, match="2 axes"):
        invariance(toys.network(nn.Flatten(), (1, 64), [str(place) for place in range(64)]), rand(3, 1, 64))


def test_a_change_that_turns_the_sides_round_is_refused(toys):
    network = toys.network(
        nn.Sequential(nn.AdaptiveAvgPool2d((1, 2)), nn.Flatten()), (1, 8, 10), "ab", mean=(0.0,), std=(1.0,)
    )

    with pytest.raises(InputError, match="shape"):
        invariance(network, rand(3, 1, 8, 10), changes=[quarter_turn()])
