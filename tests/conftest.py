"""What many tests share: a real network trained on real digits, once a session."""

from __future__ import annotations

import gc
import os
import pickle

import pytest
from filelock import FileLock

# One thread for each of the processes that share the tests: more make their small networks slower, and results differ by machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def pytest_collection_modifyitems(items):
    """A browser's test that failed is repeated as often as `make test` asks, and its failure printed all the same."""
    if reruns := int(os.environ.get("BROWSER_RERUNS", "0")):
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.flaky(reruns=reruns))


def pytest_collection_finish():
    """What all tests need is never looked through for garbage: 13,000 tests and torch are a million objects."""
    gc.collect()
    gc.freeze()


SMALL_TEXT = "input 1x28x28; conv 3x3 8, batchnorm, relu; maxpool 2; conv 3x3 16, batchnorm, relu; maxpool 2; fc 32, relu; classes 10"
INK_TEXT = "input 1x28x28; conv 3x3 8, batchnorm, relu; maxpool 2; conv 3x3 16, batchnorm, relu; globalavgpool; fc 16, relu; values 1"


@pytest.fixture(scope="session")
def digits():
    """The 5,000 built-in digits."""
    from striate.data import load_data

    return load_data("digits")


@pytest.fixture(scope="session")
def small_run(tmp_path_factory, digits):
    """The folder of a small network trained on digits for two epochs."""
    return _trained(tmp_path_factory.mktemp("small") / "run", SMALL_TEXT, digits)


@pytest.fixture(scope="session")
def ink_run(tmp_path_factory):
    """The folder of a small regression network: how much of a digit's picture is ink."""
    from striate.data import load_data

    return _trained(tmp_path_factory.mktemp("ink") / "run", INK_TEXT, load_data("digits:ink"))


@pytest.fixture(scope="session")
def small_inspection(small_run, digits, tmp_path_factory):
    """The report about the small network."""
    from striate.report import inspect

    return _shared(tmp_path_factory, "small", lambda: inspect(small_run, digits))


@pytest.fixture(scope="session")
def ink_inspection(ink_run, tmp_path_factory):
    """The report about the regression network."""
    from striate.report import inspect

    return _shared(tmp_path_factory, "ink", lambda: inspect(ink_run, "digits:ink"))


def _shared(tmp_path_factory, name, make):
    """What takes long is made by one of the processes that share the tests, and read by the others."""
    own = tmp_path_factory.getbasetemp()
    folder = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    kept = folder / f"{name}-inspection.pickle"
    with FileLock(f"{kept}.lock"):
        if not kept.exists():
            kept.write_bytes(pickle.dumps(make()))
        return pickle.loads(kept.read_bytes())


def _trained(folder, text, dataset):
    from striate.blueprint import Blueprint
    from striate.records import Recipe
    from striate.train import train

    recipe = Recipe(optimizer="adamw", rate=0.004, epochs=2, batch=50, weight_decay=0.05)
    train(Blueprint.from_text(text), dataset, recipe, folder)
    return folder
