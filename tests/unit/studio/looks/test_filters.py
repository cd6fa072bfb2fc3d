"""Which channels a unit reads, told by its filter: those that change it when they are silenced, also of convolutions in groups."""

import pytest
import torch
from starlette.testclient import TestClient

from striate.blueprint import Blueprint
from striate.nets import from_blueprint
from striate.studio.app import create_app
from striate.studio.looks.changing import Change, run_changed
from striate.studio.subject import subject_of

GROUPED = "input 2x8x8; conv 1x1 6; conv 3x3 4 groups 2; depthwise 3x3; globalavgpool; classes 2"


@pytest.fixture(scope="module")
def grouped():
    return subject_of(from_blueprint(Blueprint.from_text(GROUPED), seed=1), None)


def reads(subject, row, channel):
    """The channels of the row before whose silence is heard in a unit."""
    inputs = torch.rand(1, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    tap = subject.layers[row].reading.tap

    def value(changes):
        return run_changed(subject, inputs, changes, taps=[tap])[1][tap][0, channel]

    clean = value([])
    return {
        one
        for one in range(subject.layers[row - 1].channels)
        if not value([Change(row=row - 1, channel=one, factor=0.0)]).equal(clean)
    }


@pytest.mark.parametrize(("row", "channel"), [(1, 0), (1, 1), (1, 2), (1, 3), (2, 0), (2, 3)])
def test_a_grouped_convolution_reads_the_channels_of_its_group(grouped, row, channel):
    found = TestClient(create_app(grouped)).get(f"/api/units/{row}/{channel}/filter").json()
    channels = {one["channel"] for one in found["channels"]}

    assert channels == reads(grouped, row, channel)
    assert (found["first"], found["inputs"]) == (min(channels), len(channels))
