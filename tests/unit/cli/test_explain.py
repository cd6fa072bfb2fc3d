"""`striate explain` on the command line: what it prints, refuses and writes."""

import json
import re

import numpy as np
import pytest
import torch
from PIL import Image  # noqa: TID253 - tests write real files
from safetensors import safe_open

from striate.blueprint import Blueprint
from striate.cli.app import run
from striate.cli.explain_list import listed_methods
from striate.cli.explaining import explainers
from striate.cli.views import VIEWS
from striate.explain import SALIENCY
from striate.explain.occlusion import looking, planning, sliding
from striate.lint.rules import saliency_blind_to_weights
from striate.nets import load_network

TEXT = "input 1x28x28; conv 3x3 4, relu; maxpool 2; conv 3x3 6, relu; globalavgpool; classes 10"
LINE = "input 2x40; conv 5 4, relu; globalavgpool; classes 3"


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(Blueprint.from_text(TEXT).to_yaml(), encoding="utf-8")
    return str(path)


def test_every_saliency_method_can_be_asked_for_and_its_settings_are_known():
    table = explainers()

    assert set(table) == {"occlusion", *SALIENCY}
    assert dict(table["smooth_grad"].settings) == {"noise_share": float, "samples": int, "seed": int}
    assert dict(table["integrated_gradients"].settings) == {"baseline": float, "steps": int}
    assert dict(table["grad_cam"].settings) == {"layer": str}


def test_the_answer_is_explained_and_judged(net, capsys):
    assert run(["explain", "grad_cam", net, "digits:17", "--no-check"]) == 0
    out = capsys.readouterr().out

    assert "grad_cam of digits:17 at relu2 (1 forward pass, 0 backward" in out
    assert "evenly spread: 50 %" in out
    assert "You should see one warm island on the object. Something is wrong if" in out


