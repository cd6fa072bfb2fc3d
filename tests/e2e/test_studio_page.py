"""The studio's page: draw, choose, look at every layer; its numbers are torch's, its pixels the palette's."""

import gzip
import re
import time
from pathlib import Path

import pytest
import torch
from playwright.sync_api import expect
from tests.e2e.axe import violations
from tests.e2e.studio import Served
from torch import nn

from striate.blueprint import Blueprint
from striate.data import prepare
from striate.nets import from_blueprint, load_network
from striate.studio.opening import subject_from
from striate.studio.subject import subject_of

PAGE = Path(__file__).parents[2] / "src" / "striate" / "page" / "static" / "studio"
WIDE = "input 1x28x28; conv 3x3 8, relu; maxpool 4; conv 1x1 2048, relu; globalavgpool; classes 10"
PAPER, DARKEST = (252, 252, 250), (25, 27, 28)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def wide():
    found = Served(subject_of(from_blueprint(Blueprint.from_text(WIDE)), None, name="wide"))
    yield found
    found.end()


@pytest.fixture
def opened(open_studio):
    def opened(served, at="", **how):
        page = open_studio(served, at, **how)
        page.get_by_role("heading", name="Every layer").wait_for()
        return page

    return opened


def _plain(text):
    return re.sub(r"[\s\u202f]+", " ", text).replace("−", "-")


def _answer(page):
    """The answer's heading, once there is one."""
    page.locator("h3", has_text="Answer:").wait_for()
    return _plain(page.locator("h3", has_text="Answer:").inner_text())


def _until(page, check, seconds=10):
    """Wait until something holds."""
    until = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < until, "it did not come about"
        page.wait_for_timeout(50)


def _places(element):
    """From shares of an element's sides to places on the page."""
    box = element.bounding_box()
    return lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])


def _first_conv(run, digits, number):
    """Values of the first convolution after its ReLU, (channels, 28, 28), and the scores."""
    network = load_network(str(run))
    module = network.module.eval()
    relu = next(part for part in module.modules() if isinstance(part, nn.ReLU))
    found = []
    hook = relu.register_forward_hook(lambda _module, _inputs, made: found.append(made[0].clone()))
    with torch.no_grad():
        scores = module(prepare(digits.read(number), network.preprocessing)[None])[0]
    hook.remove()
    return found[0], scores


def test_strips_and_answers_are_torchs(served, opened, small_run, digits):
    page = opened(served, "#/explore?input=sample:2436")
    values, scores = _first_conv(small_run, digits, 2436)
    strip = page.locator('[data-row="0"] canvas')
    strip.wait_for()

    said = _plain(strip.get_attribute("aria-label"))

    peaks = values.amax((1, 2))
    order = peaks.argsort(descending=True, stable=True)[:4].tolist()
    assert said == "conv1: strongest " + ", ".join(f"channel {i} {float(peaks[i]):#.3g}" for i in order)
    shares = scores.softmax(0)
    assert _answer(page).startswith(f"Answer: {int(shares.argmax())}, probability ")
    shown = [_plain(text) for text in page.locator("table.short tbody tr td:last-child").all_inner_texts()]
    for text, share in zip(shown, shares.tolist(), strict=True):
        bounds = {"<0.001": share < 0.001, ">0.999": share > 0.999}
        assert bounds.get(text) or float(text) == pytest.approx(share, rel=6e-3)


