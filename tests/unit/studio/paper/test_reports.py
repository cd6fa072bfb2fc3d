import numpy as np
import pytest
from safetensors.numpy import load

from striate.blueprint import Blueprint
from striate.checking import check
from striate.errors import SchemaError, UnknownNameError
from striate.report.arrays import ArrayStore
from striate.report.checkpage import check_page
from striate.report.html import report_html, write_report
from striate.report.reading import read_report, report_title
from striate.studio.paper.reports import report_of, reports_of


@pytest.fixture(scope="module")
def page():
    # A name with what could end the element that holds the page.
    found = check(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; classes 3"))
    return check_page(found).model_copy(update={"title": "</script><!-- of a network"})


@pytest.fixture
def store():
    found = ArrayStore()
    found.maps("conv1", np.arange(8, dtype=np.float32).reshape(2, 2, 2))
    return found


def test_a_report_is_read_back_as_it_was_written(tmp_path, page, store):
    write_report(tmp_path / "a.html", page, store)
    told, arrays = read_report(tmp_path / "a.html")

    assert told == page.model_dump(mode="json", by_alias=True)
    assert load(arrays)["conv1"].tolist() == store.arrays["conv1"].tolist()


def test_a_title_that_does_not_read_is_empty_and_no_report_has_none(tmp_path, page, store):
    text = report_html(page, store)
    (tmp_path / "a.html").write_text(text.replace('"title":"', '"title":"\\u12', 1))
    (tmp_path / "b.html").write_text("<p>mine</p>")

    assert report_title(tmp_path / "a.html") == ""
    assert report_title(tmp_path / "b.html") is None
    assert report_title(tmp_path / "nothing.html") is None


def test_a_report_without_arrays_has_none(tmp_path, page):
    write_report(tmp_path / "a.html", page, ArrayStore())

    assert read_report(tmp_path / "a.html")[1] == b""


def test_only_reports_are_listed_and_only_those_that_are_listed_are_read(tmp_path, page, store):
    folder = tmp_path / "run"
    folder.mkdir()
    write_report(folder / "report.html", page, store)
    (folder / "notes.html").write_text("<p>mine</p>")
    (folder / "folder.html").mkdir()
    write_report(tmp_path / "outside.html", page, store)

    assert [(one.key, one.name, one.title, one.folder) for one in reports_of(folder)] == [
        ("report.html", "report.html", "</script><!-- of a network", "")
    ]
    assert report_of(folder, "report.html")[0]["title"] == "</script><!-- of a network"
    for name in ("notes.html", "../outside.html", "folder.html", "", str(tmp_path / "outside.html")):
        with pytest.raises(UnknownNameError):
            report_of(folder, name)
    assert reports_of(None) == []
    with pytest.raises(UnknownNameError):
        report_of(None, "report.html")


@pytest.mark.parametrize("harm", ["cut", "base64", "page"])
def test_a_damaged_report_is_refused_in_a_line(tmp_path, page, store, harm):
    text = report_html(page, store)
    harmed = {
        "cut": text[: text.index('id="striate-arrays">') + 40],
        "base64": text.replace('id="striate-arrays">', 'id="striate-arrays">!!'),
        "page": text.replace('"verdict":', '"verdikt":', 1),
    }[harm]
    (tmp_path / "a.html").write_text(harmed)

    with pytest.raises(SchemaError, match="must be a file that this version of Striate wrote") as error:
        read_report(tmp_path / "a.html")
    assert "\n" not in str(error.value)
