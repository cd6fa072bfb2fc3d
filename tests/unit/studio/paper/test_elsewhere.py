"""Pages in folders that are named beside the network: what is listed, in which bounds, and that nothing leads out of them."""

import json
import os
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from striate.errors import InputError, UnknownNameError
from striate.report.arrays import ArrayStore
from striate.report.html import report_html
from striate.studio.app import create_app
from striate.studio.opening import subject_from
from striate.studio.paper import elsewhere
from striate.studio.paper.elsewhere import check_folders, pages_in
from striate.studio.paper.reports import listing, report_of
from striate.study.search.searching import DESIGNS
from study_readings import reading


@pytest.fixture(scope="module")
def text():
    from striate.report.studies.page import study_page_data

    return report_html(study_page_data(reading(healthy=False)), ArrayStore())


@pytest.fixture
def put(text):
    """Writes a page with a title; a later one is newer."""
    written = []

    def made(path, title="Is it the depth?"):
        path.parent.mkdir(parents=True, exist_ok=True)
        said = json.dumps(title)[1:-1]
        path.write_text(text.replace("Is it the depth, or the side of the filters?", said, 1), encoding="utf-8")
        written.append(path)
        os.utime(path, (1000 + len(written),) * 2)
        return path

    return made


def told(found):
    return [(page.title, page.folder, page.path.name) for page in found.pages]


def test_pages_are_listed_with_title_and_folder_the_newest_first(tmp_path, put):
    put(tmp_path / "depth" / "study.html", "Old?")
    put(tmp_path / "a" / "b" / "c" / "search.html", 'Which "design" \u00d7?')
    put(tmp_path / "a" / "b" / "c" / "d" / "search.html", "Too deep?")
    put(tmp_path / ".hidden" / "study.html", "Hidden?")
    (tmp_path / "notes.html").write_text("<p>mine</p>")
    (tmp_path / "folder.html").mkdir()

    found = pages_in([tmp_path])
    assert told(found) == [
        ('Which "design" \u00d7?', str(tmp_path / "a" / "b" / "c"), "search.html"),
        ("Old?", str(tmp_path / "depth"), "study.html"),
    ]
    assert (found.left_out, found.is_whole) == (0, True)
    assert told(pages_in([tmp_path, tmp_path / "depth"])) == told(found)


def test_nothing_leads_out_of_the_folder(tmp_path, put):
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    own = put(inside / "own.html", "Mine?")
    secret = put(outside / "study.html", "Secret?")
    (inside / "study.html").symlink_to("/etc/passwd")
    (inside / "search.html").symlink_to(secret)
    (inside / "below").symlink_to(outside)
    (inside / "gone.html").symlink_to(inside / "nothing.html")
    (inside / "again.html").symlink_to(own)

    found = listing(None, [inside])
    assert [(one.title, one.name) for one in found.files] == [("Mine?", "own.html")]
    for key in ("study.html", "search.html", "../outside/study.html", str(secret), "/etc/passwd", ""):
        with pytest.raises(UnknownNameError):
            report_of(None, key, [inside])
    # A file that becomes a link after it was listed is no longer there.
    own.unlink()
    own.symlink_to(secret)
    with pytest.raises(UnknownNameError):
        report_of(None, found.files[0].key, [inside])


def test_a_folder_that_is_a_link_itself_is_followed_since_it_was_named(tmp_path, put):
    put(tmp_path / "real" / "study.html", "Named?")
    (tmp_path / "link").symlink_to(tmp_path / "real")

    assert told(pages_in([tmp_path / "link"])) == [("Named?", str(tmp_path / "link"), "study.html")]


def test_at_most_fifty_are_listed_and_the_rest_is_told(tmp_path, put):
    for number in range(53):
        put(tmp_path / str(number) / "study.html", f"Number {number}?")

    found = pages_in([tmp_path])
    assert [page.title for page in found.pages] == [f"Number {number}?" for number in range(52, 2, -1)]
    assert found.left_out == 3


def test_a_huge_folder_and_many_foreign_files_are_bounded(tmp_path, put, monkeypatch):
    put(tmp_path / "a" / "study.html")
    for number in range(8):
        (tmp_path / f"{number}.html").write_text("<p>mine</p>")
    monkeypatch.setattr(elsewhere, "_MOST_OPENED", 3)
    few = pages_in([tmp_path])
    # The eight are newer than the page.
    assert (few.pages, few.left_out, few.is_whole) == ((), 6, True)

    monkeypatch.setattr(elsewhere, "_MOST_SEEN", 4)
    assert not pages_in([tmp_path]).is_whole


def test_a_page_that_is_in_the_runs_folder_is_listed_once(tmp_path, put):
    put(tmp_path / "run" / "report.html", "Run?")
    put(tmp_path / "study" / "study.html", "Study?")

    found = listing(tmp_path / "run", [tmp_path])
    assert [(one.key == one.name, one.title, one.folder) for one in found.files] == [
        (True, "Run?", ""),
        (False, "Study?", str(tmp_path / "study")),
    ]


def test_the_studio_reads_a_page_of_another_folder(tmp_path, put, small_run):
    put(tmp_path / "study.html", "Elsewhere?")
    client = TestClient(create_app(subject_from(str(small_run), pages=[tmp_path])))
    found = client.get("/api/reports").json()
    [file] = [one for one in found["files"] if one["folder"]]

    assert (file["title"], file["folder"], found["folders"]) == ("Elsewhere?", str(tmp_path), [str(tmp_path)])
    assert client.get(f"/api/reports/{file['key']}").json()["title"] == "Elsewhere?"
    assert client.get(f"/api/reports/{file['key']}/arrays").content == b""
    for key in ("study.html", "..%2Fstudy.html", "%2Fetc%2Fpasswd"):
        assert client.get(f"/api/reports/{key}").status_code == 404


def test_a_folder_that_is_not_there_is_refused_before_anything_is_opened(tmp_path):
    for path in (tmp_path / "nowhere", Path(__file__)):
        with pytest.raises(InputError, match="a folder of pages must be there") as error:
            check_folders([path])
        assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="a folder of pages must be there"):
        subject_from("timm:nothing", pages=[tmp_path / "nowhere"])


@pytest.mark.parametrize(("files", "what"), [(("study.yaml",), "study"), ((DESIGNS, "run.json"), "search")])
def test_the_folder_of_a_study_or_a_search_is_no_network_and_says_what_to_do(tmp_path, files, what):
    for file in files:
        (tmp_path / file).write_text("{}")

    with pytest.raises(InputError, match=f"a studio must be opened on a network; got the folder of a {what}") as error:
        subject_from(tmp_path)
    assert f"--pages {tmp_path}" in error.value.hint
