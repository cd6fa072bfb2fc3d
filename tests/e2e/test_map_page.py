"""The map of a store in a real browser: moved, drawn round, coloured and asked, by mouse and by keyboard alone."""

import csv
import re
from dataclasses import replace

import pytest
from tests.e2e.axe import violations

from striate.report.maps.page import write_map_page
from vector_maps import digits_map, digits_store

COUNT = 240
SCREEN = "Map of 240 points"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def found(tmp_path_factory, digits):
    store = digits_store(tmp_path_factory.mktemp("vectors") / "store", digits, count=COUNT)
    return store, digits_map(store, is_compared=True)


@pytest.fixture(scope="module")
def path(found, tmp_path_factory):
    store, mapped = found
    file = tmp_path_factory.mktemp("pages") / "map.html"
    write_map_page(mapped, store, file)
    return file


def grid_of(page):
    grid = page.get_by_role("grid", name=re.compile(f"^{SCREEN}"))
    grid.scroll_into_view_if_needed()
    return grid


def pixels(page):
    """What is on the map's canvas, as one text; two equal ones show the same picture."""
    page.wait_for_timeout(500)
    return page.evaluate("document.querySelector('[role=grid] canvas').toDataURL()")


def status(page):
    return page.locator("#map .chosen [role=status]").inner_text()


def lasso(page, corners):
    box = grid_of(page).bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()


@pytest.mark.parametrize("width", [360, 820, 1440])
def test_it_opens_without_errors_and_nothing_scrolls_sideways(path, width, open_report):
    page = open_report(path, width=width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".failed").count() == 0
    assert page.locator("h2").count() >= 6


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (360, "light")])
def test_axe_finds_nothing_also_with_points_chosen(path, width, scheme, open_report):
    page = open_report(path, width=width, scheme=scheme)
    grid_of(page).focus()
    page.keyboard.press("]")
    page.keyboard.press("]")
    for summary in page.locator("main summary").all():
        summary.click()
    page.locator("#map .shared").wait_for()
    assert violations(page) == []


def test_a_lasso_chooses_what_it_encloses_and_says_what_they_share(path, open_report, tmp_path):
    page = open_report(path)
    page.get_by_label("draws round points").check()
    before = pixels(page)
    lasso(page, [(0.02, 0.02), (0.98, 0.02), (0.98, 0.5), (0.02, 0.5)])
    chosen = int(status(page).split()[0])
    with page.expect_download() as download:
        page.get_by_role("button", name="Save ids as CSV").click()
    download.value.save_as(tmp_path / "chosen.csv")
    with (tmp_path / "chosen.csv").open(encoding="utf-8") as file:
        saved = list(csv.DictReader(file))
    page.get_by_text("Show as table").first.click()
    table = page.locator("#map details table")
    # It is drawn some time after the click, when the details say that they are open.
    table.wait_for()
    heads = table.locator("thead th").all_inner_texts()
    rows = [
        dict(zip(heads, row.locator("th, td").all_inner_texts(), strict=True))
        for row in table.locator("tbody tr").all()
    ]
    upper = {row["Point"] for row in rows if float(row["y"].replace("−", "-")) > 0.02}
    lower = {row["Point"] for row in rows if float(row["y"].replace("−", "-")) < -0.02}

    assert 0 < chosen < COUNT
    assert len(saved) == chosen
    assert upper <= {row["id"] for row in saved} | {row["Point"] for row in rows[200:]}
    assert not lower & {row["id"] for row in saved}
    assert set(saved[0]) >= {"id", "place", "label", "prediction", "answer", "split", "loss"}
    assert pixels(page) != before
    counted = page.locator("#map .shared table").first.locator("tbody tr td:first-of-type").all_inner_texts()
    assert counted


