"""`explain_similarity`: what the query has already is not made again, and what cannot be found again is told."""

import pytest
from PIL import Image  # noqa: TID253 - tests write real files

from striate.data import load_data
from striate.errors import DataError
from striate.explain.similarity import explain_similarity, picture_of
from striate.features.extraction import extract
from striate.features.neighbours import query, query_of, search
from striate.features.store import VectorStore


@pytest.fixture
def photos(digits, tmp_path):
    for number in range(0, 5000, 500):
        path = tmp_path / f"photos/{number // 500}/{number}.png"
        path.parent.mkdir(parents=True)
        Image.fromarray(digits.read(number)[0].numpy()).save(path)
    return tmp_path / "photos"


def test_a_sample_of_a_folder_is_explained_with_one_network_and_its_picture_read_once(small_run, photos, monkeypatch):
    extract(str(small_run), photos, photos.parent / "vectors")
    store = VectorStore.open(photos.parent / "vectors")
    loads, reads = [], []
    load, read = query.load_network, query.load_file
    monkeypatch.setattr(query, "load_network", lambda *args: (loads.append(args), load(*args))[1])
    monkeypatch.setattr(query, "load_file", lambda *args: (reads.append(args[0].path.name), read(*args))[1])

    asked = query_of(f"{photos}:3", store)
    nearest = search(store, asked, count=1).neighbours[0]
    found = explain_similarity(store, asked, nearest.image, others=0)

    assert len(loads) == 1
    assert reads == ["1500.png", nearest.image.path.rpartition("/")[2]]
    assert found.query.path.endswith("/3/1500.png")
    assert found.on_query.clean == pytest.approx(1 - nearest.distance, abs=1e-6)


def test_a_row_of_samples_in_memory_cannot_be_found_again(small_run, photos, monkeypatch):
    # Its place, 0/0.png, looks like a sample of a folder that is here by chance.
    monkeypatch.chdir(photos)
    extract(str(small_run), load_data(photos), photos.parent / "vectors")
    store = VectorStore.open(photos.parent / "vectors")
    [row] = query.images_of(store.rows(query.IMAGE_COLUMNS, "place = '0/0.png'"))

    with pytest.raises(DataError, match="found again"):
        picture_of(row, store)
