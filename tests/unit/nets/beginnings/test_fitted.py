"""Patches, whitening, k-means, PCA, ICA: against scikit-learn and by brute force."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.data import batches, measure_preprocessing
from striate.errors import DataError, InputError, ShapeError
from striate.nets import initialise
from striate.nets.beginnings import BEGINNINGS
from striate.nets.beginnings.fitted import as_strong_as_he, both_signs, with_one_sign
from striate.nets.beginnings.patches import draw_patches, of_equal_contrast, whitening


@pytest.fixture(scope="module")
def images(digits):
    chosen = tuple(range(0, 5000, 50))
    how = measure_preprocessing(digits, chosen)
    return next(batches(digits, chosen, how, batch_size=100)).images


def drawn(layer, given, count=10**6):
    return draw_patches(layer, given, count, torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (nn.Conv2d(2, 3, (3, 2), dilation=(2, 1)), (2, 2, 7, 5)),
        (nn.Conv1d(3, 4, 3), (2, 3, 6)),
        (nn.Conv3d(1, 2, 2), (2, 1, 3, 4, 3)),
    ],
)
def test_a_filter_times_the_patches_is_the_convolution_at_every_place(layer, shape):
    given = torch.arange(float(np.prod(shape))).reshape(shape).sin()
    found = drawn(layer, given)
    with torch.no_grad():
        made = layer(given) - layer.bias.view(1, -1, *[1] * (given.ndim - 2))
    responses = found.rows @ layer.weight.detach().double().flatten(1).T
    expected = made.transpose(0, 1).flatten(1).T.double()

    assert found.available == len(found.rows) == len(expected)
    # places come in a drawn order: compared sorted
    assert torch.allclose(responses.sort(0).values, expected.sort(0).values, atol=1e-5)


def test_a_map_smaller_than_the_window_is_refused():
    with pytest.raises(ShapeError, match="at least as large as the window"):
        drawn(nn.Conv2d(1, 1, 5), torch.zeros(2, 1, 4, 4))


def test_whitened_rows_have_the_identity_as_covariance():
    mixing = torch.tensor([[2.0, 0.5, 0.1], [0.0, 1.0, 0.7], [0.3, 0.0, 0.2]], dtype=torch.float64)
    rows = torch.empty(5000, 3, dtype=torch.float64).normal_(generator=torch.Generator().manual_seed(0)) @ mixing + 4
    white = whitening(rows, regularisation=0)(rows)

    assert torch.allclose(white.T @ white / len(white), torch.eye(3, dtype=torch.float64), atol=1e-8)
    assert white.mean(0).abs().max() < 1e-10


def test_k_means_filters_are_scikit_learns_centroids_led_back_through_the_whitening(images):
    from sklearn.cluster import KMeans

    net = nn.Sequential(nn.Conv2d(1, 12, 5), nn.Flatten(), nn.Linear(12 * 576, 2))
    initialise(net, "kmeans", seed=4, images=images)
    # He's draws come first from the same generator.
    generator = torch.Generator().manual_seed(4)
    for layer in (net[0], net[2]):
        torch.empty(layer.weight.shape).normal_(generator=generator)
    rows = of_equal_contrast(draw_patches(net[0], images, 20_000, generator).rows)
    white = whitening(rows)
    directions = white(rows)
    directions = directions / directions.norm(dim=1, keepdim=True)
    centres = KMeans(12, n_init=1, max_iter=100, random_state=4).fit(directions.numpy()).cluster_centers_
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    expected = centres @ white.matrix.numpy()
    found = net[0].weight.detach().double().flatten(1).numpy()
    cosines = (expected * found).sum(1) / np.linalg.norm(expected, axis=1) / np.linalg.norm(found, axis=1)

    assert cosines == pytest.approx(np.ones(12), abs=1e-6)


def test_k_means_responses_are_as_strong_as_those_of_he(images):
    net = nn.Sequential(nn.Conv2d(1, 12, 5), nn.Flatten(), nn.Linear(12 * 576, 2))
    initialise(net, "kmeans", seed=4, images=images)
    with torch.no_grad():
        responses = net[0](images)
    rows = drawn(net[0], images).rows

    # all places instead of those drawn: a few per cent
    assert responses.square().mean((0, 2, 3)).numpy() == pytest.approx(2 * rows.square().mean().item(), rel=0.15)
    assert not net[0].bias.any()


def test_pca_filters_are_scikit_learns_components_up_to_sign(images):
    from sklearn.decomposition import PCA

    net = nn.Sequential(nn.Conv2d(1, 6, 5), nn.Flatten(), nn.Linear(6 * 576, 2))
    initialise(net, "pca", seed=0, images=images)
    components = PCA(6).fit(drawn(net[0], images).rows.numpy()).components_
    found = net[0].weight.detach().double().flatten(1).numpy()
    cosines = np.abs((components * found).sum(1)) / np.linalg.norm(found, axis=1)

    # 20,000 of 57,600 patches: the later components are known to a few per cent
    assert cosines.min() > 0.98
    assert (found[np.arange(6), np.abs(found).argmax(1)] > 0).all()


def test_more_filters_than_components_come_in_both_signs_and_the_rest_are_he(images):
    net, he = (nn.Sequential(nn.Conv2d(1, 24, 3), nn.Flatten(), nn.Linear(24 * 676, 2)) for _ in range(2))
    told = initialise(net, "pca", seed=0, images=images).told
    initialise(he, "he", seed=0)
    weights = net[0].weight.detach()

    assert torch.allclose(weights[9:18], -weights[:9])
    assert torch.equal(weights[18:], he[0].weight.detach()[18:])
    assert torch.equal(net[2].weight, he[2].weight)
    assert told[0].startswith("0: 9 principal components, 9 with both signs")
    assert told[0].endswith("6 more are He's.")


def test_ica_finds_the_sources_of_mixed_patches():
    generator = np.random.default_rng(0)
    sources = generator.laplace(size=(4000, 4))
    basis = np.array([[2, 1, 0, 0], [0, 2, 1, 0], [0, 0, 2, 1], [1, 0, 0, 2]], dtype=float)  # rows: patches of 2×2
    made, told = BEGINNINGS["ica"].filters(torch.from_numpy(sources @ basis), 4, seed=0)
    found = made.numpy()
    cosines = np.abs(
        (found / np.linalg.norm(found, axis=1, keepdims=True))
        @ (basis / np.linalg.norm(basis, axis=1, keepdims=True)).T
    )

    assert sorted(cosines.argmax(1)) == [0, 1, 2, 3]
    assert cosines.max(1).min() > 0.99
    assert told == "4 independent components"


def test_too_few_patches_are_refused_with_the_number_needed():
    net = nn.Sequential(nn.Conv2d(1, 64, 5), nn.Flatten(), nn.Linear(64 * 16, 2))
    few = torch.empty(4, 1, 8, 8).normal_(generator=torch.Generator().manual_seed(0))
    with pytest.raises(DataError, match=r"at least 640 patches; got 64 of 4 images .*at least 40 images"):
        initialise(net, "kmeans", seed=0, images=few)
    with pytest.raises(DataError, match="at least 50 patches; got 32 of 2 images"):
        initialise(net, "pca", seed=0, images=few[:2])


def test_equal_patches_and_networks_without_convolutions_are_refused():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 2))
    with pytest.raises(DataError, match="patches must differ"):
        initialise(net, "kmeans", seed=0, images=torch.ones(20, 1, 8, 8))
    with pytest.raises(InputError, match="kmeans must have a convolution"):
        initialise(nn.Sequential(nn.Linear(5, 5)), "kmeans", seed=0, images=torch.rand(20, 5))


def test_deep_goes_through_all_convolutions_and_leaves_groups_to_he(images):
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, groups=8),
        nn.Conv2d(8, 6, 3),
        nn.Flatten(),
        nn.Linear(2904, 2),
    )
    told = initialise(net, "kmeans:deep", seed=0, images=images).told

    assert [sentence.split(":")[0] for sentence in told] == ["0", "2", "3"]
    assert "stays as He" in told[1]


def test_scale_and_signs_by_hand():
    rows = torch.tensor([[2.0, 0.0], [0.0, 2.0]], dtype=torch.float64)
    # E x² = 2 a value: filters must answer with mean square 4, and (1, 0) answers with 2
    assert as_strong_as_he(torch.tensor([[1.0, 0.0]], dtype=torch.float64), rows)[0, 0].item() == pytest.approx(2**0.5)
    made, twice = both_signs(torch.eye(2), 3)
    assert made.tolist() == [[1, 0], [0, 1], [-1, 0]]
    assert twice == 1
    assert with_one_sign(torch.tensor([[1.0, -3.0]])).tolist() == [[-1.0, 3.0]]
