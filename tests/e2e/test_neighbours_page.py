"""The page of a search in a real browser."""

import pytest
from tests.e2e.axe import violations

from searches import parts_of, search_of
from striate.report.maps.neighbours_page import write_neighbours_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def path(tmp_path_factory, digits):
    file = tmp_path_factory.mktemp("pages") / "similar.html"
    found = search_of(digits)
    write_neighbours_page(found, file, parts=parts_of(found, digits))
    return file


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "dark")])
def test_it_opens_and_axe_finds_nothing(path, width, scheme, open_report):
    page = open_report(path, width=width, scheme=scheme)
    for summary in page.locator("main summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".failed").count() == 0
    assert violations(page) == []


def test_the_pictures_have_a_table_with_their_distances(path, open_report):
    page = open_report(path)
    page.locator("#neighbours summary", has_text="table").click()

    page.get_by_role("row", name="n3 digits/500 1 1 train 0.0300").wait_for()

    assert page.locator("#parts canvas").count() >= 4
