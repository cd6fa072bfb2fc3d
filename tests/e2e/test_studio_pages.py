"""Pages of studies and searches, in folders named beside the network, on the studio's report view."""

from pathlib import Path

import pytest
from playwright.sync_api import expect
from tests.e2e.studio import Served

from search_readings import reading as search_reading
from striate.report.studies.page import write_study_page
from striate.report.studies.search.page import write_search_page
from striate.studio.opening import subject_from
from study_readings import reading as study_reading

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def served(small_run, digits, tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name in ("depth", "open"):
        (folder / name).mkdir()
    write_study_page(study_reading(), folder / "depth")
    write_search_page(search_reading(), folder / "open")
    found = Served(subject_from(str(small_run), digits, pages=[folder]))
    yield found, folder
    found.end()


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (820, "light"), (1440, "light")])
def test_pages_are_listed_with_title_and_folder_and_read_here(browser, served, width, scheme):
    studio, folder = served
    context = browser.new_context(viewport={"width": width, "height": 1000}, color_scheme=scheme)
    page, problems = context.new_page(), []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{studio.url}#/report")
    labels = page.locator("fieldset", has_text="Pages in").locator("label")
    expect(labels).to_have_count(2)
    # The newest first: the search was written last.
    assert labels.nth(0).inner_text().split("\n")[-1] == f"{folder}/open/search.html"
    assert labels.nth(1).inner_text().split("\n") == [
        "Is it the depth, or the side of the filters?", f"{folder}/depth/study.html"
    ]  # fmt: skip

    labels.nth(1).click()
    expect(page.locator("h1")).to_contain_text("Depth 2, side 5 is better than depth 1, side 3")
    labels.nth(0).click()
    expect(page.locator("h1")).to_contain_text("Trial 11, trained again from 3 other seeds, reaches 78.0")
    address = page.url
    page.reload()
    expect(page.locator("h1")).to_contain_text("Trial 11")
    expect(page).to_have_url(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(found => found.violations.map(one => one.id + ': ' + one.nodes[0].html))")
    context.close()
    assert (found, problems) == ([], [])
