"""A view of the studio as one file: opened from disk with the studio gone, it shows the same numbers, and says what it cannot."""

import base64
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
def keep(browser, subject, tmp_path):
    """Opens an address in the studio, waits until it shows what is wanted, and keeps the view and what the live page showed."""
    served = Served(subject)
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()

    def kept(address, said, shown):
        page.goto(served.url)
        page.get_by_role("heading", name=re.compile("^Answer")).wait_for()
        page.goto(f"{served.url.split('?')[0]}{address(page) if callable(address) else address}")
        page.get_by_text(said).first.wait_for()
        found = shown(page)
        with page.expect_download() as waited:
            page.get_by_role("button", name="Save this view as one HTML file").click()
        page.get_by_text(re.compile(r"^Saved, [\d.]+ MiB")).wait_for()
        path = tmp_path / "view.html"
        waited.value.save_as(path)
        context.close()
        served.end()
        return path, found

    return kept


@pytest.fixture
def saved(keep):
    """The view's file, and what the live page showed of it."""
    return keep(AT, "Kept: Number 3 of digits", _shown)


def _asked(page, path, body):
    """What the studio answers to the page."""
    return page.evaluate(
        """async ([path, body]) => {
            const headers = { "content-type": "application/json" };
            const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
            return answer.json();
        }""",
        [path, body],
    )


def _seen(page):
    """The answer, and the strongest channels of the first layer and of the last."""
    for row in (0, 5):
        page.locator(f'[data-row="{row}"] canvas').wait_for()
    return {
        "answer": page.locator("h3", has_text="Answer:").inner_text(),
        "rows": [page.locator(f'[data-row="{row}"] canvas').get_attribute("aria-label") for row in (0, 5)],
    }


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


def _drawing(page):
    """A bar that was drawn, with a channel silenced, beside itself."""
    pixels = base64.b64encode(bytes(28 * 4) + bytes([0] * 12 + [255] * 4 + [0] * 12) * 20 + bytes(28 * 4)).decode()
    key = _asked(page, "api/looks/drawing", {"height": 28, "width": 28, "pixels": pixels})["key"]
    return f"#/explore?input=look:{key}&changed=conv1:1:0&kept=look:{key}"


def _edited(page):
    """A sample with a filter edited, beside another with a filter edited."""
    keys = []
    for sample, how in ((2436, "negate"), (3, "zero")):
        look = _asked(page, "api/looks/sample", {"sample": sample})["key"]
        edit = {"row": 0, "channel": 3, "how": how, "factor": 1.0, "values": []}
        keys.append(_asked(page, f"api/looks/{look}/changed", {"changes": [], "edits": [edit]})["key"])
    return f"#/explore?input=look:{keys[0]}&kept=look:{keys[1]}"


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (_drawing, "Saved with a change: Channel 1 of conv1 is silenced."),
        (_edited, re.compile("^Saved with a change: Filter 3 of conv1.* is negated")),
    ],
    ids=["drawn", "edited"],
)
def test_inputs_that_are_no_samples_open_with_what_was_changed_and_kept(keep, open_report, address, said):
    path, shown = keep(address, re.compile("^Kept: "), _seen)
    page = open_report(path)
    page.get_by_text(said).first.wait_for()

    assert _seen(page) == shown
    page.get_by_text(re.compile("^Kept: ")).wait_for()
    page.get_by_label("this input less the kept one").check()
    page.get_by_text(re.compile("^The layers show .*, less: ")).wait_for()
    expect(page.locator('[data-row="0"] canvas')).not_to_have_attribute("aria-label", shown["rows"][0])
    expect(page.get_by_role("alert").filter(has_text=re.compile(r"\S"))).to_have_count(0)


def test_a_version_beside_is_shown_with_its_layers(keep, open_report):
    at = "#/explore?input=sample:2436&with=step-16&layers=version"
    path, shown = keep(at, "The layers show run, after 16 steps", _seen)
    page = open_report(path)
    page.get_by_text("The layers show run, after 16 steps").wait_for()

    assert _seen(page) == shown
    page.get_by_label("this less the version").check()
    page.get_by_text("The layers show the watched network less run, after 16 steps").wait_for()
    page.get_by_label("this network", exact=True).check()
    expect(page.locator('[data-row="0"] canvas')).not_to_have_attribute("aria-label", shown["rows"][0])
    expect(page.get_by_role("alert").filter(has_text=re.compile(r"\S"))).to_have_count(0)
