"""The pictures of a look are what the module itself computes, by hooks on it, on one scale a layer, strongest first."""

from collections import defaultdict

import numpy as np
import pytest
import torch
from torch import nn

from striate.nets import Network, Origin
from striate.records import Output, Preprocessing
from striate.studio.looks import pictures
from striate.studio.looks.look import Given, Looks
from striate.studio.subject import subject_of


def hooked(module, inputs):
    """Return what every module made, in the order of its calls."""
    found = defaultdict(list)
    handles = [
        inner.register_forward_hook(lambda _m, _i, out, name=name: found[name].append(out.detach().clone()))
        for name, inner in module.named_modules()
    ]
    try:
        with torch.no_grad():
            module(inputs)
    finally:
        for handle in handles:
            handle.remove()
    return found


def network_of(module, shape, count):
    how = Preprocessing(shape=shape, mean=(0.0,) * shape[0], std=(1.0,) * shape[0])
    output = Output(kind="classes", names=tuple(f"c{number}" for number in range(count)))
    return Network(module=module, preprocessing=how, output=output, origin=Origin(kind="module", text="own"))


def looked_at(subject, inputs):
    return Looks(subject).take(Given(inputs=inputs, words=""))


def strongest_of(picture, side):
    """Return a picture's cells of at most `side`, each with its value of largest magnitude, by loops."""
    height, width = picture.shape
    rows, columns = (max(1, round(size * side / max(height, width))) for size in (height, width))
    if max(height, width) <= side:
        return picture
    out = np.zeros((rows, columns), np.float32)
    for y in range(rows):
        for x in range(columns):
            cell = picture[
                y * height // rows : -(-(y + 1) * height // rows), x * width // columns : -(-(x + 1) * width // columns)
            ]
            out[y, x] = cell.flat[np.abs(cell).argmax()]
    return out


@pytest.fixture
def digit(studio, digits):
    return (digits.read(3).float() / 255)[None]


