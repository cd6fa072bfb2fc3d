"""The page of prediction maps in a real browser: sliders, arrow keys and mouse, with the numbers Python computed."""

import re

import numpy as np
import pytest
import torch
from tests.e2e.axe import violations

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.data.picture import picture_of
from striate.explain.prediction_maps import prediction_maps
from striate.nets import from_blueprint
from striate.nets.dense import dense
from striate.report.dense.page import write_dense_page

# Without padding: every position equals the network on its crop.
TEXT = "input 1x28x28; conv 5x5 8 padding 0, relu; maxpool 2; conv 3x3 8 padding 0, relu; maxpool 2; fc 16, relu; classes 10"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Four real digits side by side in two rows, what a small network says everywhere on them, and its page."""
    network = from_blueprint(Blueprint.from_text(TEXT), seed=3)
    digits = load_data("digits")
    rows = [torch.cat([digits.read(index) for index in pair], 2) for pair in ((17, 600, 1200), (2500, 3100, 4700))]
    image = torch.cat(rows, 1)
    wide = dense(network)
    maps = prediction_maps(network, picture_of(image), dense_network=wide)
    path = tmp_path_factory.mktemp("dense") / "dense.html"
    write_dense_page(maps, wide.conversion, image[0].numpy(), path, name="net.yaml", shown="six digits")
    return maps, wide, path


def _number(text):
    return float(re.sub(r"[\s\u202f]", "", text).replace("\u2212", "-"))


def _told(page):
    """What the page says of the position: outputs with their value there."""
    table = page.locator("#maps .said table")
    return {
        row.locator("th").inner_text(): _number(row.locator("td").first.inner_text())
        for row in table.locator("tbody tr").all()
    }


def _at(maps, row, column):
    return {name: float(maps.maps[k, row, column]) for k, name in enumerate(maps.names)}


def test_the_position_at_first_is_where_the_first_output_is_strongest(made, open_report):
    maps, _, path = made
    told = _told(open_report(path))
    there = _at(maps, *maps.label.position)

    assert told[maps.label.name] == pytest.approx(maps.label.value, rel=0.006)
    # the five strongest there, the strongest first
    assert list(told) == sorted(there, key=there.get, reverse=True)[:5]


def test_arrow_keys_walk_over_the_map(made, open_report):
    maps, _, path = made
    page = open_report(path)
    grid = page.get_by_role("grid")
    row, column = maps.label.position
    grid.focus()

    page.keyboard.press("PageUp")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")

    assert (row, column) != (0, 1)
    for name, value in _told(page).items():
        assert value == pytest.approx(_at(maps, 0, 1)[name], rel=0.006)
    assert "row 1, column 2" in page.get_by_role("gridcell").inner_text()
    page.keyboard.press("End")
    page.keyboard.press("PageDown")
    rows, columns = maps.winner.shape
    assert f"row {rows}, column {columns}" in page.get_by_role("gridcell").inner_text()


def test_a_click_chooses_and_the_field_is_boxed_where_python_says(made, open_report):
    maps, wide, path = made
    page = open_report(path)
    rows, columns = maps.winner.shape
    box = page.get_by_role("grid").bounding_box()
    row, column = 3, columns - 1

    page.mouse.click(box["x"] + (column + 0.5) / columns * box["width"], box["y"] + (row + 0.5) / rows * box["height"])

    assert "row 4" in page.get_by_role("gridcell").inner_text()
    for name, value in _told(page).items():
        assert value == pytest.approx(_at(maps, row, column)[name], rel=0.006)
    x, y, width, height = map(float, page.locator("[data-field]").get_attribute("data-field").split(","))
    # without padding a position sees nothing beyond its crop
    assert wide.conversion.is_exact
    (top, bottom), (left, right) = wide.crop((row, column))
    assert (y, x) == (top, left)
    assert (height, width) == wide.conversion.field_px
    assert top + height <= bottom
    assert left + width <= right


def test_the_slider_goes_through_the_classes_strongest_first(made, open_report):
    maps, _, path = made
    page = open_report(path)
    slider = page.get_by_role("slider", name="Class, strongest first")
    slider.focus()

    page.keyboard.press("ArrowRight")
    second = maps.strongest[1]
    assert slider.get_attribute("aria-valuetext") == second.name
    chosen = page.locator("#maps tr.chosen")
    row, column = maps.label.position
    assert chosen.locator("th").inner_text() == second.name
    assert _number(chosen.locator("td").first.inner_text()) == pytest.approx(
        float(maps.maps[second.output, row, column]), rel=0.006
    )
    assert _number(chosen.locator("td").nth(1).inner_text()) == pytest.approx(
        float(maps.scaled[second.output]), rel=0.006
    )

    field = page.get_by_role("spinbutton", name="Class, strongest first, as a number")
    field.fill("10")
    field.press("Enter")
    assert slider.get_attribute("aria-valuetext") == maps.strongest[9].name
    field.fill("99")
    field.press("Enter")
    assert slider.input_value() == "10"


def test_the_threshold_counts_the_positions_that_pass(made, open_report):
    maps, _, path = made
    page = open_report(path)
    value = round(float(np.median(maps.maps[maps.label.output])), 3)
    field = page.get_by_role("spinbutton", name="Threshold, as a number")
    field.fill(str(value))
    field.press("Enter")

    passing = int((maps.maps[maps.label.output] >= value).sum())
    assert f"{passing} of {maps.winner.size} positions" in page.locator("#maps").inner_text()
    assert 0 < passing < maps.winner.size


def test_the_key_names_the_winners_with_their_share(made, open_report):
    maps, _, path = made
    page = open_report(path)
    shown = [item.split() for item in page.locator("#maps ul li").all_inner_texts()]

    assert [line[0] for line in shown] == [maps.names[output] for output in maps.shares()]
    assert [_number(line[1].rstrip("%")) for line in shown] == pytest.approx(
        [100 * share for share in maps.shares().values()], abs=0.051
    )


@pytest.mark.parametrize("width", [360, 820, 1440])
def test_nothing_scrolls_sideways(width, made, open_report):
    page = open_report(made[2], width=width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_axe_finds_nothing(width, scheme, made, open_report):
    page = open_report(made[2], width=width, scheme=scheme)
    assert violations(page) == []
