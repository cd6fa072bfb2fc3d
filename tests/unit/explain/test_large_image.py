"""An image of 400 million pixels, in tiles, within the memory promised; in processes of their own, which are measured."""

import json
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.long]

SIDE = 20_000
WRITE = f"""
from PIL import Image
picture = Image.linear_gradient("L").resize(({SIDE}, {SIDE})).convert("RGB")
picture.paste((250, 20, 20), (12_000, 4_000, 13_000, 5_000))
picture.save("large.jpg", quality=90)
"""
READ = f"""
import json, resource, sys
from striate.blueprint import Blueprint
from striate.data import read_picture
from striate.errors import DataError
from striate.events import Events
from striate.explain import prediction_maps
from striate.nets import from_blueprint

class Listener(Events):
    lines, last = [], None
    def log(self, message):
        self.lines.append(message)
    def progress(self, progress):
        Listener.last = progress

try:
    read_picture("large.jpg")
except DataError as error:
    refused = str(error)
picture = read_picture("large.jpg", most_pixels={SIDE * SIDE})
plan = "input 3x61x61; conv 5x5 8 stride 4 padding 0, relu; conv 3x3 16 stride 2 padding 0, relu; globalavgpool; classes a b c d"
found = prediction_maps(from_blueprint(Blueprint.from_text(plan)), picture, compared=9, as_scores=True, events=Listener())
print(json.dumps({{
    "refused": refused, "lines": Listener.lines, "done": Listener.last.done, "total": Listener.last.total,
    "positions": found.winner.shape, "largest": found.deviation.largest, "way": found.way,
    "inside": [float(abs(found.maps[:, 4_500 // 8, 12_500 // 8] - found.maps[:, 4_500 // 8, 9_000 // 8]).max())],
    "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
}}))
"""


@pytest.mark.timeout(1200)
def test_it_is_done_within_four_gigabytes_as_told_beforehand(tmp_path):
    subprocess.run([sys.executable, "-c", WRITE], cwd=tmp_path, check=True)
    ran = subprocess.run([sys.executable, "-c", READ], cwd=tmp_path, check=True, capture_output=True, text=True)
    found = json.loads(ran.stdout)

    assert found["peak_bytes"] < 4e9
    told = next(line for line in found["lines"] if "of memory" in line)
    amount, unit = told.split("about ")[1].split()[:2]
    assert unit == "GiB"
    # What Python and torch take by themselves, and what torch takes inside an operation, is not told.
    assert 0.5 * found["peak_bytes"] < float(amount) * 2**30 < found["peak_bytes"]
    assert "larger than 64,000,000 pixels (20000×20000)" in found["refused"]
    assert found["positions"] == [(SIDE - 61) // 8 + 1] * 2
    assert found["done"] == found["total"] == 400
    assert found["largest"] < 1e-5
    assert found["inside"][0] > 0.01
