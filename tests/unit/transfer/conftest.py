"""A small network that really was pretrained: on scikit-learn's digits 0 to 4; and digits 5 to 9 to adapt it to."""

import pytest
import torch

TEXT = (
    "input 1x8x8; conv 3x3 8, batchnorm, relu; conv 3x3 8, batchnorm, relu; maxpool 2; conv 3x3 16, batchnorm, relu; "
    "fc 24, relu; classes 5"
)


def half(wanted, count=None, *, targets=None):
    """Digits of some classes, so many of each, as 8 × 8 grey images; `targets` makes something else of the classes."""
    from sklearn.datasets import load_digits

    from striate.data import load_data

    images, classes = load_digits(return_X_y=True)
    images = torch.from_numpy(images.reshape(-1, 8, 8) * 15).byte()
    kept = [n for name in wanted for n in [n for n, one in enumerate(classes) if one == name][:count]]
    told = [f"digit {classes[n]}" for n in kept] if targets is None else [targets(int(classes[n])) for n in kept]
    return load_data((images[kept], told))


@pytest.fixture(scope="session")
def pretrained(tmp_path_factory):
    """The folder of the network, as `striate train` leaves it."""
    from striate.blueprint import Blueprint
    from striate.records import Recipe
    from striate.train import train

    folder = tmp_path_factory.mktemp("pretrained") / "run"
    recipe = Recipe(optimizer="adamw", rate=0.01, epochs=4, batch=32)
    train(Blueprint.from_text(TEXT), half(range(5)), recipe, folder, threads=1)
    return folder / "network"


@pytest.fixture
def network(pretrained):
    """It, read anew."""
    from striate.nets import Network

    return Network.read(pretrained)


@pytest.fixture(scope="session")
def data():
    """Twenty of each digit from 5 to 9."""
    return half(range(5, 10), 20)


@pytest.fixture
def bench(network, data):
    """Everything that measurements of an adaptation have in common."""
    import time

    from striate.events import SILENT
    from striate.train.device import accelerated
    from striate.transfer import extract_features
    from striate.transfer.ground import Clock
    from striate.transfer.preparing import divide, prepare, try_pass

    tried, parts = try_pass(network, data), divide(data)
    features = extract_features(network, data, range(len(data)), tried.cuts)
    with accelerated() as device:
        clock = Clock(began=time.monotonic(), budget_s=60.0)
        yield prepare(network, data, parts, device, clock, tried=tried, features=features, events=SILENT)
