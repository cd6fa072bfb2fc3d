"""Sounds, spectrograms, volumes and images of seven channels are trained, stopped, gone on with, saved and read."""

import json

import numpy as np
import pytest
import torch

from striate.blueprint import Blueprint
from striate.data import ReadAs, batches, load_data
from striate.errors import Cancelled, InputError, ShapeError
from striate.events import Events
from striate.fingerprint import of_file
from striate.nets import Network, load_network, with_channels
from striate.nets.references import from_blueprint
from striate.records import Preprocessing, Recipe, Sound
from striate.runs import Run
from striate.train import read_split, train

RECIPE = Recipe(optimizer="adamw", rate=0.02, epochs=3, batch=9, shift_px=2, seed=4)


def waves(count=60, length=300):
    """Decaying strings (0) and bursts of noise (1), as float32 (n, length)."""
    rng, times = np.random.default_rng(0), np.arange(length) / 1000
    strings = [np.exp(-8 * times) * np.sin(2 * np.pi * rng.uniform(60, 200) * times) for _ in range(count // 2)]
    bursts = [0.3 * rng.normal(size=length) * np.exp(-(((times - 0.15) / 0.05) ** 2)) for _ in range(count // 2)]
    return np.array([wave for pair in zip(strings, bursts, strict=True) for wave in pair], np.float32)


def scans(count=60):
    """Full balls (0) and shells (1) in noise, int16 (n, 8, 9, 10)."""
    rng = np.random.default_rng(0)
    away = np.sqrt(sum((axis - middle) ** 2 for axis, middle in zip(np.mgrid[:8, :9, :10], (3.5, 4, 4.5), strict=True)))
    shapes = [(away < 3.5) if index % 2 == 0 else (away < 3.5) & (away > 2) for index in range(count)]
    return np.array([800 * shape + rng.normal(0, 60, away.shape) - 1000 for shape in shapes]).astype(np.int16)


TARGETS = [index % 2 for index in range(60)]
PROBLEMS = {
    "signal": (
        "input 1x256; conv 9 6 stride 4, batchnorm, relu; conv 9 6 stride 4, relu, dropout 0.2; globalavgpool; classes 2",
        lambda: load_data((waves(), TARGETS)),
    ),
    "spectrogram": (
        "input 1x16x12; conv 3x3 6, batchnorm, relu; maxpool 2; conv 3x3 6, relu; globalavgpool; classes 2",
        lambda: load_data((waves(), TARGETS), read_as=ReadAs(sound=Sound(sample_rate_hz=1000, window_ms=64))),
    ),
    "volume": (
        "input 1x6x6x6; conv 3x3x3 6, batchnorm, relu; conv 3x3x3 6, relu; globalavgpool; classes 2",
        lambda: load_data((scans(), TARGETS), read_as=ReadAs(axes=3)),
    ),
    "seven channels": (
        "input 7x9x10; conv 3x3 6, batchnorm, relu; globalavgpool; classes 2",
        lambda: load_data((scans()[:, :7], TARGETS)),
    ),
}


class After(Events):
    """Asks to stop after a step."""

    def __init__(self, step):
        self.step, self.is_reached = step, False

    def progress(self, progress):
        self.is_reached |= progress.task == "training" and progress.done == self.step

    def is_cancelled(self):
        return self.is_reached


@pytest.mark.parametrize("name", PROBLEMS)
def test_a_stopped_training_goes_on_to_the_same_weights(name, tmp_path):
    text, load = PROBLEMS[name]
    plan, data = Blueprint.from_text(text), load()
    whole = train(plan, data, RECIPE, tmp_path / "whole", threads=1)

    with pytest.raises(Cancelled):
        train(plan, data, RECIPE, tmp_path / "run", events=After(7), threads=1)
    train(plan, load(), RECIPE, tmp_path / "run", threads=1)

    weights = [of_file(tmp_path / folder / "network/weights.safetensors") for folder in ("whole", "run")]
    assert weights[0] == weights[1]
    assert whole.curve.epochs[-1].validation_loss < whole.curve.epochs[0].validation_loss


@pytest.mark.parametrize(("name", "rate"), [("spectrogram", 0.05), ("volume", 0.03), ("signal", 0.05)])
def test_what_is_easy_is_learned(name, rate, tmp_path):
    text, load = PROBLEMS[name]

    trained = train(Blueprint.from_text(text), load(), Recipe(rate=rate, epochs=15, batch=9), tmp_path / "run")

    assert trained.curve.epochs[-1].score > 0.8


def test_a_saved_network_knows_how_it_hears(tmp_path):
    text, load = PROBLEMS["spectrogram"]
    data = load()

    trained = train(Blueprint.from_text(text), data, Recipe(epochs=1, batch=9), tmp_path / "run")

    read = load_network(tmp_path / "run")
    assert read.preprocessing == trained.network.preprocessing
    mel = read.preprocessing.mel
    assert (mel.bands, mel.window, read.preprocessing.sample_rate_hz) == (16, 64, 1000)
    (batch,) = batches(data, (0,), read.preprocessing, batch_size=1)
    (same,) = batches(data, (0,), trained.network.preprocessing, batch_size=1)
    assert torch.equal(batch.images, same.images)


def test_networks_of_older_versions_are_still_read(tmp_path):
    network = from_blueprint(Blueprint.from_text("input 1x8x8; conv 3x3 2; globalavgpool; classes 2"))
    network.save(tmp_path)
    document = json.loads((tmp_path / "network.json").read_text())
    for name in ("scale", "sample_rate_hz", "mel"):
        del document["preprocessing"][name]
    (tmp_path / "network.json").write_text(json.dumps(document | {"schema": "striate/network/2"}))

    assert Network.read(tmp_path).preprocessing == network.preprocessing


def test_a_run_remembers_how_its_numbers_were_meant(tmp_path):
    for index, scan in enumerate(scans()):
        (tmp_path / "scans" / str(index % 2)).mkdir(parents=True, exist_ok=True)
        np.save(tmp_path / "scans" / str(index % 2) / f"{index}.npy", scan)
    data = load_data(tmp_path / "scans", read_as=ReadAs(axes=3, scale=(-1200.0, 0.0)))
    trained = train(Blueprint.from_text(PROBLEMS["volume"][0]), data, Recipe(epochs=1, batch=9), tmp_path / "run")

    found, split = read_split(Run.read(tmp_path / "run"))

    assert found.axes == 3
    assert split == trained.split
    assert trained.network.preprocessing.scale == (-1200.0, 0.0)


def test_another_meaning_is_another_training(tmp_path):
    text, load = PROBLEMS["volume"]
    train(Blueprint.from_text(text), load(), Recipe(epochs=1, batch=9), tmp_path / "run")
    other = load_data((scans(), TARGETS), read_as=ReadAs(axes=3, scale=(0.0, 1.0)))

    with pytest.raises(InputError, match="run"):
        train(Blueprint.from_text(text), other, Recipe(epochs=1, batch=9), tmp_path / "run")


def test_a_network_of_pictures_is_given_what_it_does_not_say_of_sounds(tmp_path):
    three = from_blueprint(Blueprint.from_text("input 3x16x12; conv 3x3 4, relu; globalavgpool; classes 2"))
    stated = Preprocessing(shape=(3, 16, 12), mean=(0.4, 0.5, 0.6), std=(0.1, 0.2, 0.3), scaled_px=(20, 20))
    given = Network(module=three.module, preprocessing=stated, output=three.output, origin=three.origin)
    data = PROBLEMS["spectrogram"][1]()

    trained = train(given, data, Recipe(epochs=1, batch=9), tmp_path / "run")
    mono = train(with_channels(given, 1), data, Recipe(epochs=1, batch=9), tmp_path / "mono")

    how = trained.network.preprocessing
    assert (how.mean, how.std, how.scaled_px) == (stated.mean, stated.std, ())
    assert (how.mel.bands, how.sample_rate_hz, how.scale[0]) == (16, 1000, -100.0)
    (batch,) = batches(data, (0,), how, batch_size=1)
    unit = batch.images[0] * torch.tensor(how.std)[:, None, None] + torch.tensor(how.mean)[:, None, None]
    torch.testing.assert_close(unit, unit[:1].repeat(3, 1, 1))
    assert mono.network.preprocessing.mel == how.mel
    assert given.preprocessing == stated


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("input 1x4x4x4; conv 3x3x3 2; globalavgpool; classes 2", "one axis of space"),
        ("input 2x256; conv 9 2; globalavgpool; classes 2", "signals must have the input's 2 channels; got 1"),
    ],
)
def test_networks_of_other_axes_or_channels_are_refused(text, message, tmp_path):
    with pytest.raises(ShapeError, match=message):
        train(Blueprint.from_text(text), load_data((waves(), TARGETS)), RECIPE, tmp_path / "run")
