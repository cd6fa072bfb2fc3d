"""`striate dense --page`: what it writes, and what it refuses."""

import pytest

from striate.blueprint import Blueprint
from striate.cli.app import run


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "net.yaml"
    text = "input 3x16x16; conv 3x3 4, relu; maxpool 2; globalavgpool; classes cat dog bird"
    path.write_text(Blueprint.from_text(text).to_yaml(), encoding="utf-8")
    return str(path)


@pytest.fixture
def image(tmp_path):
    import numpy as np
    from PIL import Image

    path = tmp_path / "noise.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(path)
    return path


def test_a_page_is_written_beside_what_is_printed(net, image, tmp_path, capsys):
    assert run(["dense", net, str(image), "--page", str(tmp_path / "maps.html")]) == 0

    assert f"Wrote {tmp_path / 'maps.html'}." in capsys.readouterr().out
    text = (tmp_path / "maps.html").read_text(encoding="utf-8")
    assert all(f'"{name}"' in text for name in ("cat", "dog", "bird"))


def test_a_probability_of_1_is_not_written_and_a_class_called_by_a_number_is_named(image, tmp_path):
    import torch

    from striate.nets import from_blueprint

    network = from_blueprint(
        Blueprint.from_text("input 3x16x16; conv 3x3 4, relu; maxpool 2; globalavgpool; classes 2")
    )
    with torch.no_grad():
        network.module.classes.bias.copy_(torch.tensor([90.0, 0.0]))
    network.save(tmp_path / "sure")

    assert run(["dense", str(tmp_path / "sure"), str(image), "--page", str(tmp_path / "maps.html")]) == 0

    page = (tmp_path / "maps.html").read_text(encoding="utf-8")
    assert "Class 0 is strongest, probability above 0.999, around row" in page
    assert "is answered class 0, probability above 0.999." in page


def test_of_a_huge_image_the_classes_must_be_named_before_any_work(net, image, tmp_path, monkeypatch, capsys):
    import striate.explain

    monkeypatch.setattr(striate.explain, "prediction_maps", None)
    asked = ["dense", net, str(image), "--size", "2000x2100", "--compare", "0", "--page", str(tmp_path / "maps.html")]

    assert run(asked) == 2
    assert "--page must come with --classes" in capsys.readouterr().err
