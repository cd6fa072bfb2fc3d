"""The page about a backward pass as data: lines, volumes, vectors, dead layers, and findings."""

import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import InputError
from striate.explain import backward
from striate.lint import lint
from striate.nets import Network, Origin
from striate.records import Evidence, Output, Preprocessing, UnitAt
from striate.report.arrays import ArrayStore
from striate.report.backward.page import backward_page, write_backward_page


def _network(module, shape, count):
    return Network(
        module=module.eval(),
        preprocessing=Preprocessing(shape=shape, mean=(0.0,) * shape[0], std=(1.0,) * shape[0]),
        output=Output(kind="classes", names=tuple(f"kind {number}" for number in range(count))),
        origin=Origin(kind="module", text="test"),
    )


NETWORKS = {
    "line": (lambda: nn.Sequential(nn.Conv1d(2, 4, 5, stride=2), nn.ReLU(), nn.MaxPool1d(2), nn.Flatten(), nn.Linear(24, 3)), (2, 29)),
    "volume": (lambda: nn.Sequential(nn.Conv3d(1, 3, 3, padding=1), nn.ReLU(), nn.MaxPool3d(2), nn.Flatten(), nn.Linear(36, 3)), (1, 4, 5, 6)),
    "image": (lambda: nn.Sequential(nn.Conv2d(3, 4, 9, padding=4), nn.GELU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)), (3, 12, 14)),
    "vector": (lambda: nn.Sequential(nn.Linear(50, 40), nn.ReLU(), nn.Linear(40, 3)), (50,)),
}  # fmt: skip


def _page(name, target=None, module=None):
    make, shape = NETWORKS[name]
    with torch.random.fork_rng():
        torch.manual_seed(1)
        network = _network(module or make(), shape, 3)
    image = torch.randn((1, *shape), generator=torch.Generator().manual_seed(2))
    [record] = backward(network, image, target or UnitAt(unit=1), look_at="all", keep=True)
    store = ArrayStore()
    report = lint(Evidence(backward=record))
    return record, backward_page(record, network, image, report, store, name="net", shown="noise"), store


@pytest.mark.parametrize("name", NETWORKS)
def test_every_row_has_its_picture_its_place_and_its_parts(name):
    record, page, store = _page(name)
    figure = page.sections[0].figures[0]

    assert [row.name for row in figure.rows] == [row.name for row in record.rows]
    assert 10**figure.low <= min(row.norm for row in record.rows)
    assert max(row.norm for row in record.rows) <= 10**figure.high
    for row in figure.rows:
        shape = store.arrays[row.array].shape
        assert len(shape) == 3
        assert shape[0] == len(row.tiles)
        for part in row.parts:
            for picture in part.pictures:
                assert len(picture.tiles) == store.arrays[picture.array].shape[0]
    headings = {part.heading for row in figure.rows for part in row.parts}
    assert ("The flipped filter" in headings) == (name != "vector")
    assert ("The winners" in headings) == (name in {"line", "volume"})


def test_a_waterfall_ends_with_its_sum():
    record, page, _ = _page("line")
    figure = page.sections[0].figures[0]

    for detail in record.details:
        row = next(row for row in figure.rows if row.name == detail.layer)
        sources = [part for part in row.parts if part.heading.startswith("From ")]
        assert len(sources) == len(detail.sources)
        for part, source in zip(sources, detail.sources, strict=True):
            [table] = part.tables
            assert table.rows[-1][-1] == pytest.approx(source.total)
            assert sum(line[3] for line in table.rows) == pytest.approx(source.total)
            assert table.foot[3] == source.total


def test_the_sentence_names_the_target():
    _, page, _ = _page("image")
    assert "the gradient of class kind 1" in page.verdict

    _, page, _ = _page("image", UnitAt(layer="0", unit=2, at=(3, 4)))
    assert "unit 2 of 0 at 3, 4" in page.verdict


def test_a_dead_layer_is_found_and_told():
    module = NETWORKS["line"][0]()
    with torch.no_grad():
        module[0].bias[:] = -100
    record, page, _ = _page("line", module=module)

    assert record.rows[-1].norm == 0
    assert [finding.name for finding in page.findings] == ["blocked-gradient"]
    assert page.verdict == "The gradient of class kind 1 does not reach 0: it is exactly zero there."
    assert page.sections[0].judgement == "warning"


def test_a_page_is_written_to_a_file_only(tmp_path):
    make, shape = NETWORKS["vector"]
    network = _network(make(), shape, 3)
    image = torch.ones((1, *shape))
    [record] = backward(network, image, UnitAt(unit=0), keep=True)
    report = lint(Evidence(backward=record))
    write_backward_page(record, network, image, report, tmp_path, name="n", shown="ones")

    assert (tmp_path / "backward.html").stat().st_size > 10_000
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "backward.html").mkdir()
    with pytest.raises(InputError, match="written to a file"):
        write_backward_page(record, network, image, report, tmp_path / "x", name="n", shown="ones")


def test_without_kept_gradients_rows_have_no_picture():
    make, shape = NETWORKS["vector"]
    network = _network(make(), shape, 3)
    image = torch.ones((1, *shape))
    [record] = backward(network, image, UnitAt(unit=0))
    page = backward_page(record, network, image, lint(Evidence(backward=record)), ArrayStore(), name="n", shown="ones")

    assert all(row.array == "" for row in page.sections[0].figures[0].rows)
    assert all(np.isfinite(row.norm) for row in page.sections[0].figures[0].rows)
