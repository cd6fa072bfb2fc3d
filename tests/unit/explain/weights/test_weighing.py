import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from striate.errors import InputError, UnknownNameError, WeightsError
from striate.explain import fine_detail, weights
from striate.explain.weights import spectrum as spectrum_module
from striate.explain.weights.copies import copies, random_cosine
from striate.explain.weights.random_filters import random_filters
from striate.explain.weights.spectrum import effective_rank, singular_values


def two(toys, first, second=None, shape=(3, 12, 12)):
    second = second or nn.Conv2d(first.out_channels, 6, 3, bias=False)
    return toys.network(
        nn.Sequential(first, nn.ReLU(), second, nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(6, 2)),
        shape,
        "ab",
    )


def test_any_layer_has_its_weights_shown_as_they_are(toys):
    net = two(toys, nn.Conv2d(3, 4, 3))

    first, second, last = (weights(net, layer=name) for name in (None, "2", "6"))

    np.testing.assert_array_equal(first.weights, net.module[0].weight.detach())
    np.testing.assert_array_equal(second.weights, net.module[2].weight.detach())
    np.testing.assert_array_equal(last.weights, net.module[6].weight.detach())
    assert [one.reads_input for one in (first, second, last)] == [True, False, False]
    assert (first.key, second.waves, last.detail, last.random_band) == ("0.weight", None, None, None)


def test_lengths_of_filters_and_of_input_channels_also_in_groups(toys):
    conv = nn.Conv2d(4, 6, 3, groups=2)
    net = two(toys, nn.Conv2d(3, 4, 3), conv)

    found = weights(net, layer="2")
    weight = conv.weight.detach().double().numpy()
    by_channel = np.zeros(4)
    for unit in range(6):
        for own in range(2):
            by_channel[unit // 3 * 2 + own] += (weight[unit, own] ** 2).sum()

    np.testing.assert_allclose(found.norms, np.sqrt((weight**2).sum((1, 2, 3))), rtol=1e-6)
    np.testing.assert_allclose(found.input_norms, np.sqrt(by_channel), rtol=1e-6)
    assert found.groups == 2


def test_a_transposed_filter_is_what_one_channel_gives_for_an_impulse(toys):
    conv = nn.ConvTranspose2d(4, 6, 3, groups=2, bias=False)
    net = two(toys, nn.Conv2d(3, 4, 3), conv)

    found = weights(net, layer="2")

    for channel in range(4):
        impulse = torch.zeros(1, 4, 1, 1)
        impulse[0, channel] = 1
        answer = conv(impulse)[0].detach().numpy()
        for unit in range(6):
            expected = found.weights[unit, channel % 2] if unit // 3 == channel // 2 else np.zeros((3, 3))
            np.testing.assert_array_equal(answer[unit], expected)


def test_a_filter_of_nearly_no_length_or_without_scale_is_dead(toys):
    module = nn.Sequential(nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6), nn.ReLU(), nn.Conv2d(6, 6, 3), nn.Flatten()).eval()
    net = toys.network(module, (1, 5, 5), "abcdef")
    with torch.no_grad():
        module[0].weight[1] *= 1e-5
        module[1].weight[4] = 0
        module[0].weight[5] *= 1e-5
        module[1].running_var[5] = 1e-10  # normalisation gives it its size back
        module[1].eps = 1e-14
        module[3].weight[2] = 0
        module[3].weight[:, 4] = 0

    assert weights(net).dead == (1, 4)
    assert weights(net, layer="3").dead == (2,)
    assert weights(net, layer="3").dead_inputs == (4,)


def test_a_layer_that_is_mostly_dead_is_not_held_against_its_dead(toys):
    net = two(toys, nn.Conv2d(3, 20, 3))
    with torch.no_grad():
        net.module[0].weight[:15] *= 1e-6

    assert weights(net).dead == tuple(range(15))


