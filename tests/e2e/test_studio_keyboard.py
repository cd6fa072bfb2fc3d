"""Stories of the studio by keyboard alone: Tab leads to everything, and every key does what a pointer would do."""

import re
import shutil

import pytest
import torch
from playwright.sync_api import expect
from tests.e2e.conftest import FLAGS, NAMES
from tests.e2e.studio import Served, network_text

from striate.blueprint import Blueprint
from striate.nets import from_blueprint
from striate.studio.subject import subject_of

COLOUR = "input 3x32x32; conv 3x3 6, relu; maxpool 2; conv 3x3 8, relu; globalavgpool; classes 4"
MOST_TABS = 150

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=30_000)


@pytest.fixture
def opened(open_studio, served):
    def opened(at="#/explore?input=sample:3", **options):
        page = open_studio(served, at, **options)
        page.locator('[data-row="0"] canvas').wait_for()
        return page

    return opened


def tab_to(page, found):
    """Press Tab until an element has the focus, from wherever it is."""
    found.wait_for(state="attached")
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if found.evaluate("one => one === document.activeElement"):
            return
    pytest.fail("Tab does not lead there")


def button(page, name):
    return page.get_by_role("button", name=name, exact=True)


def test_a_sample_is_chosen_and_a_file(opened):
    page = opened()
    # A key may overtake the wish to be told of dialogs, which a busy page hears late.
    page.on("filechooser", lambda _dialog: None)
    tab_to(page, button(page, "Number 5 of digits, 0"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("input=sample:5"))
    tab_to(page, page.get_by_role("spinbutton", name=re.compile("^Number")))
    page.keyboard.press("Control+A")
    page.keyboard.type("600")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("input=sample:600"))

    tab_to(page, page.locator("input[type=file]"))
    with page.expect_file_chooser():
        page.keyboard.press("Enter")
    # Back is a key as well.
    tab_to(page, button(page, "Cover each part"))
    page.keyboard.press("Backspace")
    expect(page).to_have_url(re.compile("input=sample:5$"))


def test_a_wall_is_put_in_another_order_and_a_channel_found_by_its_number(opened):
    page = opened("#/explore?input=sample:3&open=conv2")
    grid = page.get_by_role("grid", name="All 16 channels of conv2")
    grid.wait_for()
    tab_to(page, page.get_by_label("largest value"))
    page.keyboard.press("ArrowRight")
    expect(page).to_have_url(re.compile("sort=active"))
    tab_to(page, grid)
    page.keyboard.press("/")
    page.keyboard.type("11")
    page.keyboard.press("Enter")
    expect(grid).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="conv2, channel 11").wait_for()
    page.keyboard.press("Escape")

    expect(page.locator('[data-row="2"] > button')).to_be_focused()


def test_what_is_kept_is_compared_and_forgotten(opened):
    page = opened()
    tab_to(page, button(page, "Keep this input"))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("spinbutton", name=re.compile("^Number")))
    page.keyboard.press("Control+A")
    page.keyboard.type("900")
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("this input", exact=True))
    page.keyboard.press("ArrowRight")
    words = page.get_by_text(re.compile("The layers show Number 900 of digits"))
    words.wait_for()
    tab_to(page, button(page, "Forget it"))
    page.keyboard.press("Enter")

    expect(words).to_have_count(0)


def test_a_channel_is_silenced_scaled_and_undone(opened):
    page = opened("#/explore?input=sample:3&layer=conv1&unit=0&at=5,5&open=")
    page.locator("table.sum").wait_for()
    tab_to(page, button(page, "Silence channel 0"))
    page.keyboard.press("Enter")
    page.get_by_text("conv1, channel 0 silenced").wait_for()
    tab_to(page, page.get_by_role("spinbutton", name=re.compile("or count it")))
    page.keyboard.press("Control+A")
    page.keyboard.type("2.5")
    page.keyboard.press("Enter")
    page.get_by_text("conv1, channel 0 × 2.50").wait_for()
    tab_to(page, button(page, "Undo").last)
    page.keyboard.press("Enter")

    expect(page.get_by_text("conv1, channel 0 × 2.50")).to_have_count(0)


