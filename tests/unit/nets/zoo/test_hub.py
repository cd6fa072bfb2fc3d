"""Networks of the Hugging Face Hub: from a folder, and from a stand-in for the hub's cache; nothing is fetched."""

import json
import shutil
import socket

import pytest
import torch

from striate.errors import InputError, WeightsError
from striate.nets import Network, load_network, load_pretrained

CONFIG = {
    "architecture": "resnet10t",
    "num_classes": 3,
    "model_args": {"in_chans": 1},
    "label_names": ["cat", "dog", "owl"],
    "pretrained_cfg": {
        "input_size": [1, 96, 96],
        "interpolation": "bilinear",
        "crop_pct": 0.8,
        "mean": [0.25],
        "std": [0.125],
        "classifier": "fc",
        "num_classes": 3,
    },
}


@pytest.fixture(autouse=True)
def no_net(monkeypatch):
    """Whoever opens a connection fails the test."""

    def refuse(*_args, **_more):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder as timm writes it for the hub."""
    import timm
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("published")
    torch.manual_seed(4)
    made = timm.create_model("resnet10t", num_classes=3, in_chans=1)
    save_file(made.state_dict(), folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(CONFIG))
    return folder


@pytest.fixture
def cache(published, tmp_path, monkeypatch):
    """The hub's cache, as huggingface_hub lays it out, with one repository in it."""
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    snapshot = tmp_path / "models--owner--owls" / "snapshots" / ("a1" * 20)
    snapshot.parent.mkdir(parents=True)
    shutil.copytree(published, snapshot)
    refs = snapshot.parent.parent / "refs"
    refs.mkdir()
    (refs / "main").write_text("a1" * 20)
    return snapshot


def test_a_folder_gives_network_preprocessing_labels_and_weights(published):
    from safetensors.torch import load_file

    network, report = load_pretrained(f"hub:{published}")
    how = network.preprocessing

    assert network.output.names == ("cat", "dog", "owl")
    # 96 / 0.8
    assert (how.shape, how.scaled_px, how.mean, how.std, how.interpolation) == (
        (1, 96, 96),
        (120, 120),
        (0.25,),
        (0.125,),
        "bilinear",
    )
    assert report.tensor_share == 1
    expected = load_file(published / "model.safetensors")
    assert all(torch.equal(value, expected[key]) for key, value in network.module.state_dict().items())


def test_without_being_asked_weights_are_not_read_from_the_hub(cache):
    network, report = load_pretrained("hub:owner/owls")

    assert report is None
    assert network.receipt["weights"].startswith("random")
    assert network.preprocessing.mean == (0.25,)


def test_asked_for_they_come_with_their_revision(cache):
    network, report = load_pretrained("hub:owner/owls+weights")

    assert report.tensor_share == 1
    assert network.receipt["weights"] == "hub:owner/owls/model.safetensors at a1a1a1a1a1a1"


def test_a_file_named_with_at_is_taken_instead(cache, published):
    network = load_network(f"hub:owner/owls@{published / 'model.safetensors'}")

    assert load_pretrained(f"hub:owner/owls@{published / 'model.safetensors'}")[1].tensor_share == 1
    assert network.receipt["weights"] == str(published / "model.safetensors")


def test_it_is_saved_and_read_without_the_hub(published, tmp_path):
    network = load_network(f"hub:{published}")
    network.save(tmp_path)
    again = Network.read(tmp_path)

    x = torch.rand(1, 1, 96, 96)
    with torch.no_grad():
        assert torch.equal(again.module(x), network.module(x))
    assert again.output.names == ("cat", "dog", "owl")


def test_a_large_file_is_held_to_the_hash_it_is_kept_under(cache):
    blob = cache.parent.parent / "blobs" / ("0" * 64)
    blob.parent.mkdir()
    (cache / "model.safetensors").rename(blob)
    (cache / "model.safetensors").symlink_to(blob)

    with pytest.raises(WeightsError, match="must have the SHA-256 its publisher states, 0000000000000000"):
        load_pretrained("hub:owner/owls+weights")


def test_what_is_not_in_the_cache_is_not_fetched(cache):
    with pytest.raises(InputError, match=r"must be in the hub's cache unless it may be fetched; .* Append \+weights"):
        load_network("hub:owner/others")


def test_a_name_no_repository_can_have_is_refused(cache):
    with pytest.raises(InputError, match="a hub reference must be hub:owner/name"):
        load_network("hub:a/b/c")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"architecture": None, "architectures": ["BertModel"]}, "must be a timm network"),
        ({"architecture": "resnet_ten"}, "timm network must be a known name"),
        ({"model_args": {"checkpoint_path": "/etc/passwd"}}, "model_args must be plain values"),
        ({"model_args": {"pretrained": True}}, "model_args must be plain values"),
        ({"model_args": {"block": {"a": 1}}}, "model_args must be plain values"),
        ({"model_args": {"no_such": 1}}, "a timm network must take its arguments"),
        (
            {"pretrained_cfg": {"input_size": [1, 96, 96], "crop_mode": "spiral"}},
            "a crop must be center, squash or border",
        ),
        ({"pretrained_cfg": {"input_size": 7}}, "must state its preprocessing as timm does"),
    ],
)
def test_a_configuration_is_taken_with_care(published, tmp_path, change, words):
    shutil.copy(published / "model.safetensors", tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(CONFIG | change))

    with pytest.raises(InputError, match=words):
        load_network(f"hub:{tmp_path}")


@pytest.mark.parametrize("text", ["", "{", "[]", "7"])
def test_a_broken_configuration_is_refused(tmp_path, text):
    (tmp_path / "config.json").write_text(text)

    with pytest.raises(InputError, match=r"config\.json must be"):
        load_network(f"hub:{tmp_path}")


def test_timms_published_weights_are_taken_from_the_cache(cache, published, monkeypatch):
    """timm names the repository; the hub's cache holds a stand-in for it."""
    import timm
    from safetensors.torch import save_file

    repository = timm.get_pretrained_cfg("resnet10t.c3_in1k").hf_hub_id
    snapshot = cache.parents[2] / f"models--{repository.replace('/', '--')}" / "snapshots" / ("b2" * 20)
    snapshot.mkdir(parents=True)
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("b2" * 20)
    torch.manual_seed(9)
    made = timm.create_model("resnet10t")
    save_file(made.state_dict(), snapshot / "model.safetensors")

    network, report = load_pretrained("timm:resnet10t.c3_in1k+weights")

    assert report.tensor_share == 1
    assert torch.equal(network.module.fc.weight, made.fc.weight)
    assert network.receipt["weights"].endswith("at b2b2b2b2b2b2")


def test_a_file_without_a_name_is_not_taken_for_random_weights():
    with pytest.raises(InputError, match="a weight file must be named behind @; got 'timm:resnet10t@'"):
        load_network("timm:resnet10t@")


def test_weights_are_asked_for_in_one_way_only(published):
    with pytest.raises(InputError, match=r"\+weights must be asked of a zoo's network, and without @file"):
        load_network(f"timm:resnet10t+weights@{published / 'model.safetensors'}")
