"""Segments covered one after the other, against masked images through the module, and by hand."""

import builtins

import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import InputError, MissingExtraError, ShapeError, UnknownNameError
from striate.events import Events
from striate.explain import occluded, segment_occlusion
from striate.explain.fills import fill_values
from striate.explain.occlusion.label_maps import MOST_SEGMENTS, grid_labels, label_map, slic_labels

SUMS = [[1.0, 2.0, 3.0, 4.0], [0.0, 0.0, 0.0, -1.0]]
ROUTES = ["incremental", "dense", "module"]


def convolved(toys, axes, shape, kind="classes"):
    conv, pool = {
        1: (nn.Conv1d, nn.AdaptiveAvgPool1d),
        2: (nn.Conv2d, nn.AdaptiveAvgPool2d),
        3: (nn.Conv3d, nn.AdaptiveAvgPool3d),
    }[axes]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        layers = [conv(shape[0], 6, 3, padding=1), nn.ReLU(), conv(6, 8, 3, stride=2, padding=1), nn.ReLU()]
        module = nn.Sequential(*layers, pool(1), nn.Flatten(), nn.Linear(8, 3))
    return toys.network(module, shape, "abc", kind)


def ragged(sides, count=7, seed=0):
    """Segments of any form: each place belongs to the nearest of some random places."""
    draw = np.random.default_rng(seed)
    seeds = [draw.integers(0, length, count) for length in sides]
    places = np.indices(sides)
    distance = sum((along[..., None] - seed) ** 2 for along, seed in zip(places, seeds, strict=True))
    return distance.argmin(-1)


def test_a_value_falls_by_what_the_segment_covered(toys):
    net = toys.network(toys.Sum(SUMS), (1, 1, 4), ["weighted", "last"], "values")
    # Segment 5 is b and d, segment 9 is a and c.
    [seen] = segment_occlusion(net, torch.ones(1, 1, 1, 4), segments=np.array([[9, 5, 9, 5]]), fill=0)

    assert seen.numbers.tolist() == [5, 9]
    assert seen.sizes_px.tolist() == [2, 2]
    assert seen.clean.tolist() == [10, -1]
    assert seen.grid.tolist() == [[4, 0], [6, -1]]
    assert seen.winners.tolist() == [0, 0]
    assert seen.map_of(0).tolist() == [[-4, -6, -4, -6]]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("axes", "shape"), [(1, (2, 60)), (2, (3, 24, 30)), (3, (1, 8, 12, 10))])
@pytest.mark.parametrize("fill", ["noise", "grey"])
def test_every_route_gives_what_masked_images_give(toys, route, axes, shape, fill):
    net, image = convolved(toys, axes, shape), toys.images(2, shape)
    labels = np.stack([ragged(shape[1:], seed=0), ragged(shape[1:], count=11, seed=1)])

    found = segment_occlusion(net, image, segments=labels, fill=fill, route=route, batch_size=3)

    with torch.no_grad():
        for one, picture, row in zip(image, labels, found, strict=True):
            shown = fill_values(net, one, fill).expand_as(one)
            assert len(row.grid) == len(np.unique(picture))
            for number, answers in zip(row.numbers, row.grid, strict=True):
                masked = torch.where(torch.from_numpy(picture == number), shown, one)
                np.testing.assert_allclose(answers, net.module(masked[None]).softmax(1)[0], atol=1e-5)
            assert (row.plan.route, row.plan.windows) == (route, len(row.grid))


def test_small_segments_take_less_work_by_boxes(toys):
    net, image = convolved(toys, 2, (3, 64, 64)), toys.images(1, (3, 64, 64))
    [seen] = segment_occlusion(net, image, segments=100, regions="grid", route="incremental")
    # Of 6 or 7 px a side there change 9 of 64 in the first layer and 6 of 32 in the second, and a batch is united.
    assert seen.plan.bound > 8


@pytest.mark.parametrize(("sides", "count"), [((50,), 7), ((20, 30), 24), ((6, 10, 8), 12), ((3, 3), 9), ((1, 9), 3)])
def test_a_grid_has_about_as_many_even_cells(sides, count):
    labels = grid_labels(sides, count)
    sizes = np.bincount(labels.reshape(-1))
    assert labels.shape == sides
    assert count / 1.5 <= len(sizes) <= 1.5 * count
    assert sizes.min() >= sizes.max() / 3
    assert sizes.min() > 0


@pytest.mark.parametrize(("sides", "channels"), [((40, 40), 3), ((40, 40), 1), ((200,), 2), ((8, 16, 16), 1)])
def test_slic_keeps_to_the_edges_of_a_picture(sides, channels):
    # Left half dark, right half bright: no segment is in both.
    pixels = np.zeros((*sides, channels))
    half = sides[-1] // 2
    pixels[..., half:, :] = 0.9
    labels = slic_labels(pixels, 12)
    left, right = np.unique(labels[..., : half - 1]), np.unique(labels[..., half + 1 :])
    assert labels.shape == sides
    assert 4 <= len(np.unique(labels)) <= 40
    assert not np.intersect1d(left, right).size


