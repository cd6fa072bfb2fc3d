"""A report takes objects from the data's own manifest, and says what it cannot use."""

import numpy as np
import pytest
import torch
from PIL import Image  # noqa: TID253 - tests write real files
from torch import nn

from striate.data import load_data
from striate.events import Events
from striate.nets import Network, Origin
from striate.records import Output, Preprocessing
from striate.report.gathering.budget import budget_for
from striate.report.gathering.shortcuts import shortcuts_of


class Corner(nn.Module):
    """Answers with the class whose brightness the corner has."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(200.0))

    def forward(self, x):
        return -self.scale * (x[:, 0, :2, :2].mean((1, 2))[:, None] - torch.tensor([0.2, 0.8])) ** 2


class Lines(Events):
    def __init__(self):
        self.lines = []

    def log(self, message):
        self.lines.append(message)


@pytest.fixture
def network():
    return Network(
        module=Corner(),
        preprocessing=Preprocessing(shape=(1, 12, 12), mean=(0.0,), std=(1.0,)),
        output=Output(kind="classes", names=("a", "b")),
        origin=Origin(kind="module", text="toy"),
    )


def manifest(folder, box):
    rng = np.random.default_rng(0)
    rows = ["path,label,box"]
    for number in range(24):
        pixels = rng.integers(0, 256, (12, 12), np.uint8)
        pixels[:2, :2] = (51, 204)[number % 2]
        Image.fromarray(pixels).save(folder / f"{number}.png")
        rows.append(f'{number}.png,{"ab"[number % 2]},"{box}"')
    (folder / "m.csv").write_text("\n".join(rows))
    return load_data(str(folder / "m.csv"))


def test_boxes_of_the_manifest_are_the_objects(network, tmp_path):
    data = manifest(tmp_path, "6,6,12,12")
    found = shortcuts_of(network, data, range(24), budget_for(100, images=1, outputs=2), seed=0, events=Events())

    assert found.background.is_given
    assert found.on_object.areas.tolist() == pytest.approx([0.25] * len(found.on_object.samples))
    assert found.on_object.shares.max() == 0.0


def test_a_column_that_means_something_else_is_said_and_left_alone(network, tmp_path):
    data, events = manifest(tmp_path, "shelf 3"), Lines()
    found = shortcuts_of(network, data, range(24), budget_for(100, images=1, outputs=2), seed=0, events=events)

    assert found.on_object is None
    assert any("objects of the manifest not used" in line and "shelf 3" in line for line in events.lines)
