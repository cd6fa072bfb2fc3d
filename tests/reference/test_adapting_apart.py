"""Patches of real photographs: an adaptation that divides them at random is flagged, one that keeps photographs whole is not."""

import pytest
import torch

from pretrained import lite, patches
from striate.data import load_data
from striate.lint import lint
from striate.nets.cuts import END, cut_points
from striate.records import Evidence
from striate.trace import trace
from striate.transfer import extract_features
from striate.transfer.apart import divide_apart

pytestmark = [pytest.mark.reference, pytest.mark.slow]
SIDE = 64


@pytest.fixture(scope="module")
def patched(tmp_path_factory):
    """Folders of classes, in them folders of photographs, in them patches; and their features at the network's end."""
    from PIL import Image

    folder = tmp_path_factory.mktemp("patches")
    for number, (image, name, source) in enumerate(zip(*patches(15, SIDE), strict=True)):
        below = folder / name / source.partition(".")[0]
        below.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image.transpose(1, 2, 0)).save(below / f"{number}.png")
    network, data = lite(SIDE), load_data(folder)
    cuts = cut_points(trace(network.module, (2, 3, SIDE, SIDE)))
    return data, extract_features(network, data, range(len(data)), cuts[-1:]).rows[END]


@pytest.mark.parametrize("by_folder", [False, True], ids=["at random", "by photograph"])
def test_photographs_that_are_divided_are_flagged(patched, by_folder):
    data, rows = patched
    found = divide_apart(data, rows, by_folder=by_folder, folds=3)
    findings = lint(Evidence(leaks=found.leaks), select=["leak-between-splits"]).findings
    photographs = [sample.place.rpartition("/")[0] for sample in data.samples]
    test = {photographs[index] for index in found.parts.split.test}
    rest = {photographs[index] for index in found.parts.samples}

    if by_folder:
        assert not test & rest
        assert findings == ()
        for fold in found.parts.folds.parts:
            held = {photographs[found.parts.samples[place]] for place in fold}
            learned = {photographs[index] for place, index in enumerate(found.parts.samples) if place not in fold}
            assert not held & learned
    else:
        assert len(test & rest) > 0.8 * len(test)
        assert [finding.code for finding in findings] == ["SPL001"]
        assert found.leaks.sources.near / found.leaks.sources.judged >= 0.9


def test_the_rows_are_those_of_the_samples(patched):
    data, rows = patched

    assert rows.shape == (len(data), 1280)
    assert bool(torch.isfinite(rows).all())
