"""`striate explain` with objects that were given, and `striate explain shortcuts`."""

import json

import numpy as np
import pytest
import torch
from PIL import Image  # noqa: TID253 - tests write real files

from striate.blueprint import Blueprint
from striate.cli.app import run
from striate.data import load_data, prepare
from striate.errors import InputError
from striate.explain import gradient
from striate.nets import Network, Origin, load_network
from striate.records import Output, Preprocessing
from striate.report.shortcut_search import find_shortcuts

TEXT = "input 1x28x28; conv 3x3 4, relu; maxpool 2; conv 3x3 6, relu; globalavgpool; classes 10"


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(Blueprint.from_text(TEXT).to_yaml(), encoding="utf-8")
    return str(path)


def test_energy_and_pointing_are_those_of_the_map_itself(net, capsys):
    assert (
        run(["explain", "gradient", net, "digits:17", "--class", "3", "--box", "5,6,20,25", "--no-check", "--json"])
        == 0
    )
    (row,) = json.loads(capsys.readouterr().out)["on_object"]
    loaded = load_network(net)
    image = prepare(load_data("digits").read(17), loaded.preprocessing)
    [found] = gradient(loaded, image[None], torch.tensor([3]))
    total = np.maximum(found.maps[0].sum(axis=0), 0)
    place = np.unravel_index(found.maps[0].sum(axis=0).argmax(), (28, 28))

    assert row["area"] == pytest.approx(19 * 15 / 784)
    assert row["energy"] == pytest.approx(total[6:25, 5:20].sum() / total.sum(), rel=1e-5)
    assert row["hit"] == (6 <= place[0] < 25 and 5 <= place[1] < 20)


def test_a_mask_image_is_the_same_as_its_box_and_told_in_words(net, tmp_path, capsys):
    pixels = np.zeros((28, 28), np.uint8)
    pixels[6:25, 5:20] = 255
    Image.fromarray(pixels).save(tmp_path / "m.png")
    said = []
    for option in (["--mask", str(tmp_path / "m.png")], ["--box", "5,6,20,25"]):
        assert run(["explain", "grad_cam", net, "digits:17", "--no-check", *option]) == 0
        said.append([line for line in capsys.readouterr().out.splitlines() if ": on the object" in line])

    assert len(said[0]) == 1
    assert said[0] == said[1]
    assert "on the object, 36.4" in said[0][0]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["digits:17", "--box", "0,0,2,2", "--mask", "m.png"], "by --mask or by --box"),
        (["digits:17", "digits:18", "--box", "0,0,2,2"], "once for each image, 2"),
        (["digits:17", "--box", "0,0,2,40"], "28 wide and 28 high"),
        (["digits:17", "--mask", "SMALL"], "28×28; got 4×4"),
        (["digits:17", "--mask", "nowhere.png"], "does not exist"),
    ],
)
def test_objects_that_cannot_be_used_are_refused_in_one_line(net, tmp_path, capsys, options, told):
    small = tmp_path / "small.png"
    Image.fromarray(np.full((4, 4), 255, np.uint8)).save(small)
    options = [str(small) if word == "SMALL" else word for word in options]

    assert run(["explain", "gradient", net, *options, "--no-check"]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "sought in one data set"),
        (["digits", "--class", "3"], "must come without --class"),
        (["digits", "--box", "0,0,2,2"], "must come without --mask and --box"),
        (["digits", "--set", "depth=3"], "Known: images, masks, passes, seed"),
        (["digits", "--set", "images=0"], "at least 1"),
        (["digits:ink"], "same outputs"),
    ],
)
def test_what_a_search_for_shortcuts_cannot_use_is_refused(net, capsys, options, told):
    assert run(["explain", "shortcuts", net, *options]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("names", [("b", "a", "c"), ("a", "b", "other")])
def test_classes_of_other_names_or_in_another_order_are_refused(names):
    module = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3))
    network = Network(
        module=module, preprocessing=Preprocessing(shape=(1, 8, 8), mean=(0.0,), std=(1.0,)),
        output=Output(kind="classes", names=names), origin=Origin(kind="module", text="toy"),
    )  # fmt: skip
    data = load_data((np.zeros((30, 8, 8), np.uint8), ["abc"[index % 3] for index in range(30)]))

    with pytest.raises(InputError, match="the same, in the same order"):
        find_shortcuts(network, data)


@pytest.mark.parametrize(
    ("options", "told"),
    [(["--set", "images=4"], "four images each"), (["--set", "passes=10"], "--set passes=… allows more")],
)
def test_why_places_were_not_exchanged_is_said(small_run, capsys, options, told):
    assert run(["explain", "shortcuts", str(small_run), "digits", *options]) == 0
    said = " ".join(capsys.readouterr().out.split())

    assert said.count("Places were not exchanged") == 1
    assert told in said


@pytest.mark.slow
def test_a_good_network_takes_no_shortcut_and_the_figures_are_told(small_run, capsys):
    assert run(["explain", "shortcuts", str(small_run), "digits"]) == 0
    said = capsys.readouterr().out

    assert "pixels give class away: found nothing; no pixel is the same within each class of 200 images" in said
    assert "background decides: found nothing; of backgrounds alone 10" in said
    assert "0 findings" in said

    assert run(["explain", "shortcuts", str(small_run), "digits", "--json", "--set", "images=100"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert found["schema"] == "striate/shortcuts/1"
    assert found["images"] == 100
    assert found["findings"] == []
    assert found["background"]["moved"]["trials"] > 40