def test_shift_and_drag_is_a_lasso_and_a_plain_drag_moves(path, open_report):
    page = open_report(path)
    box = grid_of(page).bounding_box()
    page.keyboard.down("Shift")
    lasso(page, [(0.02, 0.02), (0.98, 0.02), (0.98, 0.98), (0.02, 0.98)])
    page.keyboard.up("Shift")

    assert status(page).startswith(f"{COUNT} points chosen")

    page.get_by_role("button", name="Clear").click()
    page.get_by_role("button", name="Nearer").click()
    before = pixels(page)
    page.mouse.move(box["x"] + 300, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 250, steps=4)
    page.mouse.up()

    assert status(page).startswith("Draw round points")
    assert pixels(page) != before


def test_by_keyboard_alone(path, open_report):
    page = open_report(path)
    grid_of(page).focus()
    cell = page.locator("[role=gridcell]")
    first = cell.inner_text()
    page.keyboard.press("ArrowRight")
    second = cell.inner_text()
    for _ in range(5):
        page.keyboard.press("]")
    near = int(status(page).split()[0])
    page.keyboard.press("]")
    wider = int(status(page).split()[0])
    page.keyboard.press("u")
    undone = int(status(page).split()[0])
    page.keyboard.press(" ")
    without = int(status(page).split()[0])
    page.keyboard.press("Escape")

    assert first.startswith("id")
    assert second != first
    assert 1 < near < wider
    assert undone == near
    assert without == near - 1
    assert status(page).startswith("Draw round points")
    assert page.locator("#map .point dd").first.inner_text() == second.split(",")[0]

    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    neighbour = page.locator("[role=gridcell]").inner_text()

    assert neighbour != second


def test_neighbours_shown_are_those_by_the_vectors(path, found, open_report):
    page = open_report(path)
    store, _ = found
    values = store.vectors("pooled").values.astype("float64")
    values -= values.mean(0)
    grid_of(page).focus()
    point = int(page.locator("[role=gridcell]").inner_text().split(",")[0][2:])
    cosine = values @ values[point] / ((values**2).sum(1) ** 0.5)
    nearest = [f"id{row:03d}" for row in cosine.argsort()[::-1] if row != point][:5]

    said = page.locator("#map .point li .unseen").all_text_contents()

    assert [text.split()[-1] for text in said] == nearest


def test_the_layers_move_the_same_points(path, open_report):
    page = open_report(path)
    shown = page.locator("#map .shown b")
    before = pixels(page)
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")

    assert shown.inner_text().startswith("pixels, t-SNE")
    assert pixels(page) != before

    page.keyboard.press("ArrowRight")

    assert shown.inner_text().startswith("pooled, t-SNE")
    assert pixels(page) == before


def test_the_store_s_default_layer_is_shown_first(found, open_report, tmp_path):
    store, mapped = found
    write_map_page(replace(mapped, default="pixels"), store, tmp_path / "map.html")

    page = open_report(tmp_path / "map.html")

    assert page.locator("#map .shown b").inner_text().startswith("pixels, t-SNE")
    assert page.get_by_role("slider").input_value() == "1"


def test_points_stand_still_at_once_where_motion_is_not_wanted(path, open_report):
    page = open_report(path)
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    at_once = page.evaluate("document.querySelector('[role=grid] canvas').toDataURL()")

    assert at_once == pixels(page)


def test_pca_and_the_maps_by_other_settings_are_a_choice(path, open_report):
    page = open_report(path)
    choices = page.get_by_role("group", name=re.compile("placed otherwise")).get_by_role("radio")
    pca = page.get_by_role("radio", name=re.compile(r"^PCA"))
    before = pixels(page)
    pca.check()

    assert choices.count() >= 5
    assert page.locator("#map p.shown").inner_text().startswith("pooled, PCA")
    assert pixels(page) != before