def test_classes_by_name_number_and_all(net, capsys):
    assert run(["explain", "gradient", net, "digits:17", "--class", "3", "--class", "7", "--no-check", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert found["schema"] == "striate/explain/1"
    assert [one["class"] for one in found["methods"]["gradient"][0]["maps"]] == ["3", "7"]
    assert found["methods"]["gradient"][0]["backward_passes"] == 2

    assert run(["explain", "cam", net, "digits:17", "digits:600", "--class", "all", "--no-check", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)

    assert [len(record["maps"]) for record in found["methods"]["cam"]] == [10, 10]


def test_methods_are_compared_and_tested_with_random_weights(small_run, capsys):
    code = run(["explain", "gradient,guided_backprop,grad-cam", str(small_run), "digits:17", "--json"])
    found = json.loads(capsys.readouterr().out)

    assert found["agreement"][0]["methods"] == ["gradient", "guided_backprop", "grad_cam"]
    assert np.shape(found["agreement"][0]["correlations"]) == (3, 3)
    limit = 0.5
    blind = [name for name, one in found["checks"].items() if one["correlation"] > limit]
    assert [name for name, one in found["checks"].items() if one["findings"]] == blind
    assert code == bool(blind)


def test_settings_reach_the_method(net, capsys):
    assert run(["explain", "smooth_grad", net, "digits:17", "--set", "samples=3", "--no-check", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)["methods"]["smooth_grad"][0]

    assert record["settings"] == {"noise share": 0.15, "samples": 3, "seed": 0}
    assert record["backward_passes"] == 3


def test_arrays_and_pictures_are_written(net, tmp_path, capsys):
    files = [tmp_path / name for name in ("maps.npz", "maps.safetensors", "map.png")]
    outs = [part for path in files for part in ("--out", str(path))]
    assert (
        run(
            [
                "explain",
                "integrated_gradients",
                net,
                "digits:17",
                "--class",
                "5",
                "--set",
                "steps=8",
                "--no-check",
                *outs,
            ]
        )
        == 0
    )

    assert capsys.readouterr().out.count("Wrote") == 3
    with np.load(files[0], allow_pickle=False) as held:
        maps, record = held["integrated_gradients.0.maps"], json.loads(str(held["record"]))
    assert maps.shape == (1, 1, 28, 28)
    assert record["images"] == ["digits:17"]
    assert record["records"][0]["classes"] == ["5"]
    with safe_open(files[1], "numpy") as held:
        np.testing.assert_array_equal(held.get_tensor("integrated_gradients.0.maps"), maps)
        assert json.loads(held.metadata()["record"]) == record
        assert held.get_tensor("integrated_gradients.0.gaps").shape == (1,)
    header = files[2].read_bytes()[:24]
    assert header[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(header[16:20]) >= 720


def test_each_method_and_image_has_a_picture_of_its_own(net, tmp_path):
    out = tmp_path / "p.png"
    assert run(["explain", "gradient,cam", net, "digits:1", "digits:2", "--no-check", "--out", str(out)]) == 0

    assert sorted(path.name for path in tmp_path.glob("*.png")) == [
        "p-cam-0.png", "p-cam-1.png", "p-gradient-0.png", "p-gradient-1.png",
    ]  # fmt: skip


def test_a_signal_is_drawn_as_its_curve(tmp_path):
    np.save(tmp_path / "line.npy", np.sin(np.arange(80.0)).reshape(2, 40).astype(np.float32))
    (tmp_path / "line.yaml").write_text(Blueprint.from_text(LINE).to_yaml(), encoding="utf-8")
    asked = [str(tmp_path / "line.yaml"), str(tmp_path / "line.npy"), "--no-check", "--out", str(tmp_path / "line.png")]
    assert run(["explain", "gradient", *asked]) == 0

    assert (tmp_path / "line.png").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["gradients", "NET", "digits:17"], "Did you mean gradient"),
        (["gradient", "NET", "digits:17", "--class", "cat"], "class must be a known name"),
        (["gradient", "NET", "digits:17", "--class", "10"], "a class's number must be 0 … 9; got 10"),
        (["gradient", "NET", "digits:17", "--layer", "conv1"], "--layer must come with"),
        (["grad_cam", "NET", "digits:17", "--layer", "conv9"], "Did you mean conv"),
        (["gradient", "NET", "digits:17", "--set", "samples=3"], "--set must name a setting"),
        (["smooth_grad", "NET", "digits:17", "--set", "samples"], "a name and a value"),
        (["smooth_grad", "NET", "digits:17", "--set", "samples=many"], "of its type, int"),
        (["smooth_grad", "NET", "digits:17", "--set", "samples=0"], "at least 1"),
        (["gradient", "NET", "digits:17", "--out", "map.jpg"], "--out must end with"),
        (["gradient", "NET", "nothing"], "must name something"),
        (["gradient", "NET"], "an image must be named"),
        (["gradient,linear_view", "NET", "digits:17"], "linear_view must be asked for alone"),
        (
            ["feature_occlusion", "NET", "digits:17", "--out", "map.png"],
            "feature_occlusion must come without a picture",
        ),
        (["feature_occlusion", "NET", "digits:17", "--layer", "conv9"], "Did you mean conv"),
        (["feature_occlusion", "NET", "digits:17", "--set", "fill=one"], "fill must be one of"),
        (["occlusion", "NET", "digits:17", "--set", "segments=9", "--set", "window=3"], "by windows or by segments"),
        (["occlusion", "NET", "digits:17", "--set", "segments=0.5"], "of its type, int"),
        (["linear_view", "NET", "digits:17", "--layer", "conv1"], "linear_view must come without --layer"),
        (["linear_view", "NET", "digits:17", "--out", "map.png"], "linear_view must come without a picture"),
        (["linear_view", "NET", "digits:17", "--set", "steps=3"], "Known: directions, seed, tolerance"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(arguments, says, net, capsys):
    assert run(["explain", *[net if part == "NET" else part for part in arguments]]) == 2

    assert says in capsys.readouterr().err


def test_a_view_that_is_no_attribution_prints_and_writes_its_own(tmp_path, capsys):
    # Without anything but sums the gradient foretells every step.
    path = tmp_path / "linear.yaml"
    path.write_text(Blueprint.from_text("input 1x28x28; classes 10").to_yaml(), encoding="utf-8")
    out = tmp_path / "view.npz"
    asked = ["explain", "linear-view", str(path), "digits:17", "--class", "3", "--class", "7"]

    assert run([*asked, "--out", str(out)]) == 0
    assert "digits:17, 7: the gradient foretells the score within 10% at every step uphill" in capsys.readouterr().out
    with np.load(out) as arrays:
        assert arrays["1.along_random"].shape == (8, 15)

    assert run([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "striate/linear-view/1"
    assert [one["class"] for one in found["records"]] == ["3", "7"]


def test_the_channels_that_matter_most_stand_first(net, tmp_path, capsys):
    out = tmp_path / "channels.npz"
    asked = ["explain", "feature-occlusion", net, "digits:17", "--layer", "conv2", "--class", "3"]
    assert run([*asked, "--out", str(out)]) == 0
    text = capsys.readouterr().out
    with np.load(out) as arrays:
        change = arrays["0.grid"][:, 3] - arrays["0.clean"][3]
        most = int(arrays["0.channels"][np.abs(change).argmax()])

    assert "6 channels of conv2 (relu2), each replaced by zero" in text
    first = next(line for line in text.splitlines() if line.split()[:1] == [str(most)])
    assert text.index("channel  without it") < text.index(first)
    assert next(line for line in text.splitlines() if line[:7].strip().isdigit()) == first

    assert run([*asked, "--set", "fill=data_mean", "--set", "data=digits", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    changes = [abs(one["change"]) for one in found["records"][0]["classes"][0]["channels"]]
    assert found["schema"] == "striate/feature-occlusion/1"
    assert len(changes) == 6
    assert changes == sorted(changes, reverse=True)


def test_every_class_is_tested_with_random_weights(net, capsys):
    run(["explain", "gradient", net, "digits:17", "digits:600", "--class", "3", "--class", "7", "--json"])
    check = json.loads(capsys.readouterr().out)["checks"]["gradient"]

    assert [row["class"] for row in check["classes"]] == ["3", "7"]
    assert check["correlation"] == pytest.approx(np.mean([row["correlation"] for row in check["classes"]]), abs=1e-6)
    low, high = check["interval"]
    assert low <= check["correlation"] <= high

    run(["explain", "gradient", net, "digits:17", "--class", "3", "--class", "7"])
    assert "class by class: 3 " in capsys.readouterr().out


def test_of_more_classes_than_are_tested_it_is_said(tmp_path, capsys):
    path = tmp_path / "many.yaml"
    text = "input 1x28x28; conv 5x5 4 stride 4, relu; globalavgpool; classes 13"
    path.write_text(Blueprint.from_text(text).to_yaml(), encoding="utf-8")
    asked = ["explain", "gradient", str(path), "digits:17", "digits:600"]

    run([*asked, "--class", "all"])
    assert "12 of 13 classes tested" in capsys.readouterr().out
    run([*asked, "--class", "all", "--json"])
    check = json.loads(capsys.readouterr().out)["checks"]["gradient"]
    assert (check["tested"], check["asked"]) == (12, 13)
    assert [row["number"] for row in check["classes"]] == list(range(12))

    run([*asked, "--class", "12", "--class", "3"])
    assert "classes tested" not in capsys.readouterr().out
    run([*asked, "--class", "12", "--class", "3", "--json"])
    check = json.loads(capsys.readouterr().out)["checks"]["gradient"]
    assert (check["tested"], check["asked"]) == (2, 2)


def test_what_would_be_quicker_can_be_asked_for(net, monkeypatch, capsys):
    for name in ("FEW_VALUES", "FEW_SECONDS"):
        monkeypatch.setattr(planning, name, 0)
    monkeypatch.setattr(looking, "LONG_SECONDS", 0.0)
    asked = ["explain", "occlusion", net, "digits:17", "--set", "window=7", "--set", "stride=1"]

    assert run(asked) == 0
    told = " ".join(capsys.readouterr().err.split())
    advice = re.findall(r"--set (\w+=[\d.]+\d|\w+=\d)", told)
    assert advice == ["stride=7", "refined=0.1"]
    assert "in Python is_partial=True" in told
    # Of 22 · 22 windows 4 · 4 stand apart; beside them goes a tenth of the other 468.
    for one, passes in zip(advice, (4 * 4 + 1, 16 + 47 + 1), strict=True):
        assert run([*asked, "--set", one, "--json"]) == 0
        record = json.loads(capsys.readouterr().out)["methods"]["occlusion"][0]
        assert record["forward_passes"] == passes
        assert np.isfinite([record["maps"][0]["low"], record["maps"][0]["high"]]).all()


def test_what_makes_all_answers_fit_can_be_asked_for(net, monkeypatch, capsys):
    # 22 · 22 windows of 10 outputs, 4 bytes each, fit for one image; for two they do not.
    monkeypatch.setattr(sliding, "MOST_GRID_BYTES", 22 * 22 * 10 * 4)
    asked = ["explain", "occlusion", net, "digits:17", "--set", "window=7", "--set", "stride=1"]

    assert run([*asked, "digits:600"]) == 2
    told = " ".join(capsys.readouterr().err.split())
    assert "ask about 1 image at a time" in told
    [step] = re.findall(r"--set (stride=\d)", told)
    assert run([*asked, "digits:600", "--set", step]) == 0
    assert run(asked) == 0


def test_an_approximation_can_be_asked_for_and_is_told(net, capsys):
    asked = ["explain", "occlusion", net, "digits:17", "--set", "window=7", "--set", "kept=0.4"]

    assert run(asked) == 0
    assert "An approximation: on 8 windows that went through the module too" in " ".join(
        capsys.readouterr().out.split()
    )
    assert run([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["methods"]["occlusion"][0]["settings"]["kept"] == 0.4


@pytest.mark.parametrize("method", ["gradient", "linear_view"])
def test_of_a_network_that_was_not_trained_it_is_said(method, net, small_run, capsys):
    check = ["--no-check"] if method == "gradient" else []
    assert run(["explain", method, net, "digits:17", *check]) == 0
    assert "The weights are random: train it first" in capsys.readouterr().out

    assert run(["explain", method, str(small_run), "digits:17", *check]) == 0
    assert "random:" not in capsys.readouterr().out


def test_class_images_are_grown_and_written(net, tmp_path, capsys):

    out = [tmp_path / name for name in ("grown.png", "grown.npz", "grown.safetensors")]
    asked = ["explain", "class_images", net, "--class", "3", "--class", "7", "--set", "steps=3"]
    written = [word for path in out for word in ("--out", str(path))]

    assert run([*asked, "--set", f"judge={net}", "--set", "coarse=1.0", *written]) == 0
    said = capsys.readouterr().out
    assert "another network: rank" in said
    assert "You should see parts of objects" in said
    with np.load(out[1]) as arrays:
        assert arrays["images"].shape == arrays["plain"].shape == (2, 1, 28, 28)
        assert arrays["twin"].shape == (2, 1, 28, 28)
    assert out[0].read_bytes().startswith(b"\x89PNG")
    assert out[2].stat().st_size > 2 * 3 * 28 * 28 * 4

    assert run([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [row["class"] for row in found["images"]] == ["3", "7"]
    assert all(1 <= row["rank"] <= 10 for row in found["images"])
    assert all(row["steps"] == 3 * (1 + row["rounds"]) for row in found["images"])


def test_class_images_that_miss_their_class_are_told_also_without_real_images(net, tmp_path, capsys):
    network = load_network(net)
    with torch.no_grad():
        [*network.module.parameters()][-1][0] = 1000.0
    network.save(tmp_path / "only-0")
    asked = ["explain", "class_images", str(tmp_path / "only-0"), "--class", "3", "--class", "7", "--json", "--set"]

    run([*asked, "steps=1"])
    [said] = json.loads(capsys.readouterr().out)["findings"]
    assert "another class scores higher" in said

    assert run([*asked, "steps=0"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"] == []


def test_class_images_that_were_not_grown_are_not_judged(net, capsys):
    assert run(["explain", "class_images", net, "--class", "3", "--set", "steps=0"]) == 0
    out = capsys.readouterr().out

    assert "Nothing was grown, with steps=0" in out
    assert "You should see" not in out


def test_unit_images_are_grown_and_written(net, tmp_path, capsys):
    out = [tmp_path / name for name in ("units.png", "units.npz")]
    asked = ["explain", "unit-images", net, "--unit", "conv2:1", "--unit", "conv2:mean:0", "--set", "steps=3"]

    assert run([*asked, "--out", str(out[0]), "--out", str(out[1])]) == 0
    assert "conv2:1: score" in capsys.readouterr().out
    with np.load(out[1]) as arrays:
        assert arrays["1.image"].shape == (1, 28, 28)
        assert arrays["0.image"].shape[1] < 28  # the receptive field

    assert run([*asked, "--json"]) == 0
    assert [row["kind"] for row in json.loads(capsys.readouterr().out)["images"]] == ["unit", "channel"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["unit_images", "NET"], "a unit must be named"),
        (["unit_images", "NET", "--unit", "conv1"], "--unit must be a layer and a channel"),
        (["unit_images", "NET", "--unit", "nowhere:1"], "nowhere"),
        (["unit_images", "NET", "--unit", "conv1:1", "--class", "3"], "unit_images must come without --class"),
        (["class_images", "NET", "--unit", "conv1:1"], "class_images must come without --unit"),
        (["class_images", "NET", "digits:1", "digits:2"], "class_images must begin at one image"),
        (["class_images", "NET", "--set", "natural=1"], "a prior with natural statistics must have real images"),
        (["gradient", "NET", "digits:1", "--unit", "conv1:1"], "--unit must come with unit_images"),
    ],
)
def test_what_cannot_be_grown_is_refused_in_one_line(arguments, says, net, capsys):
    assert run(["explain", *[net if part == "NET" else part for part in arguments]]) == 2

    assert says in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(set(VIEWS) - {"unit_images"}))
def test_a_unit_is_refused_by_every_other_view(name, capsys):
    assert run(["explain", name, "nowhere", "--unit", "conv1:1"]) == 2

    assert f"{name} must come without --unit" in capsys.readouterr().err


def test_the_words_on_a_method_are_those_of_the_rule(small_run, monkeypatch, capsys):
    asked = ["explain", "gradient,guided_backprop", str(small_run), "digits:17", "digits:600"]
    # Then chance is the limit: what lies above it is blind, and nothing is so only in part.
    monkeypatch.setattr(saliency_blind_to_weights, "LIMIT", -1.0)

    code = run([*asked, "--json"])
    checks = json.loads(capsys.readouterr().out)["checks"]
    blind = {name for name, one in checks.items() if one["correlation"] > one["chance"]}
    assert blind
    assert {name for name, one in checks.items() if one["findings"]} == blind
    assert all(name in message for name, one in checks.items() for message in one["findings"])
    assert run(asked) == code == 1
    told = capsys.readouterr().out
    assert "partly on the image alone" not in told
    assert told.count("it depends on what was learned") == len(checks) - len(blind)


def test_what_is_cut_off_an_image_is_said(net, tmp_path, capsys):
    tall = tmp_path / "tall.png"
    Image.fromarray(np.zeros((280, 56, 3), np.uint8)).save(tall)
    told = (
        f"{tall} entered as 280×56×3 → 28×28×1: made grey, 2 times smaller, its centre cut out; 20\u202f% of it seen."
    )

    assert run(["explain", "gradient", net, str(tall), "--no-check"]) == 0
    assert capsys.readouterr().out.count(told) == 1

    assert run(["explain", "gradient", net, str(tall), "digits:3", "--no-check", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["entered"] == [told]


def test_the_list_has_every_method_with_what_can_be_set(net, capsys):
    assert run(["explain", "--list"]) == 0
    out = capsys.readouterr().out

    starts = [line.partition(" (")[0] for line in out.splitlines() if "(" in line]
    assert starts == [*explainers(), *VIEWS]
    assert "smooth_grad (images): Which pixels would move these scores in the neighbourhood" in out
    assert "shortcuts (one data set): Do answers follow a place" in out
    assert "  --set tolerance, directions, seed\n" in out


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_has_the_settings_that_are_listed_and_no_other(name, net, tmp_path, capsys):
    words = [net] + (["--unit", "conv1:0"] if name == "unit_images" else ["digits:3"] if name != "weights" else [])
    layer = ["--layer", "conv1"] if name in {"activation_maps", "feature_occlusion", "neuron"} else []

    assert run(["explain", name, *words, *layer, "--set", "nonsense=1"]) == 2
    known = capsys.readouterr().err.split("Known: ")[1].split(".")[0].split(", ")
    listed = next(one for one in listed_methods() if one.name == name)
    assert known == sorted(listed.settings)
