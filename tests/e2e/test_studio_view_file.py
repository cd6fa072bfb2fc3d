"""A view of the studio as one file: opened from disk with the studio gone, it shows the same numbers, and says what it cannot."""

import re

import pytest
from playwright.sync_api import expect
from tests.e2e.studio import Served

from striate.studio.looks import freezing
from striate.studio.opening import subject_from

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=30_000)
AT = "#/explore?input=sample:2436&layer=conv2&unit=3&at=5,6&kept=sample:3"


@pytest.fixture(scope="module")
def subject(small_run, digits):
    return subject_from(str(small_run), digits)


@pytest.fixture
def saved(browser, subject, tmp_path):
    """The view's file, and what the live page showed of it."""
    served = Served(subject)
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.goto(f"{served.url}{AT}")
    page.locator("table.sum").wait_for()
    page.get_by_text("Kept: Number 3 of digits").wait_for()
    shown = _shown(page)
    with page.expect_download() as waited:
        page.get_by_role("button", name="Save this view as one HTML file").click()
    page.get_by_text(re.compile(r"^Saved, [\d.]+ MiB")).wait_for()
    path = tmp_path / "view.html"
    waited.value.save_as(path)
    context.close()
    served.end()
    return path, shown


def _shown(page):
    page.locator('[data-row="5"] canvas').wait_for()
    return {
        "answer": page.locator("h3", has_text="Answer:").inner_text(),
        "value": page.locator(".neuron .value").inner_text(),
        "check": page.locator(".check").inner_text(),
        "sum": page.locator("table.sum td.number").all_inner_texts(),
        "row": page.locator('[data-row="0"] canvas').get_attribute("aria-label"),
        "wall": [
            cell.get_attribute("aria-label")
            for cell in page.get_by_role("grid", name="All 16").get_by_role("gridcell").all()
        ],
    }


def test_it_shows_the_same_and_goes_on_without_the_studio(saved, open_report):
    path, shown = saved
    page = open_report(path)
    page.locator("table.sum").wait_for()

    assert path.stat().st_size < freezing.MOST_BYTES
    assert _shown(page) == shown
    # By another order: the sum is the same, the lines are not.
    page.get_by_label("weight", exact=True).check()
    page.get_by_text(re.compile("Σ")).first.wait_for()
    assert page.locator(".check").inner_text() == shown["check"]
    # Another layer's wall, in another order.
    page.locator('[data-row="0"] button').click()
    grid = page.get_by_role("grid", name="All 8 channels of conv1")
    grid.wait_for()
    page.get_by_label("gradient", exact=True).first.check()
    expect(grid.get_by_role("gridcell").first).to_have_attribute("aria-label", re.compile("[−+]"))
    # The strongest channel, which nobody looked at.
    page.locator("label", has_text="largest value").click()
    grid.focus()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=re.compile("^conv1, channel")).wait_for()
    page.get_by_text(re.compile("Adds up:")).wait_for()
    # The input less the one that was kept, and the gradient.
    page.get_by_label("this input less the kept one").check()
    page.get_by_text(re.compile("The layers show Number 2436 of digits.*, less: Number 3")).wait_for()
    page.get_by_role("button", name="Send it back").click()
    page.get_by_role("img", name=re.compile("^Gradient norm")).first.wait_for()


def test_what_needs_the_network_is_absent_and_said(saved, open_report):
    page = open_report(saved[0])
    page.locator("table.sum").wait_for()

    page.get_by_text("because they ask the network").wait_for()
    for name in ("Silence channel", "Cover each part", "Look at", "Earlier", "Choose a file", "Keep this input"):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    expect(page.get_by_role("application")).to_have_count(0)
    expect(page.get_by_role("link", name=re.compile("safetensors"))).to_have_count(0)
    page.locator("#neuron-map").focus()
    # One of its places may be its strongest, which is there.
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.get_by_text("This neuron at this place was not saved with the view.").wait_for()
    # Pictures and tables can still be taken.
    page.locator(".neuron summary", has_text=re.compile("^Save$")).click()
    with page.expect_download() as waited:
        page.get_by_role("button", name=re.compile("made of: save as PNG")).click()
    assert waited.value.suggested_filename.endswith(".png")
