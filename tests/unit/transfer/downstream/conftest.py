"""A network that was trained on the digits 0 to 4, and a store of what it makes of others."""

import pytest

from half_digits import TEXT, half


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """The folder of the network, as `striate train` leaves it."""
    from striate.blueprint import Blueprint
    from striate.records import Recipe
    from striate.train import train

    folder = tmp_path_factory.mktemp("downstream") / "run"
    recipe = Recipe(optimizer="adamw", rate=0.01, epochs=4, batch=32)
    train(Blueprint.from_text(TEXT), half(range(5)), recipe, folder, threads=1)
    return folder / "network"


@pytest.fixture(scope="session")
def data():
    """Twenty of each digit from 5 to 9."""
    return half(range(5, 10), 20)


@pytest.fixture(scope="session")
def store(trained, data, tmp_path_factory):
    """The address of a store with two layers of them."""
    from striate.features.extraction import extract
    from striate.records.vectors import VectorChoice

    address = tmp_path_factory.mktemp("downstream") / "vectors"
    extract(str(trained), data, address, VectorChoice(layers=("conv2", "conv3", "flatten1")), lanes=1)
    return address
