"""From what is named to what is watched: data of other classes, networks of every kind, and those that cannot be watched."""

import copy

import numpy as np
import pytest
import torch
from PIL import Image  # noqa: TID253 - tests write real files
from starlette.testclient import TestClient
from torch import nn

from striate.blueprint import Blueprint
from striate.data import ReadAs, load_data
from striate.errors import InputError
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing
from striate.studio.app import create_app
from striate.studio.looks.given import of_sample
from striate.studio.looks.look import Looks
from striate.studio.looks.samples import sample_pictures
from striate.studio.opening import subject_from
from striate.studio.wire import SampleWanted


@pytest.fixture
def photos(tmp_path):
    rng = np.random.default_rng(0)
    for name in ("mug", "shoe"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(3):
            pixels = rng.integers(0, 255, (30 + number, 44, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.jpg")
    return str(tmp_path / "photos")


def own(module, shape=(1, 8, 8), names=("a", "b", "c")):
    how = Preprocessing(shape=shape, mean=(0.0,) * shape[0], std=(1.0,) * shape[0])
    return Network(
        module=module.eval(),
        preprocessing=how,
        output=Output(kind="classes", names=names),
        origin=Origin(kind="module", text=type(module).__name__),
    )


def test_photographs_of_other_classes_are_shown_with_their_own_and_none_counts_as_right(photos, tensors):
    subject = subject_from(Blueprint.from_text("input 3x16x16; conv 3x3 4, relu; classes cat dog owl"), photos)
    client = TestClient(create_app(subject))
    told = client.post("/api/looks/sample", json={"sample": 4}).json()

    assert client.get("/api/network").json()["data"] == "photos (its classes are not the network's)"
    assert told["target"] is None
    said = "Number 4 of photos, shoe; 31×44×3 → 16×16×3: 1.94 times smaller, its centre cut out; 70 % of it seen."
    assert told["words"].replace("\u202f", " ") == said
    assert [answer["name"] for answer in told["answers"]] == ["cat", "dog", "owl"]
    assert tensors(sample_pictures(subject, 0, 9, side=28))[0]["targets"].tolist() == [-1] * 6


def test_as_many_classes_of_other_names_are_other_classes(photos):
    subject = subject_from(Blueprint.from_text("input 3x16x16; conv 3x3 4, relu; classes shoe mug"), photos)

    assert not subject.shares_classes
    assert subject.network.output.names == ("shoe", "mug")


def test_classes_that_are_merely_counted_are_called_as_the_data_call_them(photos):
    subject = subject_from(Blueprint.from_text("input 3x16x16; conv 3x3 4, relu; classes 2"), photos)
    look = Looks(subject).take(of_sample(subject, SampleWanted(sample=4)))

    assert subject.shares_classes
    assert subject.network.output.names == ("mug", "shoe")
    assert look.target == 1


def test_photographs_beside_a_network_of_signals_are_refused(photos):
    with pytest.raises(InputError, match=r"\[(shape|input|data)\]$"):
        subject_from(Blueprint.from_text("input 1x160; conv 5 8, relu; fc 4; classes 3"), photos)


def test_values_are_answered_on_their_own_scale(ink_run):
    from striate.nets import load_network

    data = load_data("digits:ink")
    subject = subject_from(ink_run, data)
    client = TestClient(create_app(subject))
    answer = client.post("/api/looks/sample", json={"sample": 7}).json()["answers"][0]
    network = load_network(ink_run)
    with torch.no_grad():
        how = network.preprocessing
        raw = float(network.module((data.read(7)[None] / 255 - how.mean[0]) / how.std[0])[0, 0])
    mean, std = network.preprocessing.value_mean[0], network.preprocessing.value_std[0]

    assert std != 1
    assert answer["score"] == pytest.approx(raw, abs=1e-5)
    assert answer["probability"] == pytest.approx(raw * std + mean, abs=1e-4)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_a_network_in_half_precision_is_watched_in_float32_and_left_as_it_is(dtype):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 26 * 26, 10)).to(dtype).eval()
    how = Preprocessing(shape=(1, 28, 28), mean=(0.0,), std=(1.0,))
    network = Network(
        module=module,
        preprocessing=how,
        output=Output(kind="classes", names=tuple(map(str, range(10)))),
        origin=Origin(kind="module", text="half"),
    )
    data = load_data("digits")
    client = TestClient(create_app(subject_from(network, data)))
    told = client.post("/api/looks/sample", json={"sample": 3}).json()
    with torch.no_grad():
        expected = copy.deepcopy(module).float()(data.read(3)[None] / 255)[0]

    assert client.get("/api/network").json()["facts"].endswith("in half precision, shown in float32")
    scores = {answer["name"]: answer["score"] for answer in told["answers"]}
    assert [scores[str(number)] for number in range(10)] == pytest.approx(expected.tolist(), abs=1e-4)
    assert {tensor.dtype for tensor in module.state_dict().values()} == {dtype}


def test_a_signal_is_seen_as_a_curve_and_its_maps_as_rows(tensors):
    rng = np.random.default_rng(0)
    data = load_data(
        (rng.standard_normal((6, 2, 160)).astype(np.float32), np.arange(6) % 3),
        read_as=ReadAs(axes=1, scale=(0.0, 1.0)),
    )
    how = Preprocessing(shape=(2, 160), mean=(0.0, 0.0), std=(1.0, 1.0), scale=(0.0, 1.0))
    network = Network(
        module=nn.Sequential(nn.Conv1d(2, 5, 3), nn.ReLU(), nn.Flatten(), nn.Linear(790, 3)).eval(),
        preprocessing=how,
        output=Output(kind="classes", names=("0", "1", "2")),
        origin=Origin(kind="module", text="signals"),
    )
    client = TestClient(create_app(subject_from(network, data)))
    key = client.post("/api/looks/sample", json={"sample": 5}).json()["key"]
    picture = tensors(client.get(f"/api/looks/{key}/input").content)[0]["picture"]
    wall = tensors(client.get(f"/api/looks/{key}/walls/0?side=224").content)[0]["values"]

    assert picture.shape == (1, 140, 280)
    assert set(np.unique(picture)) == {0, 255}
    assert wall.shape == (5, 1, 158)


class Chooses(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(64, 3), nn.Linear(64, 3)

    def forward(self, x):
        x = x.flatten(1)
        return self.one(x) if x.sum() > 0 else self.two(x)


class TwoAnswers(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.Linear(64, 3), nn.Linear(64, 3)

    def forward(self, x):
        return {"a": self.one(x.flatten(1)), "b": self.two(x.flatten(1))}


class Dense(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 3, 3)

    def forward(self, x):
        return self.conv(x)


@pytest.mark.parametrize(
    ("module", "told"),
    [
        (Chooses(), "must make the same calls for all data"),
        (TwoAnswers(), "must answer with one tensor of scores, 1×3; got dict"),
        (Dense(), "must answer with one tensor of scores, 1×3; got 1×3×6×6"),
        (nn.Sequential(nn.Flatten(), nn.Linear(64, 4)), "must answer with one tensor of scores, 1×3; got 1×4"),
        (nn.Sequential(nn.Flatten(), nn.Linear(63, 3)), "63"),
    ],
    ids=["by data", "dict", "dense", "other count", "clash"],
)
def test_what_cannot_be_watched_is_refused_in_one_line(module, told):
    with pytest.raises(InputError) as caught:
        subject_from(own(module))

    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_outputs_nobody_named_are_counted_by_what_comes_out():
    module = nn.Sequential(nn.Conv2d(3, 6, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    subject = subject_from(module)

    assert subject.network.output.names == ("0", "1", "2", "3", "4", "5")
    assert subject.name == "Sequential"


def test_a_blueprint_has_a_name_of_one_line():
    assert subject_from(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3")).name == "blueprint"
