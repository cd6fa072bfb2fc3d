"""`striate explain` on the command line: what it prints, refuses and writes."""

import json

import numpy as np
import pytest
from safetensors import safe_open

from striate.blueprint import Blueprint
from striate.cli.app import run
from striate.cli.explaining import explainers
from striate.explain import SALIENCY

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
        (["gradient", "NET", "digits:17", "--class", "10"], "class must be a known name"),
        (["gradient", "NET", "digits:17", "--layer", "conv1"], "--layer must come with"),
        (["grad_cam", "NET", "digits:17", "--layer", "conv9"], "Did you mean conv"),
        (["gradient", "NET", "digits:17", "--set", "samples=3"], "--set must name a setting"),
        (["smooth_grad", "NET", "digits:17", "--set", "samples"], "a name and a value"),
        (["smooth_grad", "NET", "digits:17", "--set", "samples=many"], "of its type, int"),
        (["smooth_grad", "NET", "digits:17", "--set", "samples=0"], "at least 1"),
        (["gradient", "NET", "digits:17", "--out", "map.jpg"], "--out must end with"),
        (["gradient", "NET", "nothing"], "must name something"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(arguments, says, net, capsys):
    assert run(["explain", *[net if part == "NET" else part for part in arguments]]) == 2

    assert says in capsys.readouterr().err
