"""Reports about networks of signals, spectrograms, volumes and images of seven channels."""

import json

import numpy as np
import pytest

from striate.blueprint import Blueprint
from striate.data import ReadAs, load_data
from striate.records import Recipe, Sound
from striate.report import inspect
from striate.train import train

pytestmark = pytest.mark.slow
RNG = np.random.default_rng(0)
TARGETS = [index % 2 for index in range(60)]
NEVER_OF_SIGNALS = {"patches", "occlusion", "saliency", "shortcuts", "class-images"}


def waves():
    times = np.arange(400) / 1000
    return np.array(
        [
            np.exp(-8 * times) * np.sin(2 * np.pi * RNG.uniform(60, 200) * times)
            if index % 2 == 0
            else 0.3 * RNG.normal(size=400)
            for index in range(60)
        ]
    )


def report(text, data, folder):
    train(Blueprint.from_text(text), data, Recipe(epochs=2, batch=9, rate=0.01), folder)
    found = inspect(folder, data)
    page = json.loads(found.path.read_text().split('id="striate-page">')[1].split("</script>")[0])
    assert found.failures == ()
    return found, page, {section["id"]: section for section in page["sections"]}


def rows(section):
    return {row[0]: row[1] for row in section["figures"][0]["table"]["rows"]}


def test_a_network_of_signals_has_curves_and_says_what_is_left_out(tmp_path):
    text = "input 2x400; conv 9 6 stride 4, relu; conv 9 6 stride 4, relu; globalavgpool; classes 2"
    data = load_data((np.stack([waves(), waves()], 1), TARGETS), read_as=ReadAs(axes=1))

    found, page, sections = report(text, data, tmp_path / "run")

    assert not NEVER_OF_SIGNALS & set(sections)
    assert {"network", "training", "filters", "activations", "map", "backward", "mistakes"} <= set(sections)
    assert (
        "Left out: top patches, occlusion, saliency, class images (they are drawn on images; the input is a signal)."
        in page["prose"]
    )
    image = sections["activations"]["figures"][0]
    assert image["scale"]["unit"] == "the signal over time, ±4 standard deviations high"
    assert found.evidence.scoreboard.count == 12


def test_a_network_of_spectrograms_has_everything_and_says_how_it_hears(tmp_path):
    text = "input 1x12x12; conv 3x3 6, relu; maxpool 2; conv 3x3 6, relu; globalavgpool; classes 2"
    data = load_data((waves(), TARGETS), read_as=ReadAs(sound=Sound(sample_rate_hz=1000, window_ms=64)))

    _, page, sections = report(text, data, tmp_path / "run")

    assert set(sections) >= NEVER_OF_SIGNALS
    assert "Left out" not in page["prose"]
    assert sections["activations"]["figures"][0]["scale"]["unit"].startswith("log power of the sound")
    made = rows(sections["made"])
    assert made["Hearing"].startswith(
        "Sounds are heard at 1000 Hz as 12 mel bands, 0 to 500 Hz, in 12 frames of 64 ms every"
    )
    assert "0 and 1 are −100 and" in made["Preprocessing"]


def test_a_network_of_volumes_has_slices_and_says_what_is_left_out(tmp_path):
    text = "input 1x6x7x8; conv 3x3x3 6, relu; maxpool 2; conv 3x3x3 6, relu; globalavgpool; classes 2"
    values = RNG.normal(size=(60, 6, 7, 8)) + 2.0 * np.array(TARGETS)[:, None, None, None]
    data = load_data((values, TARGETS), read_as=ReadAs(axes=3))

    _, page, sections = report(text, data, tmp_path / "run")

    assert not NEVER_OF_SIGNALS & set(sections)
    assert "the input is a volume" in page["prose"]
    assert "Of volumes the slices along the depth" in sections["filters"]["caption"]["source"]
    image, first, *_ = sections["activations"]["figures"]
    assert first["note"] == "6 maps of 6×7×8"
    assert "the slices through its middle" in image["scale"]["unit"]


def test_a_network_of_seven_channels_has_a_whole_report(tmp_path):
    text = "input 7x12x12; conv 3x3 6, relu; maxpool 2; globalavgpool; classes 2"
    values = RNG.integers(0, 200, (60, 7, 12, 12)).astype(np.uint8)
    values[::2, 3, 4:8, 4:8] = 255

    _, _, sections = report(text, load_data((values, TARGETS)), tmp_path / "run")

    assert set(sections) >= NEVER_OF_SIGNALS
    assert sections["occlusion"]["figures"][0]["image_scale"]["kind"] == "grey"
