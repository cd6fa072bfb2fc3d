"""A studio of a network that was trained on digits."""

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load
from starlette.testclient import TestClient

from striate.studio.app import create_app
from striate.studio.opening import subject_from


@pytest.fixture(scope="session")
def studio(small_run, digits):
    """The subject of a small network and the digits."""
    return subject_from(str(small_run), digits)


@pytest.fixture(scope="session")
def client(studio):
    """Asks a studio's application; what breaks in it is answered, as a browser would see it."""
    return TestClient(create_app(studio), raise_server_exceptions=False)


@pytest.fixture
def tensors(tmp_path):
    """Reads an answer with the safetensors package: arrays by name, and the metadata."""

    def read(data):
        path = tmp_path / "answer.safetensors"
        path.write_bytes(data)
        with safe_open(path, "numpy") as file:
            metadata = dict(file.metadata() or {})
        return {name: np.asarray(value) for name, value in load(data).items()}, metadata

    return read
