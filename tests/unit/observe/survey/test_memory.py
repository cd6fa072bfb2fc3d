"""The peak of a process that surveys files does not grow with their number."""

import subprocess
import sys

import numpy as np
import pytest

pytestmark = pytest.mark.slow

FEW, MANY = 600, 2400
SURVEYED = """
import resource, sys
from striate.blueprint import Blueprint
from striate.data import load_data
from striate.nets import load_network
from striate.observe.survey import survey

net = load_network(Blueprint.from_text("input 3x32x32; conv 3x3 16, relu; maxpool 2; conv 3x3 32, relu; globalavgpool; classes 2"))
found = survey(net, load_data(sys.argv[1]), range(int(sys.argv[2])), folder=sys.argv[3], lanes=1, memory_format="plain")
assert found.layers[0].images == int(sys.argv[2])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    from PIL import Image

    folder = tmp_path_factory.mktemp("pictures")
    draw = np.random.default_rng(0)
    for number in range(MANY):
        place = folder / "ab"[number % 2]
        place.mkdir(exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(place / f"{number}.png")
    return folder


def peak_mb(pictures, images, folder):
    ran = subprocess.run(
        [sys.executable, "-c", SURVEYED, str(pictures), str(images), str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(ran.stdout) / 1024


def test_the_peak_does_not_grow_with_the_number_of_images(pictures, tmp_path):
    few, many = (peak_mb(pictures, images, tmp_path / str(images)) for images in (FEW, MANY))

    # The maps of one image alone are 96 kB: of 1,800 more, 170 MB.
    assert many - few < 8
