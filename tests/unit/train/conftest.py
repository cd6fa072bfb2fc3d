"""A small problem that a small network learns in a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch

from striate.blueprint import Blueprint
from striate.data import Dataset, load_data
from striate.records import Recipe


def pictures(count: int) -> torch.Tensor:
    """Noise of 8×8 pixels with a bright band whose row is the class, 0 … 2."""
    generator = torch.Generator().manual_seed(5)
    images = torch.randint(0, 120, (count, 8, 8), generator=generator)
    for index in range(count):
        images[index, 1 + 2 * (index % 3)] += 100
    return images.to(torch.uint8)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """These networks are too small for two; on a busy machine two threads wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session", name="pictures")
def pictures_fixture() -> Callable[[int], torch.Tensor]:
    """The pictures, for tests that give them other targets."""
    return pictures


@pytest.fixture(scope="session")
def data() -> Dataset:
    """90 pictures in three classes: 63 to train on, 9 to validate on, 18 held out."""
    return load_data((pictures(90), [index % 3 for index in range(90)]))


@pytest.fixture(scope="session")
def plan() -> Blueprint:
    """Batch normalisation and dropout are in it, since they are what is hard to resume."""
    return Blueprint.from_text(
        "input 1x8x8; conv 3x3 4, batchnorm, relu; maxpool 2; fc 8, relu, dropout 0.5; classes 3"
    )


@pytest.fixture
def recipe() -> Recipe:
    """7 steps an epoch, with everything on that draws random numbers."""
    return Recipe(
        optimizer="adamw", rate=0.01, epochs=3, batch=9, weight_decay=0.1, shift_px=1, label_smoothing=0.1, seed=4
    )
