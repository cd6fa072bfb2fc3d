from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import batches, load_data
from striate.observe.survey import survey
from striate.observe.survey.glance import positions
from striate.observe.survey.settings import response_orders
from surveys import plain

# The layers of the network of the conftest: name, where its value is, whether it is rectified.
LAYERS = (("0", 1), ("2", 4), ("6", 6), ("8", 8))
EQUAL = {"rtol": 2e-6, "atol": 2e-6}


def test_the_strongest_images_are_those_of_a_full_sort(convolutions, many, seen):
    found = survey(convolutions, many, k=4, counted=30)
    values = seen(convolutions, many, range(150), [depth for _, depth in LAYERS])
    assert [layer.layer for layer in found.layers] == [name for name, _ in LAYERS]
    for layer, (_, depth) in zip(found.layers, LAYERS, strict=True):
        flat = values[depth].reshape(150, layer.units, -1).astype(np.float32)
        peaks = flat.max(2)
        for unit in range(layer.units):
            order = np.lexsort((np.arange(150), -peaks[:, unit]))[:30]
            np.testing.assert_allclose(layer.values[unit], peaks[order, unit], **EQUAL)
            # Equal images have the same bits; others of nearly the same value may change places with the rounding.
            apart = np.abs(np.diff(peaks[order, unit])) > 1e-5
            if apart[np.diff(order) != 80].all():
                np.testing.assert_array_equal(layer.samples[unit], order)
            for rank in range(4):
                own = flat[layer.samples[unit, rank], unit]
                # Where a ReLU is zero everywhere there is no place.
                assert (layer.places[unit, rank] < 0) == (layer.is_rectified and layer.values[unit, rank] == 0)
                assert own[layer.places[unit, rank]] >= own.max() - 1e-5
        np.testing.assert_allclose(layer.maximum, peaks.max(0), **EQUAL)


def test_equal_images_go_by_their_position(convolutions, many):
    layer = survey(convolutions, many, range(149, -1, -1), k=9).layers[0]
    both = [row for row in layer.samples.tolist() if {25, 105} <= set(row)]
    assert both
    assert all(row.index(25) < row.index(105) for row in both)


def matters(module, image, depth, unit, place):
    """The pixels that can change one value of a layer: each in turn is put to not-a-number."""
    height, width = image.shape[1:]
    probes = image.repeat(height * width, 1, 1, 1)
    probes.flatten(1)[torch.arange(height * width), torch.arange(height * width)] = float("nan")
    with torch.no_grad():
        values = module[: depth + 1](probes)[:, unit].flatten(1)[:, place]
    return values.isnan().reshape(height, width).numpy()


def test_a_box_holds_exactly_the_pixels_that_can_matter(convolutions, many):
    found = survey(convolutions, many, range(60), k=3)
    module = convolutions.module.eval()
    images = next(iter(batches(many, tuple(range(60)), convolutions.preprocessing, batch_size=60))).images
    cut = 0
    for layer, (_, depth) in list(zip(found.layers, LAYERS, strict=True))[:3]:
        assert layer.has_boxes
        for unit in range(layer.units):
            for rank in range(3):
                (top, bottom), (left, right) = layer.boxes[unit, rank].tolist()
                inside = np.zeros((12, 12), bool)
                inside[top:bottom, left:right] = True
                at = layer.samples[unit, rank], layer.places[unit, rank]
                np.testing.assert_array_equal(matters(module, images[at[0]], depth, unit, at[1]), inside)
                is_whole = (bottom - top, right - left) == layer.field_px
                cut += not is_whole
                assert layer.is_cut[unit, rank] or is_whole
    assert cut > 5
    assert (found.layers[3].has_boxes, found.layers[3].boxes[0, 0].tolist()) == (False, [[0, 12], [0, 12]])


def test_means_classes_and_what_follows_from_them_are_those_of_numpy(convolutions, many, seen):
    from scipy.stats import f_oneway

    found = survey(convolutions, many)
    values = seen(convolutions, many, range(150), [depth for _, depth in LAYERS])
    classes = np.arange(150) % 3
    for layer, (_, depth) in zip(found.layers, LAYERS, strict=True):
        means = values[depth].reshape(150, layer.units, -1).mean(2)
        figures = layer.statistics
        np.testing.assert_allclose(figures.mean, means.mean(0), **EQUAL)
        np.testing.assert_allclose(figures.spread, means.std(0), rtol=1e-4, atol=1e-6)
        by_class = np.stack([means[classes == one].mean(0) for one in range(3)])
        np.testing.assert_allclose(figures.class_means, by_class, **EQUAL)
        np.testing.assert_array_equal(figures.class_counts, [50, 50, 50])
        np.testing.assert_allclose(figures.responses, means, **EQUAL)
        for unit in range(layer.units):
            if means[:, unit].std() < 1e-6:
                continue
            # η² of scikit and scipy alike follows from F.
            f = f_oneway(*(means[classes == one, unit] for one in range(3))).statistic
            assert figures.explained[unit] == pytest.approx(2 * f / (2 * f + 147), rel=1e-3)
            if (by_class[:, unit] < 0).any():
                assert np.isnan(figures.selectivity[unit])
                continue
            best = by_class[:, unit].argmax()
            rest = means[classes != best, unit].mean()
            top = by_class[best, unit]
            assert figures.selectivity[unit] == pytest.approx((top - rest) / (top + rest), rel=1e-3)
            if (means[:, unit] < 0).any():
                assert np.isnan(figures.sparseness[unit])
                continue
            square = (means[:, unit] ** 2).mean()
            expected = (1 - means[:, unit].mean() ** 2 / square) / (1 - 1 / 150)
            assert figures.sparseness[unit] == pytest.approx(expected, rel=1e-3)


