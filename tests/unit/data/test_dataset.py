"""The data set: memory or disk, targets, fingerprint."""

import pytest

from striate.data import load_data, reading
from striate.data.pixels import InMemory, OnDemand
from striate.errors import DataError


def test_images_stay_in_memory_while_they_fit(pets, monkeypatch):
    # seven images of 3 × 4 × 6 = 72 bytes
    monkeypatch.setattr(reading, "MEMORY_BYTES", 7 * 72)
    assert isinstance(load_data(pets).pixels, InMemory)
    monkeypatch.setattr(reading, "MEMORY_BYTES", 7 * 72 - 1)
    assert isinstance(load_data(pets).pixels, OnDemand)


def test_images_read_again_are_the_same(pets, monkeypatch):
    kept = load_data(pets)
    monkeypatch.setattr(reading, "MEMORY_BYTES", 100)
    again = load_data(pets)
    assert again.samples == kept.samples
    assert again.shape == kept.shape
    assert [again.read(index).tolist() for index in range(7)] == [kept.read(index).tolist() for index in range(7)]


def test_a_file_that_changed_since_it_was_loaded_is_refused(pets, monkeypatch):
    monkeypatch.setattr(reading, "MEMORY_BYTES", 0)
    data = load_data(pets)
    (pets / "cats/0.png").write_bytes((pets / "cats/1.png").read_bytes())
    (pets / "cats/1.png").unlink()
    with pytest.raises(DataError, match="a file must stay as it was when the data set was loaded"):
        data.read(0)
    with pytest.raises(DataError, match=r"the file does not exist .at .*cats/1.png"):
        data.read(1)


def test_the_tensor_read_is_the_callers_to_change(pets):
    data = load_data(pets)
    before = data.read(0).tolist()
    data.read(0)[:] = 0
    assert data.read(0).tolist() == before


@pytest.mark.parametrize("index", [-1, 7])
def test_an_index_outside_is_refused(pets, index):
    with pytest.raises(DataError, match="a sample's index must be 0 … 6"):
        load_data(pets).read(index)


def test_the_fingerprint_follows_contents_and_targets_but_not_the_place(pets, write):
    before = load_data(pets).fingerprint
    pets = pets.rename(pets.parent / "other")
    assert load_data(pets).fingerprint == before
    (pets / "cats/0.png").rename(pets / "dogs/0 was a cat.png")
    changed = load_data(pets).fingerprint
    assert changed != before
    write("other/cats/9.png", seed=50)
    assert load_data(pets).fingerprint != changed


def test_it_shows_itself_in_one_short_line(pets):
    (pets / "x.txt").touch()
    assert repr(load_data(pets)) == "<Dataset pets: 7 samples of 3×4×6, 2 classes, 1 set aside>"
