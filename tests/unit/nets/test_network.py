import json

import pytest
import torch
from torch import nn

from striate.blueprint import Blueprint
from striate.errors import InputError, SchemaError, WeightsError
from striate.nets import Network, Origin, build, from_blueprint, load_network, load_weights, read_weights, save_weights

PLAN = Blueprint.from_text("input 1x8x8; conv 3x3 4, batchnorm, relu; globalavgpool; classes cat dog")


def test_a_saved_network_comes_back_whole(tmp_path):
    network = from_blueprint(PLAN, seed=3)
    with torch.no_grad():
        network.module.batchnorm1.running_mean.fill_(0.5)
    network.save(tmp_path)
    found = Network.read(tmp_path)
    images = torch.rand(2, 1, 8, 8)
    assert torch.equal(found.module(images), network.module(images))
    assert (found.preprocessing, found.output, found.origin) == (network.preprocessing, network.output, network.origin)
    assert found.receipt == network.receipt
    assert not found.module.training
    assert found.output.names == ("cat", "dog")


def test_weights_of_another_network_are_noticed(tmp_path):
    from_blueprint(PLAN, seed=3).save(tmp_path)
    save_weights(from_blueprint(PLAN, seed=4).module, tmp_path / "weights.safetensors")
    with pytest.raises(WeightsError, match=r"must be those network\.json names; got 'another file'"):
        Network.read(tmp_path)
    (tmp_path / "weights.safetensors").unlink()
    with pytest.raises(WeightsError, match="got 'no file'"):
        Network.read(tmp_path)


def test_a_broken_description_is_refused(tmp_path):
    from_blueprint(PLAN).save(tmp_path)
    document = json.loads((tmp_path / "network.json").read_text())
    (tmp_path / "network.json").write_text("{")
    with pytest.raises(SchemaError, match=r"network\.json must be JSON"):
        Network.read(tmp_path)
    (tmp_path / "network.json").write_text(json.dumps(document | {"schema": "striate/network/9"}))
    with pytest.raises(SchemaError, match="network version must be at most 3; got 9"):
        Network.read(tmp_path)


def test_a_module_from_a_session_cannot_be_saved(tmp_path):
    given = load_network(nn.Sequential(nn.Flatten(), nn.Linear(4, 2)))
    with pytest.raises(InputError, match="a network must have an origin to be saved"):
        given.save(tmp_path)
    with pytest.raises(InputError, match="must have an origin to be built again"):
        given.origin.build()


def test_loading_says_which_weights_do_not_fit():
    module = build(PLAN)
    state = module.state_dict()
    state["classes.weight"] = torch.zeros(3, 4)
    state["extra"] = state.pop("conv1.weight")
    with pytest.raises(WeightsError) as caught:
        load_weights(module, state, where="a file")
    for part in ("1 missing (conv1.weight)", "1 left over (extra)", "1 of another shape (classes.weight)", "a file"):
        assert part in str(caught.value)


def test_weights_that_are_no_numbers_are_refused():
    module = build(PLAN)
    state = {key: value.clone() for key, value in module.state_dict().items()}
    state["classes.bias"][0] = float("nan")
    with pytest.raises(WeightsError, match=r"weights must be finite; got 'classes\.bias'"):
        load_weights(module, state, where="a file")


class Harmful:
    def __reduce__(self):
        return (print, ("this must not run",))


def test_a_pickle_with_code_in_it_is_refused_and_not_run(tmp_path, capsys):
    torch.save({"state_dict": Harmful()}, tmp_path / "bad.pth")
    with pytest.raises(WeightsError, match="a checkpoint must hold tensors only"):
        read_weights(tmp_path / "bad.pth")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("wrap", [None, "state_dict", "model"])
def test_a_checkpoint_of_tensors_is_read_in_its_usual_forms(tmp_path, wrap):
    state = {"a": torch.arange(3.0)}
    torch.save({wrap: state} if wrap else state, tmp_path / "net.pt")
    assert torch.equal(read_weights(tmp_path / "net.pt")["a"], state["a"])


def test_tied_weights_are_saved(tmp_path):
    module = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    module[1].weight = module[0].weight
    save_weights(module, tmp_path / "w.safetensors")
    assert torch.equal(read_weights(tmp_path / "w.safetensors")["1.weight"], module[0].weight)


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        (Origin(kind="timm", text="resnet_fifty"), "timm network must be a known name"),
        (Origin(kind="torchvision", text="resnet5"), "torchvision network must be a known name"),
        (Origin(kind="python", text="nowhere.at.all:factory"), "must name something importable"),
        (Origin(kind="python", text="torch.nn"), "must be python:package.module:factory"),
        (Origin(kind="python", text="builtins:dict"), "a factory must return a torch module; got 'dict'"),
        (Origin(kind="python", text="torch.nn:Linear"), "a factory must make a module without arguments"),
    ],
)
def test_an_origin_that_leads_nowhere_says_why(origin, words):
    with pytest.raises(InputError, match=words):
        origin.build()


def test_a_reference_that_names_nothing_lists_the_forms(tmp_path):
    with pytest.raises(InputError, match=r"Known forms: net\.yaml"):
        load_network("resnet50")
    with pytest.raises(InputError, match="a folder must hold a network or a run with one"):
        load_network(tmp_path)


@pytest.mark.parametrize(
    ("reference", "side", "mean"),
    [
        ("torchvision:inception_v3", 299, 0.485),
        ("torchvision:efficientnet_v2_l", 480, 0.5),
        ("torchvision:resnet18", 224, 0.485),
    ],
)  # sizes and means of torchvision's documentation
def test_a_torchvision_network_is_given_the_images_it_was_published_with(reference, side, mean):
    from striate.nets.zoo.published import published_preprocessing

    made = published_preprocessing("torchvision", reference.partition(":")[2], nn.Identity())
    assert (made.shape, made.mean[0]) == ((3, side, side), mean)
