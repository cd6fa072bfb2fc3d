"""A small trained network and folders of real pictures."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def small_network(small_run):
    from striate.nets import load_network

    return load_network(small_run.folder if hasattr(small_run, "folder") else small_run)


@pytest.fixture
def pictures(tmp_path, digits):
    """Forty digits as PNG files in class folders, four a class, the first of each class twice."""
    from PIL import Image

    root = tmp_path / "pictures"
    targets = digits.targets().numpy()
    for number in range(10):
        (root / str(number)).mkdir(parents=True)
        own = np.flatnonzero(targets == number)[:3]
        for index in (*own, own[0]):
            name = f"{len(list((root / str(number)).iterdir()))}.png"
            Image.fromarray(digits.read(int(index))[0].numpy()).save(root / str(number) / name)
    return root


@pytest.fixture(scope="session")
def few_digits(digits):
    """Two hundred digits as a data set of their own, one of them twice."""
    from striate.data import load_data

    chosen = [*range(0, 5000, 25), 0]
    return load_data((np.stack([digits.read(index)[0].numpy() for index in chosen]), digits.targets().numpy()[chosen]))
