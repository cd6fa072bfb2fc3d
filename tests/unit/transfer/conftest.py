"""A small network that really was pretrained: on scikit-learn's digits 0 to 4; and digits 5 to 9 to adapt it to."""

import pytest

from half_digits import TEXT, half


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