def test_a_wall_is_every_channel_as_the_module_made_it(studio, digit, tensors):
    look = looked_at(studio, digit)
    made = hooked(studio.network.module, digit)
    for number, layer in enumerate(studio.layers):
        expected = made[layer.reading.tap][0][0].flatten(1 if made[layer.reading.tap][0].ndim > 2 else 0).numpy()
        found, metadata = tensors(pictures.wall(look, number, side=200))
        scale = float(metadata["scale.values"])
        rows = found["values"].reshape(len(found["values"]), -1) * scale
        wanted = expected.reshape(len(rows), -1)
        peaks = wanted[np.arange(len(wanted)), np.abs(wanted).argmax(1)]

        assert scale == pytest.approx(np.abs(expected).max() / 127)
        np.testing.assert_allclose(rows, wanted, atol=scale * 0.501)
        np.testing.assert_allclose(found["peaks"], peaks, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(found["active"], (wanted > 0).mean(1), atol=1e-6)


def test_strips_are_the_strongest_channels_by_magnitude_on_the_layers_scale(studio, digit, tensors):
    look = looked_at(studio, digit)
    made = hooked(studio.network.module, digit)
    found, metadata = tensors(pictures.strips(look, 0, len(studio.layers), count=5, side=7))
    for number, layer in enumerate(studio.layers):
        value = made[layer.reading.tap][0][0].numpy()
        value = value.reshape(len(value), *value.shape[1:], *(1,) * (3 - value.ndim))
        strength = np.abs(value).max((1, 2))
        order = sorted(range(len(value)), key=lambda channel: (-strength[channel], channel))[:5]
        scale = float(metadata[f"scale.values.{number}"])

        assert found[f"channels.{number}"].tolist() == order
        assert scale == pytest.approx(strength.max() / 127)
        for row, channel in enumerate(order):
            wanted = strongest_of(value[channel], 7)
            np.testing.assert_allclose(found[f"values.{number}"][row] * scale, wanted, atol=scale * 0.501)


def test_the_input_is_shown_as_it_was_stored(studio, digits, client, tensors):
    key = client.post("/api/looks/sample", json={"sample": 9}).json()["key"]
    found, _ = tensors(client.get(f"/api/looks/{key}/input").content)

    assert (found["picture"][0] == digits.read(9)[0].numpy()).all()


def test_samples_are_small_pictures_with_their_classes(digits, client, tensors):
    found, _ = tensors(client.get("/api/samples?first=4995&count=14&side=28").content)

    assert found["numbers"].tolist() == [4995, 4996, 4997, 4998, 4999]
    assert found["targets"].tolist() == [digits.samples[number].target for number in range(4995, 5000)]
    assert all((found["pictures"][at] == digits.read(4995 + at)[0].numpy()).all() for at in range(5))


@pytest.mark.slow
@pytest.mark.reference
def test_of_a_resnet_every_block_is_as_its_modules_made_it():
    from torchvision.models import resnet18

    module = resnet18(num_classes=7).eval()
    inputs = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    subject = subject_of(network_of(module, (3, 64, 64), 7), None)
    look = looked_at(subject, inputs)
    made = hooked(module, inputs)
    seen = {layer.reading.name: value for layer, value in zip(subject.layers, look.values, strict=True)}
    blocks = [f"layer{stage}.{block}" for stage in (1, 2, 3, 4) for block in (0, 1)]

    assert len(look.values) > 20
    for block in blocks:
        # A block's last call is the ReLU behind its sum; its first is the ReLU behind the first convolution.
        first, last = made[f"{block}.relu"]
        held = [value for name, value in seen.items() if name.startswith(block)]
        assert any(torch.allclose(value, first[0], atol=1e-5) for value in held), block
        assert any(torch.allclose(value, last[0], atol=1e-5) for value in held), block
    torch.testing.assert_close(look.scores, made["fc"][0][0])


class Volumes(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv3d(1, 2, 1)
        self.fc = nn.Linear(2 * 3 * 4 * 5, 2)

    def forward(self, x):
        return self.fc(self.conv(x).flatten(1))


def test_of_a_volume_the_strongest_value_along_its_depth_is_shown(tensors):
    module = Volumes().eval()
    inputs = torch.randn(1, 1, 3, 4, 5, generator=torch.Generator().manual_seed(1))
    look = looked_at(subject_of(network_of(module, (1, 3, 4, 5), 2), None), inputs)
    found, metadata = tensors(pictures.wall(look, 0))
    value = hooked(module, inputs)["conv"][0][0].numpy()
    wanted = np.take_along_axis(value, np.abs(value).argmax(1)[:, None], 1)[:, 0]
    scale = float(metadata["scale.values"])

    np.testing.assert_allclose(found["values"] * scale, wanted, atol=scale * 0.501)


class Tokens(nn.Module):
    """Places first, then features, as transformers have it."""

    def __init__(self):
        super().__init__()
        self.cut = nn.Conv2d(1, 6, 4, stride=4)
        self.widen = nn.Linear(6, 9)
        self.head = nn.Linear(9, 3)

    def forward(self, x):
        return self.head(torch.relu(self.widen(self.cut(x).flatten(2).transpose(1, 2))).mean(1))


def test_of_tokens_the_features_are_the_channels(tensors):
    module = Tokens().eval()
    inputs = torch.randn(1, 1, 8, 12, generator=torch.Generator().manual_seed(2))
    subject = subject_of(network_of(module, (1, 8, 12), 3), None)
    names = [layer.reading.name for layer in subject.layers]
    found, metadata = tensors(pictures.wall(looked_at(subject, inputs), names.index("widen"), side=200))
    wanted = hooked(module, inputs)["widen"][0][0].relu().T.numpy()[:, None]

    assert subject.layers[names.index("widen")].sizes == (6,)
    np.testing.assert_allclose(found["values"] * float(metadata["scale.values"]), wanted, atol=wanted.max() / 253)


class Wide(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3000, 3, padding=1)
        self.fc = nn.Linear(3000, 2)

    def forward(self, x):
        return self.fc(self.conv(x).mean((2, 3)))


def test_no_answer_is_above_two_megabytes(client):
    module = Wide().eval()
    look = looked_at(subject_of(network_of(module, (1, 64, 64), 2), None), torch.ones(1, 1, 64, 64))
    sizes = [
        len(pictures.wall(look, 0, side=224)),
        len(pictures.strips(look, 0, 9, count=2000, side=64)),
        len(client.get("/api/samples?first=0&count=200&side=224").content),
    ]

    assert max(sizes) < 2_000_000
    assert sizes[0] > 1_000_000


class Masked(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 1, bias=False)
        self.fc = nn.Linear(3, 2)

    def forward(self, x):
        return self.fc(torch.nan_to_num(self.conv(x).amax((2, 3)), nan=0.0, posinf=1.0))


def test_infinity_inside_a_network_is_told_and_does_not_spoil_its_layer(tensors):
    module = Masked().eval()
    with torch.no_grad():
        module.conv.weight.copy_(torch.tensor([1.0, float("inf"), -2.0])[:, None, None, None])
    inputs = torch.tensor([[[[0.5, 1.0]]]])
    look = looked_at(subject_of(network_of(module, (1, 1, 2), 2), None), inputs)
    found, metadata = tensors(pictures.wall(look, 0))
    strips, _ = tensors(pictures.strips(look, 0, 1, count=1))

    assert found["peaks"].tolist() == [1.0, float("inf"), -2.0]
    assert float(metadata["scale.values"]) == pytest.approx(2 / 127)
    assert found["values"][:, 0].tolist() == [[32, 64], [127, 127], [-64, -127]]
    assert strips["channels.0"].tolist() == [1]