def test_every_colour_has_a_legend_and_one_word_of_it_can_stand_alone(path, found, open_report):
    page = open_report(path)
    legend = page.get_by_role("list", name=re.compile("^Colours"))
    words = {}
    for name in ("label", "prediction", "answer", "split", "label doubted"):
        page.get_by_label(name, exact=True).check()
        texts = legend.get_by_role("button").all_inner_texts()
        words[name] = {re.split(r"\s+", text.strip())[0]: int(re.split(r"\s+", text.strip())[-1]) for text in texts}
    page.get_by_label("split", exact=True).check()
    before = pixels(page)
    legend.get_by_role("button", name=re.compile("test")).click()

    assert {name: sum(counts.values()) for name, counts in words.items()} == dict.fromkeys(words, COUNT)
    assert words["split"] == {"test": 60, "train": 180}
    assert set(words["label"]) == {str(number) for number in range(10)}
    assert legend.get_by_role("button", name=re.compile("test")).get_attribute("aria-pressed") == "true"
    assert pixels(page) != before

    losses = sorted(found[0].rows(("loss",))["loss"].to_pylist())
    page.get_by_label("loss", exact=True).check()
    ends = page.locator("#map .scale .ends > span").all_inner_texts()

    # The scale ends at the 238th of 240: two are above it.
    assert ends == [f"{losses[0]:.3g}", f"≥ {losses[237]:.3g}, 0.833\u202f% of points"]


def test_marks_are_pictures_dots_or_shapes(path, open_report):
    page = open_report(path)
    shown = {}
    for marks in ("pictures", "dots", "shapes"):
        page.get_by_label(marks, exact=True).check()
        shown[marks] = pixels(page)

    assert len(set(shown.values())) == 3


def test_the_wheel_scrolls_the_page_until_the_map_was_chosen(path, open_report):
    page = open_report(path)
    box = grid_of(page).bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    scrolled = page.evaluate("scrollY")
    page.mouse.wheel(0, 100)
    page.wait_for_timeout(300)

    assert page.evaluate("scrollY") > scrolled

    grid_of(page).focus()
    before = pixels(page)
    scrolled = page.evaluate("scrollY")
    box = grid_of(page).bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.wheel(0, -200)

    assert pixels(page) != before
    assert page.evaluate("scrollY") == scrolled


def test_touch_draws_round_points_as_well(path, open_report):
    page = open_report(path, width=820)
    page.get_by_label("draws round points").check()
    grid_of(page)
    page.evaluate(
        """() => {
          const map = document.querySelector('[role=grid]');
          const box = map.getBoundingClientRect();
          map.setPointerCapture = () => {};
          const send = (type, x, y) => map.dispatchEvent(new PointerEvent(type, {
            clientX: box.left + x * box.width, clientY: box.top + y * box.height, bubbles: true,
            pointerId: 7, pointerType: 'touch', button: 0, isPrimary: true}));
          send('pointerdown', .01, .01);
          for (const [x, y] of [[.99, .01], [.99, .99], [.01, .99]]) send('pointermove', x, y);
          send('pointerup', .01, .99);
        }"""
    )

    assert status(page).startswith(f"{COUNT} points chosen")


def test_two_fingers_zoom(path, open_report):
    page = open_report(path, width=820)
    grid_of(page)
    before = pixels(page)
    page.evaluate(
        """() => {
          const map = document.querySelector('[role=grid]');
          const box = map.getBoundingClientRect();
          map.setPointerCapture = () => {};
          const send = (type, id, x) => map.dispatchEvent(new PointerEvent(type, {
            clientX: box.left + x, clientY: box.top + 200, bubbles: true, pointerId: id, pointerType: 'touch', button: 0}));
          send('pointerdown', 1, 300);
          send('pointerdown', 2, 340);
          for (let x = 340; x < 460; x += 20) send('pointermove', 2, x);
          send('pointerup', 1, 300);
          send('pointerup', 2, 440);
        }"""
    )

    assert pixels(page) != before
    assert page.locator("[role=grid].near").count() == 1


def test_the_print_holds_the_map_and_what_is_said_of_it(path, open_report):
    page = open_report(path, width=794)
    page.emulate_media(media="print")

    page.locator("#map canvas").first.wait_for()
    page.locator("#doubtful canvas").first.wait_for()
    assert not page.locator("#map .controls").is_visible()