def test_normalisation_without_a_scale_gives_a_short_filter_its_size_back(toys):
    module = nn.Sequential(
        nn.Conv2d(1, 6, 3), nn.BatchNorm2d(6, affine=False, eps=1e-14), nn.ReLU(), nn.Flatten()
    ).eval()
    with torch.no_grad():
        module[0].weight[[2, 5]] *= 1e-5
        module[1].running_var[5] = 1e-10

    assert weights(toys.network(module, (1, 3, 3), "abcdef")).dead == (2,)


def test_reading_a_spectral_norm_leaves_a_network_in_training_as_it_came(toys):
    net = two(toys, torch.nn.utils.parametrizations.spectral_norm(nn.Conv2d(3, 4, 3)))
    net.module.train()
    before = {name: value.clone() for name, value in net.module.state_dict().items()}

    found = weights(net)

    assert all(torch.equal(value, before[name]) for name, value in net.module.state_dict().items())
    assert net.module[0].training
    np.testing.assert_array_equal(found.weights, net.module.eval()[0].weight.detach())


def test_a_layer_of_zeros_is_dead_altogether_and_has_no_rank(toys):
    net = two(toys, nn.Conv2d(3, 4, 3))
    with torch.no_grad():
        net.module[0].weight.zero_()

    found = weights(net)

    assert found.dead == (0, 1, 2, 3)
    assert found.spectrum.effective_rank == 0
    assert not found.copies


def test_copies_are_found_in_groups_and_negatives_are_none(toys):
    net = two(toys, nn.Conv2d(3, 12, 5))
    with torch.no_grad():
        weight = net.module[0].weight
        weight[3], weight[7] = 2 * weight[0], 0.1 * weight[0] + 0.001 * weight[4]
        weight[5] = -weight[1]
        weight[9] = weight[2] + 0.02 * weight[4]

    found = weights(net)

    assert found.copies == ((0, 3, 7), (2, 9))
    assert found.closest[:2] == (0, 3)


def test_the_closest_pair_is_that_of_numpy_over_blocks_of_rows():
    drawn = random_filters((700, 2, 3), torch.Generator().manual_seed(3))
    flat = drawn.double().flatten(1).numpy()
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    cosines = np.triu(flat @ flat.T, 1)
    row, column = np.unravel_index(cosines.argmax(), cosines.shape)

    assert copies(drawn, 0.999).closest == (row, column, pytest.approx(cosines.max()))


def test_95_of_100_random_layers_stay_below_the_random_cosine():
    shape, generator = (16, 1, 3, 3), torch.Generator().manual_seed(7)
    limit = random_cosine(shape, torch.Generator().manual_seed(0))
    above = sum(copies(random_filters(shape, generator), 1).closest[2] > limit for _ in range(200))

    assert above / 200 == pytest.approx(0.05, abs=0.06)


def test_random_3x3_filters_are_no_copies(toys):
    net = two(toys, nn.Conv2d(1, 64, 3), shape=(1, 12, 12))

    found = weights(net)

    assert found.random_cosine > 0.9
    assert found.copy_limit >= found.random_cosine
    assert not found.copies


def test_singular_values_are_those_of_numpy_also_of_large_matrices(monkeypatch):
    matrix = torch.randn(5, 9, generator=torch.Generator().manual_seed(0))
    expected = np.linalg.svd(matrix.double().numpy(), compute_uv=False)
    shares = expected / expected.sum()

    np.testing.assert_allclose(singular_values(matrix), expected)
    assert effective_rank(singular_values(matrix)) == pytest.approx(np.exp(-(shares * np.log(shares)).sum()))
    monkeypatch.setattr(spectrum_module, "_DIRECT", 0)
    monkeypatch.setattr(spectrum_module, "_COLUMNS", 10)
    np.testing.assert_allclose(singular_values(matrix), expected)
    np.testing.assert_allclose(singular_values(matrix.T), expected)


def test_a_layer_of_one_pattern_has_rank_one_beside_a_random_start(toys):
    net = two(toys, nn.Conv2d(3, 8, 5))
    with torch.no_grad():
        net.module[0].weight.copy_(net.module[0].weight[:1] * torch.arange(1.0, 9).view(8, 1, 1, 1))

    found = weights(net).spectrum

    assert found.effective_rank == pytest.approx(1, abs=1e-4)
    assert found.random_effective_rank > 6
    assert np.square(found.random_values).sum() == pytest.approx(np.square(found.values).sum(), rel=1e-5)


