"""What a row says of truth and answer, for classes, labels and values, by hand."""

import io
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from striate.data.reading import Entry
from striate.features.extraction.loading import Loaded, thumbnail
from striate.features.extraction.rows import rows_of
from striate.records import Output, Preprocessing
from striate.records.vectors import VectorLayer, VectorSpec


def spec(output, **how):
    return VectorSpec(
        network="n",
        weights_key="k",
        layers=(VectorLayer(name="l", column="vector", size=1, pooling="flat"),),
        views="centre",
        is_normalised=False,
        preprocessing=Preprocessing(shape=(1, 2, 2), mean=(0.0,), std=(1.0,), **how),
        output=output,
        is_reduced=True,
        batch_size=8,
        memory_format="plain",
    )


def row(output, scores, target, truth, **how):
    loaded = Loaded(entry=Entry(path=Path(), place="p", target=target), content="c")
    rows = rows_of([loaded], {"l": torch.ones(1, 1)}, torch.tensor([scores]), spec(output, **how), truth)
    return rows.to_pylist()[0]


CLASSES = Output(kind="classes", names=("cat", "dog"))


def test_a_class_has_a_probability_and_a_loss():
    found = row(CLASSES, [0.0, math.log(3.0)], 0, CLASSES)

    assert (found["label"], found["prediction"], found["targets"]) == ("cat", "dog", [0.0])
    assert found["confidence"] == pytest.approx(0.75)
    assert found["loss"] == pytest.approx(math.log(4.0))


def test_classes_are_met_by_name():
    other = Output(kind="classes", names=("bird", "dog"))

    assert row(CLASSES, [0.0, math.log(3.0)], 1, other)["loss"] == pytest.approx(math.log(4 / 3))
    assert row(CLASSES, [0.0, 1.0], 0, other)["loss"] is None
    assert row(CLASSES, [0.0, 1.0], None, None)["loss"] is None


def test_labels_hold_above_a_half():
    output = Output(kind="labels", names=("red", "round", "small"))
    found = row(output, [1.0, -1.0, 2.0], (1, 0, 0), output)

    assert (found["label"], found["prediction"]) == ("red", "red;small")
    expected = (math.log1p(math.exp(-1)) * 2 + math.log1p(math.exp(2))) / 3
    assert found["loss"] == pytest.approx(expected, rel=1e-5)


def test_values_come_back_on_their_own_scale():
    output = Output(kind="values", names=("ink",))
    found = row(output, [2.0], (9.0,), output, value_mean=(1.0,), value_std=(3.0,))

    assert (found["label"], found["prediction"], found["targets"]) == (None, "7", [9.0])
    assert found["loss"] == pytest.approx(4.0)


def test_a_vector_that_is_not_finite_is_no_vector():
    loaded = [Loaded(entry=Entry(path=Path(), place=name, target=None), content=name) for name in "ab"]
    vectors = {"l": torch.tensor([[1.0], [math.inf]])}
    rows = rows_of(loaded, vectors, torch.zeros(2, 2), spec(CLASSES), None).to_pylist()

    assert [one["vector"] for one in rows] == [[1.0], None]
    assert [one["error"] for one in rows] == [None, "the network's vector is not finite"]
    assert rows[1]["prediction"] is None


def test_a_thumbnail_is_the_file_pillow_makes_of_the_colour_picture():
    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (150, 200, 3), dtype=np.uint8)
    picture, file = Image.fromarray(pixels), io.BytesIO()
    picture.thumbnail((64, 64), Image.Resampling.BILINEAR, reducing_gap=2.0)
    picture.save(file, "JPEG", quality=80)

    assert thumbnail(torch.from_numpy(pixels).permute(2, 0, 1)) == file.getvalue()


def test_thumbnails_keep_small_pictures_and_shrink_large_ones():
    from PIL import Image

    small = torch.arange(64, dtype=torch.uint8).reshape(1, 8, 8)
    large = torch.zeros(3, 200, 400, dtype=torch.uint8)
    volume = torch.zeros(1, 3, 8, 8, dtype=torch.uint8)
    volume[0, 1] = small[0]

    assert list(Image.open(io.BytesIO(thumbnail(small))).get_flattened_data()) == list(range(64))
    assert Image.open(io.BytesIO(thumbnail(large))).size == (64, 32)
    assert thumbnail(volume) == thumbnail(small)
    assert thumbnail(torch.zeros(1, 100)) is None