def test_the_numbers_of_a_part_and_the_way_back_to_the_pixels(opened):
    # A score has no activation that could stop its gradient.
    page = opened("#/explore?input=sample:3&layer=classes&unit=3&open=")
    part = page.get_by_role("button", name=re.compile("its numbers$")).first
    part.wait_for()
    tab_to(page, part)
    page.keyboard.press("Enter")
    expect(part).to_have_attribute("aria-expanded", "true")
    tab_to(page, page.locator("summary", has_text="The strongest ways back"))
    page.keyboard.press("Enter")
    way = page.locator("details", has_text="The strongest ways back").get_by_role("button").first
    way.wait_for()
    tab_to(page, way)
    page.keyboard.press("Enter")

    expect(page).not_to_have_url(re.compile("layer=classes"))
    page.get_by_role("heading", name="fc1, unit").wait_for()


def test_every_part_is_covered(opened):
    page = opened()
    tab_to(page, button(page, "Cover each part"))
    page.keyboard.press("Enter")

    page.get_by_role("img", name=re.compile("^Change of the answer .* where a square of 4×4 pixels")).wait_for()


def test_views_are_reached_and_a_figure_is_taken(opened):
    page = opened()
    tab_to(page, page.locator(".layers summary", has_text=re.compile("^Save$")).last)
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_role("button", name="Every layer: save as PNG"))
    with page.expect_download() as waited:
        page.keyboard.press("Enter")
    assert waited.value.suggested_filename == "every-layer.png"
    tab_to(page, page.get_by_role("link", name="Design"))
    page.keyboard.press("Enter")
    text = network_text(page)
    tab_to(page, text)
    page.keyboard.press("Control+A")
    page.keyboard.type("input 1x28x28; conv 5x5 8, relu; maxpool 2; classes 10")
    expect(page.locator("h1")).to_contain_text(re.compile(r"15.?898 parameters"))
    tab_to(page, button(page, "Save PyTorch"))
    with page.expect_download():
        page.keyboard.press("Enter")


def test_with_reduced_motion_the_gradient_is_there_at_once(opened):
    page = opened(reduced_motion="reduce")
    page.evaluate(
        "() => { window.moved = 0; new MutationObserver(() => {"
        " if (document.querySelector('.reached')) window.moved++; }).observe(document.body,"
        " { subtree: true, attributes: true, attributeFilter: ['class'] }); }"
    )
    tab_to(page, button(page, "Send it back"))
    page.keyboard.press("Enter")
    page.get_by_role("img", name=re.compile("^Gradient norm")).last.wait_for()

    expect(page.get_by_role("img", name=re.compile("^Gradient norm"))).to_have_count(6)
    assert page.evaluate("window.moved") == 0


@pytest.fixture(scope="module")
def camera_browser(browser):
    """Chromium with a camera that films a test picture, and that is allowed at once."""
    path = next(found for name in NAMES if (found := shutil.which(name)))
    flags = [*FLAGS, "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    found = browser.browser_type.launch(executable_path=path, args=flags)
    yield found
    found.close()


@pytest.fixture(scope="module")
def colour():
    torch.manual_seed(0)
    found = Served(subject_of(from_blueprint(Blueprint.from_text(COLOUR)), None, name="colour"))
    yield found
    found.end()


def test_the_camera_is_used_by_keys_and_let_go(camera_browser, colour):
    page = camera_browser.new_page()
    page.goto(colour.url)
    page.get_by_role("heading", name="Every layer").wait_for()
    tab_to(page, button(page, "Use the camera"))
    page.keyboard.press("Enter")
    page.wait_for_function("() => document.querySelector('video')?.videoWidth > 0")
    tab_to(page, button(page, "Take the picture"))
    page.keyboard.press("Enter")

    page.get_by_text(re.compile(r"^A picture of \d+×\d+ pixels")).first.wait_for()
    page.locator('[data-row="0"] canvas').wait_for()
    expect(page.locator("video")).to_have_count(0)
    button(page, "Use the camera").wait_for()
    page.close()


def test_a_camera_that_is_refused_is_said(browser, colour):
    page = browser.new_page()
    page.goto(colour.url)
    button(page, "Use the camera").click()

    page.get_by_role("alert").filter(has_text="The camera must be there and allowed.").wait_for()
    page.close()