@pytest.mark.parametrize(
    ("shape", "sides"),
    [
        ((4, 2, 7), (32,)),
        ((4, 2, 3, 3, 3), (32,) * 3),
        ((3, 2, 7, 7, 7), (32,) * 3),
        ((2, 1, 10, 10, 10), (32,) * 3),
        ((2, 1, 11, 11, 11), (32,) * 3),
    ],
)
def test_detail_of_lines_and_volumes_is_that_of_numpys_transform(shape, sides):
    drawn = random_filters(shape, torch.Generator().manual_seed(1))
    axes = tuple(range(2, len(shape)))
    power = (np.abs(np.fft.fftn(drawn.double().numpy(), s=sides, axes=axes)) ** 2).sum(1)
    radius = np.sqrt(sum(grid**2 for grid in np.meshgrid(*(np.fft.fftfreq(side) for side in sides), indexing="ij")))
    expected = [(one * (radius > 0.25 + 1e-9)).sum() / one.sum() for one in power]

    np.testing.assert_allclose(fine_detail(drawn, with_mean=True), expected, rtol=1e-5)


def test_a_filter_of_7x7x7_is_not_padded_to_a_hundred_times_its_size(monkeypatch):
    monkeypatch.setattr(torch.fft, "fftn", lambda *_, **__: pytest.fail("a padded transform"))

    assert fine_detail(torch.ones(1, 1, 7, 7, 7), with_mean=True).item() < 0.2


def test_filters_of_signals_and_volumes_have_their_axes(toys):
    line = toys.network(nn.Sequential(nn.Conv1d(2, 3, 5), nn.AdaptiveAvgPool1d(1), nn.Flatten()), (2, 20), "abc")
    volume = toys.network(nn.Sequential(nn.Conv3d(1, 3, 3), nn.AdaptiveAvgPool3d(1), nn.Flatten()), (1, 6, 6, 6), "abc")

    one, three = weights(line), weights(volume)

    assert (one.weights.shape, three.weights.shape) == ((3, 2, 5), (3, 1, 3, 3, 3))
    assert one.waves.orientation_deg is None
    assert three.waves.cycles_per_px.shape == (3,)
    assert one.random_band[0] < one.random_band[1]


def test_a_weight_that_is_computed_shared_or_in_half_precision_is_said_to_be(toys):
    normed = two(toys, torch.nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3)))
    found = weights(normed)
    np.testing.assert_array_equal(found.weights, normed.module[0].weight.detach())
    assert "computed on the way" in found.notes[0]

    half = two(toys, nn.Conv2d(3, 4, 3))
    half.module.to(torch.bfloat16)
    found = weights(half)
    assert found.weights.dtype == np.float32
    assert found.notes == ("The weight is in half precision (bfloat16).",)

    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 3, 3), nn.Linear(3, 2)

        def forward(self, x):
            return self.head(functional.conv2d(self.conv(x), self.conv.weight).mean((2, 3)))

    found = weights(toys.network(Twice(), (3, 9, 9), "ab"))
    assert found.shared_with == ("conv_2",)
    assert "same weight" in found.notes[0]


def test_what_has_no_weights_to_show_is_refused(toys):
    net = two(toys, nn.Conv2d(3, 4, 3))
    with pytest.raises(InputError, match="convolution or fully connected for its weights"):
        weights(net, layer="1")
    with pytest.raises(UnknownNameError, match="conv9"):
        weights(net, layer="conv9")
    with pytest.raises(InputError, match="a convolution or a fully connected layer"):
        weights(toys.network(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), (3, 9, 9), "abc"))
    with torch.no_grad():
        net.module[2].weight[0, 0] = float("nan")
    with pytest.raises(WeightsError, match="9 of 216 NaN"):
        weights(net, layer="2")