def test_a_walls_pixels_are_the_palettes_and_its_order_torchs(served, opened, small_run, digits):
    page = opened(served, "#/explore?input=sample:2436&layer=conv1")
    values, _ = _first_conv(small_run, digits, 2436)
    grid = page.get_by_role("grid", name="All 8 channels of conv1")
    grid.wait_for()
    page.wait_for_timeout(300)

    cells = [_plain(cell.get_attribute("aria-label")) for cell in grid.get_by_role("gridcell").all()]
    peaks = values.amax((1, 2))
    order = peaks.argsort(descending=True, stable=True).tolist()
    assert cells == [f"channel {i} of 8, {float(peaks[i]):#.3g}" for i in order]

    # 28 values on 56 pixels, two pixels from the canvas's edge: the first tile is the strongest channel's.
    first = values[order[0]]
    row, column = divmod(int(first.argmax()), 28)
    zeros = (first == 0).nonzero()
    pixel = "(c, [x, y]) => [...c.getContext('2d').getImageData(2 + 2 * x, 2 + 2 * y, 1, 1).data].slice(0, 3)"
    canvas = grid.locator("canvas")
    assert tuple(canvas.evaluate(pixel, [column, row])) == DARKEST
    assert len(zeros)
    for y, x in zeros[:: max(1, len(zeros) // 5)].tolist():
        assert tuple(canvas.evaluate(pixel, [x, y])) == PAPER


def test_drawing_with_the_mouse_changes_every_layer(served, opened):
    page = opened(served, "#/explore?input=sample:2436")
    before = [page.locator(f'[data-row="{row}"] canvas').get_attribute("aria-label") for row in (0, 2)]
    pad = page.get_by_role("application")
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("Nothing is drawn yet.").wait_for()
    at = _places(pad)
    asked = []
    answered = []
    page.on("request", lambda request: asked.append(request.url.partition("/api/")[2].partition("?")[0]))
    for ending in ("requestfinished", "requestfailed"):
        page.on(ending, lambda request: answered.append(request.url))

    page.mouse.move(*at(0.25, 0.2))
    page.mouse.down()
    page.mouse.move(*at(0.75, 0.22), steps=8)
    page.mouse.move(*at(0.4, 0.85), steps=8)
    page.mouse.up()

    page.get_by_text("Centred: the strokes,").wait_for()
    _until(page, lambda: _answer(page).startswith("Answer: 7"))
    # It may be a seven before the last piece of the stroke is answered.
    while True:
        count = len(asked)
        page.wait_for_timeout(300)
        if len(asked) == count <= len(answered):
            break
    after = [page.locator(f'[data-row="{row}"] canvas').get_attribute("aria-label") for row in (0, 2)]
    assert all(old != new for old, new in zip(before, after, strict=True))
    # Each piece of it is one question.
    assert asked.count("looks/drawing/strips") > 3
    assert not [path for path in asked if path.endswith("/strips") and path != "looks/drawing/strips"]
    # They are the strips of the look that the address names, asked for apart.
    page.reload()
    _until(page, lambda: page.locator('[data-row="2"] canvas').count() == 1)
    again = [page.locator(f'[data-row="{row}"] canvas').get_attribute("aria-label") for row in (0, 2)]
    assert again == after
    expect(page).to_have_url(re.compile(r"input=look:[0-9a-f]{4,64}$"))


def test_a_stroke_is_undone(served, opened):
    page = opened(served, "#/explore?input=sample:2436")
    page.get_by_role("button", name="Clear").click()
    page.get_by_text("Nothing is drawn yet.").wait_for()
    at = _places(page.get_by_role("application"))
    page.mouse.move(*at(0.25, 0.2))
    page.mouse.down()
    page.mouse.move(*at(0.75, 0.8), steps=4)
    page.mouse.up()
    page.get_by_text("Centred: the strokes,").wait_for()
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("Nothing is drawn yet.").wait_for()


def test_drawing_by_keys_alone(served, opened):
    page = opened(served, "#/explore?input=sample:1")
    pad = page.get_by_role("application", name="something drawn")
    pad.focus()
    page.keyboard.press("Delete")
    page.get_by_text("Nothing is drawn yet.").wait_for()

    for _ in range(8):
        page.keyboard.press("ArrowUp")
    page.keyboard.down(" ")
    for _ in range(16):
        page.keyboard.press("ArrowDown")
    page.keyboard.up(" ")
    page.keyboard.press("ArrowRight")

    page.get_by_text("Centred: the strokes, 3×19 pixels").wait_for()
    _until(page, lambda: _answer(page).startswith("Answer: 1"))
    page.keyboard.press("Control+z")
    page.get_by_text("Nothing is drawn yet.").wait_for()


def test_from_the_layers_to_a_channel_and_back_by_keys_alone(served, opened):
    page = opened(served, "#/explore?input=sample:5")
    page.locator('[data-line="0"]').focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    grid = page.get_by_role("grid", name="All 16 channels of conv2")
    grid.wait_for()

    def active():
        return grid.locator(f"[id='{grid.get_attribute('aria-activedescendant')}']").get_attribute("aria-label")

    page.keyboard.press("ArrowRight")
    _until(page, lambda: page.evaluate("document.activeElement.getAttribute('role')") == "grid")
    first = active()
    page.keyboard.press("ArrowRight")
    assert active() != first
    page.keyboard.press("Home")
    assert active() == first
    page.keyboard.press("End")
    last = active()
    page.keyboard.press("PageUp")
    assert active() != last

    page.keyboard.press("/")
    page.keyboard.type("11")
    page.keyboard.press("Enter")
    assert active().startswith("channel 11 of 16, ")
    page.keyboard.press("Enter")
    _until(page, lambda: "layer=conv2&unit=11&at=" in page.url)
    page.get_by_role("status").filter(has_text="conv2, channel 11 of 16").wait_for(state="attached")

    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.line") == "2"
    page.keyboard.press("Backspace")
    _until(page, lambda: "unit" not in page.url)
    page.go_forward()
    _until(page, lambda: "unit=11" in page.url)


def test_an_address_holds_the_view_and_a_lost_drawing_is_told(served, opened):
    page = opened(served, "#/explore?input=sample:12&layer=conv2&unit=3&at=4,5&open=conv1&sort=number")

    page.get_by_role("heading", name="conv2, channel 3").wait_for()
    cells = page.get_by_role("grid", name="All 8 channels of conv1").get_by_role("gridcell")
    cells.first.wait_for()
    assert [cell.get_attribute("aria-label").split(" of")[0] for cell in cells.all()] == [
        f"channel {i}" for i in range(8)
    ]
    assert page.get_by_role("button", name="Number 12 of digits").get_attribute("aria-pressed") == "true"

    lost = opened(served, "#/explore?input=look:00ff00ff", may_fail=True)

    said = lost.get_by_role("alert").filter(
        has_text="The studio no longer holds this drawing or picture. Draw it again"
    )
    said.wait_for()
    lost.get_by_role("button", name="Number 3 of digits").click()
    _answer(lost)


def test_of_a_wall_of_two_thousand_only_what_is_seen_is_drawn(wide, opened):
    page = opened(wide, "#/explore?open=conv2")
    box = page.get_by_role("application").bounding_box()
    page.mouse.click(box["x"] + 100, box["y"] + 100)
    grid = page.get_by_role("grid", name="All 2048 channels of conv2")
    grid.wait_for()

    assert 16 < grid.get_by_role("gridcell").count() < 300
    grid.focus()
    page.keyboard.press("End")
    _until(page, lambda: grid.evaluate("g => g.scrollTop + g.clientHeight > g.scrollHeight - 2"))
    assert 16 < grid.get_by_role("gridcell").count() < 300
    count = (
        "c => c.getContext('2d').getImageData(0, c.height - 40, c.width, 40).data.filter(v => v > 0 && v < 200).length"
    )
    assert grid.locator("canvas").evaluate(count) > 0


def test_a_refused_picture_is_told_beside_the_input_and_nothing_is_lost(served, opened):
    page = opened(served, "#/explore?input=sample:2436", may_fail=True)
    before = _answer(page)

    page.locator("input[type=file]").set_input_files(
        {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture at all"}
    )

    page.locator(".goes-in").get_by_role("alert").filter(has_text="An image must be readable as a whole").wait_for()
    assert _answer(page) == before
    page.get_by_role("button", name="Number 2437 of digits").click()
    _until(page, lambda: page.locator(".goes-in").get_by_role("alert").inner_text() == "")


def test_a_server_that_went_is_told_and_its_return_loses_nothing(small_run, digits, opened):
    served = Served(subject_from(str(small_run), digits))
    try:
        page = opened(served, "#/explore?input=sample:1", may_fail=True)
        page.get_by_role("application", name="something drawn").focus()
        page.keyboard.press("Delete")
        page.get_by_text("Nothing is drawn yet.").wait_for()
        served.end()
        page.keyboard.press(" ")
        page.get_by_role("alert").filter(has_text="The studio does not answer.").first.wait_for()
        page.locator('[data-row="0"] canvas').wait_for()

        served.start()
        page.get_by_role("button", name="Try again").click()

        # It has forgotten every look; the drawing is given to it again.
        page.get_by_text("Centred: the strokes").wait_for()
        _until(page, lambda: page.get_by_role("alert").filter(has_text="answer").count() == 0)
    finally:
        served.end()


def test_a_slow_network_is_waited_for_in_words(served, opened):
    page = opened(served, "#/explore?input=sample:1")
    _answer(page)
    page.route("**/api/looks/sample", lambda route: (page.wait_for_timeout(2500), route.continue_()))

    page.get_by_role("button", name="Number 2 of digits").click()

    page.get_by_text("Waiting for the network. What is shown is of the input before.").wait_for()
    strip = page.locator('[data-row="0"] .row-strip')
    _until(page, lambda: float(strip.evaluate("e => getComputedStyle(e).opacity")) == 0.5, seconds=1)
    _until(page, lambda: "sample:2" in page.url)
    _until(page, lambda: page.get_by_text("Waiting for the network").count() == 0)


def test_a_network_of_signals_has_nothing_to_draw_on(opened):
    signals = from_blueprint(Blueprint.from_text("input 1x64; conv 3 4, relu; globalavgpool; classes 3"))
    served = Served(subject_of(signals, None, name="signals"))
    try:
        page = opened(served)

        assert page.get_by_role("application").count() == 0
        assert page.get_by_text("Choose a file").count() == 0
        page.get_by_role("heading", name="What goes in").wait_for()
    finally:
        served.end()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, pytest.param(820, marks=pytest.mark.long), 1440])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(width, scheme, served, opened):
    page = opened(served, "#/explore?input=sample:2436&open=conv2", width=width, scheme=scheme)
    _answer(page)
    page.get_by_role("grid").wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_is_loaded_to_begin_with_is_small():
    page = PAGE / "index.html"
    named = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', page.read_text())

    files = [page, *(PAGE / name for name in named)]

    assert {path.suffix for path in files} == {".html", ".css", ".js"}
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) < 100_000