def test_figures_at_positions_are_those_of_the_positions_said(convolutions, many, seen):
    found = survey(convolutions, many)
    values = seen(convolutions, many, range(150), [1, 4])
    for layer, depth in zip(found.layers[:2], (1, 4), strict=True):
        flat = values[depth].reshape(150, layer.units, -1)
        here, there = (part.numpy() for part in positions(layer.sizes, range(150)))
        read = np.stack([flat[image][:, here[image]] for image in range(150)])
        beside = np.stack([flat[image][:, there[image]] for image in range(150)])
        figures = layer.statistics
        np.testing.assert_allclose(figures.active_share, (read > 0).mean((0, 2)), atol=2e-3)
        for unit in range(layer.units):
            x, y = read[:, unit].ravel(), beside[:, unit].ravel()
            if x.std() < 1e-6:
                assert np.isnan(figures.neighbour_correlation[unit])
                continue
            assert figures.neighbour_correlation[unit] == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-5)
            exact = np.quantile(x, figures.quantile_shares, method="inverted_cdf")
            np.testing.assert_allclose(figures.quantiles[unit], exact, rtol=0.0626, atol=2e-5)
        rows = read.transpose(0, 2, 1).reshape(-1, layer.units)
        spread = np.linalg.eigvalsh(np.cov(rows.T, bias=True))
        assert figures.rows == len(rows)
        assert figures.participation == pytest.approx(spread.sum() ** 2 / (spread**2).sum(), rel=1e-4)
        share = np.sort(spread)[::-1].cumsum() / spread.sum()
        assert figures.rank_99 == int((share < 0.99).sum()) + 1
        # Of the channel values themselves; a dead unit has no direction.
        assert figures.rank == np.linalg.matrix_rank((rows - rows.mean(0)).astype(np.float32))


def test_dead_units_and_those_that_are_always_on_are_found_on_every_position(dataset, wrapped):
    module = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(300, 3))
    with torch.no_grad():
        module[0].weight[0], module[0].bias[0] = 0, -1
        module[0].weight[1], module[0].bias[1] = 0, 1
        # On nearly everywhere: off at one position of one image.
        module[0].weight[2] = 0
        module[0].weight[2, 0, 0, 0], module[0].bias[2] = 1, 1.99
    images = np.full((40, 12, 12), 128, np.uint8)
    images[17, 4, 6] = 0
    layer = survey(wrapped(module), load_data((images, np.arange(40) % 3))).layers[0]
    assert layer.dead.tolist() == [True, False, False]
    assert layer.statistics.always_on.tolist() == [False, True, False]


def test_answers_and_features_are_the_networks_own(convolutions, many, seen):
    found = survey(convolutions, many)
    values = seen(convolutions, many, range(150), [6, 8])
    shares = torch.from_numpy(values[8]).softmax(1).numpy()
    np.testing.assert_array_equal(found.answers, shares.argmax(1))
    np.testing.assert_allclose(found.confidences, shares.max(1), rtol=1e-4)
    assert found.features_of == "6"
    np.testing.assert_allclose(found.features, values[6].mean((2, 3)), **EQUAL)


@pytest.mark.parametrize("layout", ["plain", "channels-last"])
@pytest.mark.parametrize("lanes", [2, 3])
def test_the_same_bits_however_many_lanes(convolutions, many, lanes, layout):
    one = survey(convolutions, many, lanes=1, memory_format=layout)
    assert plain(survey(convolutions, many, lanes=lanes, memory_format=layout)) == plain(one)


@pytest.mark.parametrize(
    ("count", "expected"), [(5, [0, 1, 2, 3, 4]), (2000, [number * 2000 // 512 for number in range(512)])]
)
def test_responses_are_kept_of_images_all_over_the_data(count, expected):
    assert response_orders(count) == expected


def test_only_the_strongest_where_only_they_are_wanted(convolutions, many):
    whole, bare = survey(convolutions, many), survey(convolutions, many, has_statistics=False)
    assert [layer.statistics for layer in bare.layers] == [None] * 4
    assert bare.features is None
    for one, other in zip(whole.layers, bare.layers, strict=True):
        np.testing.assert_allclose(one.values, other.values, **EQUAL)
        np.testing.assert_array_equal(one.boxes[:, 0], other.boxes[:, 0])
