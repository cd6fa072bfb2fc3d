import numpy as np
import pytest

from striate.records import ClassImages
from striate.report.pictures.grown import class_lines


@pytest.mark.parametrize(
    ("rounds", "pull", "says"),
    [
        (0, 1.0, ()),
        (1, 1.0, ("20 steps, the last 10 without views",)),
        (3, 16.0, ("40 steps, the last 30 without views, prior at 1/16",)),
    ],
)
def test_an_image_that_went_on_says_for_how_many_steps(rounds, pull, says):
    pictures, ones = np.zeros((1, 1, 4, 4), np.float32), np.ones(1, np.float32)
    found = ClassImages(
        names=("cat",),
        images=pictures,
        plain=pictures,
        probability=ones,
        plain_probability=ones,
        detail=ones,
        plain_detail=ones,
        data_detail=(0.0, 1.0),
        steps=10,
        seed=0,
        rank=(1,),
        pull=(pull,),
        rounds=(rounds,),
    )

    assert tuple(line for line in class_lines(found, 0) if "steps" in line) == says
