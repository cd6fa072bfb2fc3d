"""`query_of`: a sample of listed files is asked about as its own row is."""

import numpy as np
import pytest
import torch
from PIL import Image  # noqa: TID253 - tests write real files

from striate.blueprint import Blueprint
from striate.errors import DataError
from striate.features.extraction import extract, loading
from striate.features.neighbours import query_of
from striate.features.store import VectorStore
from striate.nets import load_network
from striate.records.vectors import VectorChoice


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return load_network(Blueprint.from_text("input 3x32x32; conv 3x3 6 stride 2, relu; globalavgpool; classes 3"))


@pytest.fixture
def photos(tmp_path):
    """Two parts of two classes, two large JPEGs each."""
    draw = np.random.default_rng(0)
    for place in ("train/cat/0", "train/cat/1", "train/dog/2", "train/dog/3", "test/cat/4", "test/dog/5"):
        path = tmp_path / "photos" / f"{place}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(draw.integers(0, 256, (300, 200, 3), np.uint8)).save(path)
    return tmp_path / "photos"


def test_a_sample_of_part_folders_has_the_vector_path_and_place_of_its_row(net, photos, monkeypatch):
    store = photos.parent / "vectors"
    extract(net, photos, store, VectorChoice(is_reduced=True))
    opened = VectorStore.open(store)
    held = opened.vectors()
    read = []
    decode = loading.decode_file
    monkeypatch.setattr(
        loading, "decode_file", lambda name, *more, **how: (read.append(name), decode(name, *more, **how))[1]
    )

    query = query_of(f"{photos}:3", opened, network=net)

    row = held.column("place").index(query.image.place)
    assert read == [f"{query.image.place.rpartition('/')[2]}"]
    assert query.image.path == held.column("path")[row]
    assert query.image.content == held.column("content")[row]
    np.testing.assert_array_equal(query.vector, held.values[row])


def test_an_index_beyond_the_files_is_refused(net, photos):
    store = photos.parent / "vectors"
    extract(net, photos, store)

    with pytest.raises(DataError, match="index must be 0 … 5"):
        query_of(f"{photos}:6", VectorStore.open(store), network=net)
