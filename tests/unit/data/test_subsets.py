"""A part of a data set is a data set: the same samples, ids and values, in the order asked for."""

from itertools import pairwise

import pytest
import torch

from striate.data import evenly_spread, load_data, subset
from striate.data.pixels import OnDemand, content_key
from striate.errors import DataError


@pytest.mark.parametrize(("count", "most"), [(5000, 2000), (7, 3), (3, 9), (10, 10)])
def test_a_spread_is_even_and_begins_with_the_first(count, most):
    found = evenly_spread(count, most)
    steps = {after - before for before, after in pairwise(found)}

    assert found[0] == 0
    assert count - 2 * max(steps) <= found[-1] < count
    assert len(found) == min(count, most)
    assert max(steps) - min(steps) <= 1


def test_a_subset_of_arrays_reads_the_same_values(digits):
    some = subset(digits, [4000, 7, 2500])

    assert [sample.id for sample in some.samples] == [digits.samples[i].id for i in (4000, 7, 2500)]
    assert some.targets().tolist() == [8, 0, 5]
    assert torch.equal(some.read(1), digits.read(7))
    assert some.output == digits.output
    assert some.fingerprint != digits.fingerprint
    some.read(1).zero_()
    assert digits.read(7).any()


def test_a_subset_of_files_decodes_the_same_files(tmp_path):
    from PIL import Image

    for number, name in enumerate("abab"):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        Image.new("L", (4, 4), 10 + number).save(folder / f"{number}.png")
    data = load_data(tmp_path)
    some = subset(data, [2, 0])

    assert [int(some.read(place)[0, 0, 0]) for place in (0, 1)] == [int(data.read(i)[0, 0, 0]) for i in (2, 0)]
    assert [sample.place for sample in some.samples] == [data.samples[i].place for i in (2, 0)]


def test_files_that_are_decoded_on_demand_are_chosen_with_their_keys(tmp_path):
    from PIL import Image

    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for number, path in enumerate(paths):
        Image.new("L", (4, 4), 10 + number).save(path)
    pixels = OnDemand(paths, [content_key(path.read_bytes()) for path in paths]).subset([3, 1])

    assert [int(pixels.read(place)[0, 0, 0]) for place in (0, 1)] == [13, 11]


@pytest.mark.parametrize(
    ("indices", "said"), [([], "must have a sample"), ([3, 1, 3], "3, 2 times"), ([5000], "0 … 4999")]
)
def test_what_is_no_subset_is_refused(digits, indices, said):
    with pytest.raises(DataError, match=said):
        subset(digits, indices)
