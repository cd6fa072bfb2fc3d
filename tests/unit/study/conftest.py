import numpy as np
import pytest

from striate.study import study_from

TEXT = """
schema: striate/study/1
question: Is it the depth?
network: input 1x8x8; let w 4; (conv 3 w, relu) x$depth; globalavgpool; classes 3
data: {data}
factors:
  depth: [1, 2]
  optimizer: [adam, sgd]
fixed: {{macs: reference, over: w, within_percent: 60}}
recipe: {{epochs: 1, batch: 10}}
seeds: 2
"""


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    from PIL import Image

    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for number, name in enumerate(("dots", "bars", "lines")):
        (folder / name).mkdir()
        for picture in range(30):
            pixels = rng.integers(0, 80, (8, 8)) + 80 * number
            Image.fromarray(pixels.astype(np.uint8)).save(folder / name / f"{picture}.png")
    return folder


@pytest.fixture(scope="session")
def small(pictures):
    return study_from(TEXT.format(data=pictures))