def test_a_label_map_knows_the_box_of_each_segment():
    found = label_map(np.array([[7, 7, -2], [7, -2, -2]]), (2, 3))
    assert found.labels.tolist() == [[1, 1, 0], [1, 0, 0]]
    assert found.numbers.tolist() == [-2, 7]
    assert found.sizes_px.tolist() == [3, 3]
    assert (found.starts.tolist(), found.ends.tolist()) == ([[0, 1], [0, 0]], [[2, 3], [2, 2]])


def test_what_was_looked_at_before_it_was_stopped_is_kept(toys):
    class Impatient(Events):
        heard = 0

        def progress(self, progress):
            self.heard = progress.done

        def is_cancelled(self):
            return self.heard >= 4

    net, image = toys.small(), toys.images(2)
    how = {"segments": 9, "regions": "grid", "batch_size": 2}
    whole, _ = segment_occlusion(net, image, **how)
    [seen] = segment_occlusion(net, image, **how, is_partial=True, events=Impatient())
    assert seen.looked.sum() == 4
    assert np.isnan(seen.grid[~seen.looked]).all()
    np.testing.assert_allclose(seen.grid[seen.looked], whole.grid[seen.looked], atol=1e-6)


def test_segments_are_attributed_like_windows(toys):
    net, image = toys.small(), toys.images(1)
    [whole] = segment_occlusion(net, image, segments=6, regions="grid")
    [found] = occluded(net, image, torch.tensor([[2, 0]]), segments=6, regions="grid")

    change = whole.clean - whole.grid
    assert found.maps.shape == (2, 1, 12, 10)
    for number in range(len(whole.grid)):
        inside = whole.labels == number
        np.testing.assert_allclose(found.maps[0, 0][inside], change[number, 2], atol=1e-6)
        np.testing.assert_allclose(found.maps[1, 0][inside], change[number, 0], atol=1e-6)
    assert found.forward_passes == len(whole.grid) + 1
    assert dict(found.settings) == {"segments": 6, "regions": "grid", "fill": "background"}
    assert f"of {len(whole.grid)} segments change the answer" in found.notes[0]
    with pytest.raises(InputError, match="windows or by segments"):
        occluded(net, image, segments=6, window=4)
    with pytest.raises(InputError, match="slic or grid"):
        occluded(net, image, segments=6, regions="felzenszwalb")


@pytest.mark.parametrize(
    ("segments", "error", "match"),
    [
        (0, InputError, r"1 … 120"),
        (121, InputError, r"1 … 120"),
        (np.zeros((5, 5), int), ShapeError, "image's size, 12×10"),
        (np.zeros((3, 12, 10), int), ShapeError, "12×10, or 2×12×10"),
        (np.zeros((12, 10)), InputError, "whole numbers"),
    ],
)
def test_unusable_segments_are_refused(toys, segments, error, match):
    with pytest.raises(error, match=match):
        segment_occlusion(toys.small(), toys.images(2), segments=segments)


def test_a_label_map_of_too_many_segments_is_refused():
    with pytest.raises(InputError, match=f"at most {MOST_SEGMENTS}"):
        label_map(np.arange(MOST_SEGMENTS + 1), (MOST_SEGMENTS + 1,))


def test_fills_are_those_of_occlusion_but_for_inpainting(toys):
    with pytest.raises(InputError, match="whole image"):
        segment_occlusion(toys.small(), toys.images(1), fill="inpainted")
    with pytest.raises(UnknownNameError):
        segment_occlusion(toys.small(), toys.images(1), fill="nothing")


def test_slic_without_its_library_says_what_else_there_is(toys, monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **named):
        if name.startswith("skimage"):
            raise ImportError(name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingExtraError, match='regions="grid"'):
        segment_occlusion(toys.small(), toys.images(1))
    assert len(segment_occlusion(toys.small(), toys.images(1), regions="grid", segments=4)) == 1


def test_labels_beyond_32_bits_are_refused():
    labels = np.array([[1, 2**40 + 5]])
    with pytest.raises(InputError, match=r"must be -2147483648 … 2147483647.*1099511627781"):
        label_map(labels, (1, 2))
    assert label_map(np.array([[2**31 - 1, -(2**31)]]), (1, 2)).numbers.tolist() == [-(2**31), 2**31 - 1]


def test_a_number_of_segments_may_be_numpys(toys):
    net, image = convolved(toys, 2, (3, 24, 30)), toys.images(1, (3, 24, 30))
    [seen] = segment_occlusion(net, image, segments=np.int64(4), regions="grid")
    assert seen.numbers.tolist() == [0, 1, 2, 3]
