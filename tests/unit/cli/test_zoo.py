"""`striate zoo` and `striate load`."""

import json

import pytest
import torch

from striate.cli.app import run


def test_zoo_lists_networks_inside_a_budget(capsys):
    assert run(["zoo", "--below", "500M", "--params", "4M", "--text", "torchvision:m", "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    names = [row["reference"] for row in document["networks"]]
    assert "torchvision:mobilenet_v2" in names
    # 4.38 million parameters.
    assert "torchvision:mnasnet1_0" not in names
    assert all(row["macs"] <= 500e6 for row in document["networks"])


def test_zoo_prints_a_table_with_what_comes_next(capsys):
    assert run(["zoo", "--text", "torchvision:resnet"]) == 0

    out = capsys.readouterr().out
    assert "torchvision:resnet50" in out
    assert "Next: striate check torchvision:resnet18" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--below", "1"], "a budget must leave some network; got '1'"),
        (["--below", "tiny"], "an amount must be a number"),
        (["--params", "0"], "a budget must be at least 1"),
    ],
)
def test_a_budget_that_leaves_nothing_or_does_not_read_is_told(arguments, words, capsys):
    assert run(["zoo", *arguments]) == 2
    assert words in capsys.readouterr().err


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    import torchvision
    from safetensors.torch import save_file

    torch.manual_seed(3)
    path = tmp_path_factory.mktemp("weights") / "net.safetensors"
    save_file(torchvision.models.squeezenet1_1(num_classes=4).state_dict(), path)
    return path


def test_load_tells_what_was_loaded_and_saves_the_network(weights, tmp_path, capsys):
    from striate.nets import Network

    out = tmp_path / "net"
    assert (
        run(["load", f"torchvision:squeezenet1_1@{weights}", "--outputs", "4", "--channels", "1", "--out", str(out)])
        == 0
    )

    shown = capsys.readouterr().out
    assert "52 of 52 tensors" in shown
    assert "scaled to 256×256" in shown
    assert Network.read(out).input_shape == (1, 224, 224)


def test_load_as_json_accounts_for_every_tensor(weights, capsys):
    assert run(["load", f"torchvision:squeezenet1_1@{weights}", "--outputs", "9", "--json"]) == 0

    document = json.loads(capsys.readouterr().out)
    fates = [tensor["fate"] for tensor in document["tensors"]]
    # 26 convolutions with weight and bias; the last is the head.
    assert (fates.count("loaded"), fates.count("new head")) == (50, 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["torchvision:squeezenet1_1"], "weights must be named"),
        (["torchvision:squeezenet1_1@nowhere.pth"], "a weight file must exist"),
        (["torchvision:squeezenet@x.pth"], "Did you mean squeezenet1_"),
        (["net.yaml"], "must be of timm, torchvision, hub or python"),
    ],
)
def test_what_cannot_be_loaded_says_why(arguments, words, capsys):
    assert run(["load", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_another_head_is_refused_with_its_cure(weights, capsys):
    assert run(["load", f"torchvision:squeezenet1_1@{weights}"]) == 2
    assert "outputs=4 takes the file's" in capsys.readouterr().err


def test_another_hash_is_refused(weights, capsys):
    assert run(["load", f"torchvision:squeezenet1_1@{weights}", "--outputs", "4", "--sha256", "00000000"]) == 2
    assert "must have the SHA-256 it is said to have" in capsys.readouterr().err
