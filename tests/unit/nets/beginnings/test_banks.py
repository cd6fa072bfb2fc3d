"""Filters made by hand, from a file and from another network: by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import InputError, ShapeError
from striate.nets import initialise, save_weights

BANKS = ("gabor", "sobel", "laplacian", "gaussian", "dct")


def net(filters=16, kernel=5, channels=1):
    return nn.Sequential(nn.Conv2d(channels, filters, kernel), nn.ReLU(), nn.Conv2d(filters, 4, 3))


def begun(scheme, **options):
    module = net(**options)
    initialise(module, scheme, seed=0)
    return module[0].weight.detach().double()


@pytest.mark.parametrize("bank", BANKS)
def test_a_bank_is_grey_of_norm_sqrt_two_and_the_rest_is_he(bank):
    weights, he = begun(bank, channels=3, filters=100), begun("he", channels=3, filters=100)
    made = [number for number in range(100) if not torch.equal(weights[number], he[number])]

    assert made == list(range(len(made)))
    assert len(made) == {"gabor": 48, "sobel": 8, "laplacian": 8, "gaussian": 36, "dct": 50}[bank]
    for number in made:
        assert torch.equal(weights[number][0], weights[number][2])
        assert weights[number].norm().item() == pytest.approx(2**0.5, abs=1e-6)


@pytest.mark.parametrize("bank", ["gabor", "sobel", "laplacian", "gaussian"])
@pytest.mark.parametrize("kernel", [3, 4, 7])
def test_all_banks_but_the_cosines_answer_zero_to_a_constant(bank, kernel):
    weights = begun(bank, filters=4 if bank == "laplacian" else 8, kernel=kernel)

    assert weights.sum((1, 2, 3)).abs().max().item() < 1e-5


def test_waves_that_are_zero_at_every_pixel_are_no_gabor_filters():
    # The shortest wave has two pixels: upright or level, and even, its zeros fall on the pixels of an even window.
    weights, he = begun("gabor", filters=96, kernel=4)[:, 0], begun("he", filters=96, kernel=4)[:, 0]

    # Three wavelengths, eight directions, two phases, but for two of them.
    assert torch.equal(weights[46:], he[46:])
    assert not torch.equal(weights[45], he[45])
    # Bars are even and edges odd; what is made of rounding errors is neither.
    for filter_ in weights[:46]:
        turned = filter_.flip(0, 1)
        assert torch.allclose(filter_, turned, atol=1e-6) or torch.allclose(filter_, -turned, atol=1e-6)


def test_sobel_is_the_operator_as_published():
    weights = begun("sobel", filters=8, kernel=3)[:, 0] / 2**0.5
    across = torch.tensor([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]).double()
    expected = across / across.norm()

    assert torch.allclose(weights[0], expected, atol=1e-6)
    assert torch.allclose(weights[1], expected.T, atol=1e-6)
    assert torch.allclose(weights[4], -expected, atol=1e-6)


def test_cosines_are_at_right_angles_and_the_first_is_constant():
    flat = begun("dct", filters=25, kernel=5).flatten(1)

    assert torch.allclose(flat @ flat.T, 2 * torch.eye(25).double(), atol=1e-5)
    assert (flat[0] - flat[0][0]).abs().max() < 1e-7


def test_the_laplacian_is_round_bright_in_the_middle_and_dark_around():
    blob = begun("laplacian", filters=2, kernel=7)[0, 0]

    assert torch.allclose(blob, blob.T)
    assert torch.allclose(blob, blob.flip(0))
    assert blob[3, 3] == blob.max() > 0 > blob[3, 2]


def test_gabor_directions_turn_by_an_eighth_of_half_a_turn():
    weights = begun("gabor", filters=16, kernel=9)[:, 0]

    # 0 and 4 of 8 directions: across and down
    assert torch.allclose(weights[4], weights[0].T, atol=1e-6)
    # the second phase is odd, the first even
    assert torch.allclose(weights[0], weights[0].flip(1), atol=1e-6)
    assert torch.allclose(weights[8], -weights[8].flip(1), atol=1e-6)


def test_first_derivatives_of_a_gaussian_point_in_six_directions():
    weights = begun("gaussian", filters=12, kernel=7)[:, 0]

    assert torch.allclose(weights[0], -weights[3], atol=1e-6)  # half a turn
    assert torch.allclose(weights[0], -weights[0].flip(1), atol=1e-6)
    assert torch.allclose(weights[6], weights[6].flip(1), atol=1e-6)  # second derivative: a bar


@pytest.mark.parametrize("bank", BANKS)
def test_windows_of_one_pixel_and_networks_without_convolutions_are_refused(bank):
    with pytest.raises(InputError, match="first convolution over at least"):
        initialise(net(kernel=1), bank, seed=0)
    with pytest.raises(InputError, match="must have a convolution"):
        initialise(nn.Sequential(nn.Linear(3, 3)), bank, seed=0)


def test_a_file_gives_its_filters_as_they_are(tmp_path):
    bank = np.arange(16 * 25, dtype=np.float64).reshape(16, 1, 5, 5)
    np.save(tmp_path / "bank.npy", bank)
    module = net()
    told = initialise(module, f"file:{tmp_path / 'bank.npy'}", seed=0).told

    assert module[0].weight.detach().numpy().tolist() == bank.tolist()
    assert "16 filters of bank.npy" in told[0]


def test_a_file_of_another_shape_is_refused_with_both(tmp_path):
    np.save(tmp_path / "bank.npy", np.zeros((8, 1, 5, 5)))
    with pytest.raises(ShapeError, match="16×1×5×5; got 8×1×5×5"):
        initialise(net(), f"file:{tmp_path / 'bank.npy'}", seed=0)


def _objects(path):
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)


def _not_finite(path):
    np.save(path, np.full((16, 1, 5, 5), np.nan))


def _text(path):
    path.write_text("no array")


def _claims_too_much(path):
    np.save(path, np.zeros(4))
    content = path.read_bytes().replace(b"(4,), }         ", b"(4000000000,), }")
    path.write_bytes(content)


@pytest.mark.parametrize("write", [_objects, _not_finite, _text, _claims_too_much])
def test_unsafe_and_broken_files_are_refused(tmp_path, write):
    path = tmp_path / "bank.npy"
    write(path)
    module = net()
    before = module[0].weight.clone()
    with pytest.raises(InputError, match="a bank of filters must"):
        initialise(module, f"file:{path}", seed=0)

    assert torch.equal(module[0].weight, before)


def test_a_missing_or_huge_file_is_refused(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="must be a file"):
        initialise(net(), f"file:{tmp_path / 'none.npy'}", seed=0)
    np.save(tmp_path / "bank.npy", np.zeros((16, 1, 5, 5)))
    monkeypatch.setattr("striate.nets.beginnings.file.MOST_BYTES", 100)
    with pytest.raises(InputError, match="at most 64 MiB"):
        initialise(net(), f"file:{tmp_path / 'bank.npy'}", seed=0)


# What "network:python:…" makes in these tests.
def other():
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Conv2d(3, 16, 5), nn.ReLU(), nn.Conv2d(16, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.AdaptiveAvgPool2d(1),
        nn.Flatten(), nn.Linear(4, 2),
    )  # fmt: skip


@pytest.fixture
def reference(tmp_path, monkeypatch):
    """A network with random weights in a file, under a name."""
    (tmp_path / "other_network.py").write_text(
        "import torch\nfrom torch import nn\n\n\ndef make():\n    return nn.Sequential(\n"
        "        nn.Conv2d(3, 16, 5), nn.ReLU(), nn.Conv2d(16, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3),\n"
        "        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 2),\n    )\n"
    )
    save_weights(other(), tmp_path / "weights.safetensors")
    monkeypatch.syspath_prepend(tmp_path)
    return f"network:python:other_network:make@{tmp_path / 'weights.safetensors'}"


def test_leading_convolutions_are_copied_and_three_channels_become_one(reference):
    module, source = net(), other()
    told = initialise(module, reference, seed=0, shape=(1, 28, 28)).told
    grey = torch.rand(2, 1, 28, 28)

    assert told == (
        "2 convolutions copied: 0 from 0, 2 from 2. Stopped there: one of the networks has no more convolutions.",
    )
    with torch.no_grad():
        assert torch.allclose(module[:2](grey), source[:2](grey.expand(-1, 3, -1, -1)), atol=1e-5)
    assert torch.equal(module[2].weight, source[2].weight)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_any_number_of_channels_is_given_the_sum_shared_out(reference, channels):
    module = net(channels=channels)
    initialise(module, reference, seed=0, shape=(channels, 28, 28))
    grey = torch.rand(2, 1, 28, 28)

    with torch.no_grad():
        answers = module[0](grey.expand(-1, channels, -1, -1)), other()[0](grey.expand(-1, 3, -1, -1))
    assert torch.allclose(*answers, atol=1e-5)


def test_it_stops_where_shapes_part_and_says_why(reference):
    module = nn.Sequential(nn.Conv2d(3, 16, 5), nn.ReLU(), nn.Conv2d(16, 6, 3))
    told = initialise(module, reference, seed=0, shape=(3, 28, 28)).told

    assert told == ("1 convolutions copied: 0 from 0. Stopped there: 2 has 6×16×3×3, 2 there has 4×16×3×3.",)
    assert torch.equal(module[0].weight, other()[0].weight)
    with pytest.raises(InputError, match=r"got 0 has 8×1×5×5, 0 there has 16×3×5×5"):
        initialise(net(filters=8), reference, seed=0, shape=(1, 28, 28))
