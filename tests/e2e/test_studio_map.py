"""The map of the samples in a real browser: made, coloured by a unit, asked about a choice, and linked with the explorer both ways."""

import re

import numpy as np
import pytest
import torch
from playwright.sync_api import expect
from scipy.stats import mannwhitneyu
from tests.e2e.axe import violations

from striate.data import evenly_spread, prepare
from striate.nets import load_network

COUNT = 150
SAMPLES = evenly_spread(5000, COUNT)

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=30_000)


@pytest.fixture
def opened(open_studio, served):
    """Opens the map, and nothing before."""
    return lambda place="#/map", **how: open_studio(served, place, **how)


@pytest.fixture
def shown(opened, served):
    """Opens the map; makes it first if it is not there."""

    def open_map(place="#/map", **how):
        page = opened(place, **how)
        page.get_by_role("button", name="Lay out").or_(grid_of(page)).first.wait_for()
        if grid_of(page).count() == 0:
            page.get_by_label("Samples, evenly spread").fill(str(COUNT))
            page.get_by_role("button", name=f"Lay out {COUNT} samples").click()
        grid_of(page).wait_for(timeout=120_000)
        return page

    return open_map


def grid_of(page):
    return page.get_by_role("grid", name=re.compile(f"^Map of {COUNT} points"))


def rows_of(table):
    """A table's cells by its heads."""
    heads = table.locator("thead th").all_inner_texts()
    return [
        dict(zip(heads, row.locator("th, td").all_inner_texts(), strict=True))
        for row in table.locator("tbody tr").all()
    ]


def number(text):
    return float(text.replace("\u2212", "-").replace("\u202f%", "").replace("\u202f", "").replace("> ", ""))


def first_layer(small_run, digits):
    """The mean of every channel of the first layer over its map, for each sample of the map, by torch alone."""
    network = load_network(str(small_run))
    images = torch.stack([prepare(digits.read(sample), network.preprocessing) for sample in SAMPLES])
    heard = []
    relu = next(part for part in network.module.modules() if isinstance(part, torch.nn.ReLU))
    hook = relu.register_forward_hook(lambda _module, _inputs, output: heard.append(output.mean((2, 3))))
    with torch.no_grad():
        network.module(images)
    hook.remove()
    return heard[0].numpy()


def test_it_is_made_with_progress_ended_when_asked_and_found_after_a_reload(opened):
    page = opened()
    page.get_by_label("Samples, evenly spread").fill("2000")
    page.get_by_role("button", name=re.compile("Lay out 2.?000 samples")).click()
    page.get_by_role("heading", name="The map is being made").wait_for()
    page.reload()
    page.get_by_role("progressbar").wait_for()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_text("It was ended before it was done").wait_for()

    assert violations(page) == []
    page.get_by_label("Samples, evenly spread").fill(str(COUNT))
    page.get_by_role("button", name=f"Lay out {COUNT} samples").click()
    grid_of(page).wait_for(timeout=120_000)
    page.reload()
    grid_of(page).wait_for()
    expect(page.get_by_text(f"{COUNT} of 5000 samples of digits, evenly spread").first).to_be_visible()


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (360, "light")])
def test_axe_finds_nothing_with_a_unit_as_colour_and_points_chosen(shown, width, scheme):
    page = shown("#/map?colour=unit:conv1,3&choose=word.label%3D4", width=width, scheme=scheme)
    page.get_by_role("table").filter(has_text="that differ most of").wait_for()
    page.get_by_text("Choose points by fields").click()

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_unit_colours_the_points_with_its_own_values(shown, small_run, digits):
    page = shown()
    page.get_by_role("combobox", name="layer", exact=True).select_option("conv1")
    page.get_by_role("spinbutton", name="channel", exact=True).fill("3")
    page.get_by_role("button", name="Colour by it").click()
    page.get_by_text("conv1 channel 3, mean over its map").wait_for()
    page.locator("figure.vector-map summary", has_text="table").last.click()
    table = page.locator("figure.vector-map table").filter(has_text="Points of the map shown")
    table.wait_for()
    values = first_layer(small_run, digits)[:, 3]
    found = rows_of(table)
    point_of = {digits.samples[sample].id: point for point, sample in enumerate(SAMPLES)}

    assert len(found) == COUNT
    for row in found:
        assert number(row["conv1 channel 3"]) == pytest.approx(values[point_of[row["Point"]]], abs=6e-5)
    expect(page).to_have_url(re.compile(r"colour=unit%3Aconv1%2C3"))
    page.reload()
    page.get_by_text("conv1 channel 3, mean over its map").wait_for()


def test_a_class_chosen_by_fields_is_told_apart_by_the_units_that_scipy_finds(shown, small_run, digits):
    page = shown()
    page.get_by_text("Choose points by fields").click()
    page.get_by_role("combobox", name="is", exact=True).select_option("4")
    page.get_by_role("button", name="Choose them").click()
    page.get_by_label("Units of").select_option("conv1")
    table = page.get_by_role("table").filter(has_text="that differ most of 8")
    table.wait_for()
    labels = digits.targets().numpy()[list(SAMPLES)]
    values = first_layer(small_run, digits)
    pairs = (labels == 4).sum() * (labels != 4).sum()
    shares = [mannwhitneyu(column[labels == 4], column[labels != 4]).statistic / pairs for column in values.T]
    order = np.argsort(-np.abs(np.array(shares) - 0.5))
    found = rows_of(table)

    assert [row["Unit"] for row in found][:3] == [f"conv1, channel {channel}" for channel in order[:3]]
    for row in found:
        channel = int(row["Unit"].split()[-1])
        assert number(row["Chosen larger, share of pairs"]) == pytest.approx(100 * shares[channel], abs=0.06)
        assert number(row["Mean, chosen"]) == pytest.approx(values[labels == 4, channel].mean(), rel=0.006, abs=1e-4)
    expect(page).to_have_url(re.compile(r"choose=word.label%3D4"))


def test_a_unit_that_differs_leads_to_the_explorer_and_back(shown):
    page = shown("#/map?choose=word.label%3D4")
    link = page.get_by_role("table").filter(has_text="that differ most of").get_by_role("link").first
    name = link.inner_text()
    layer, channel = name.split(", channel ")
    link.click()
    page.get_by_role("heading", name="Every layer").wait_for()

    expect(page).to_have_url(re.compile(re.escape(f"layer={layer}&unit={channel}")))
    colours = page.get_by_role("link", name="Colour the map by this unit")
    colours.click()
    page.get_by_text(f"{layer} channel {channel}, ").first.wait_for()
    expect(page).to_have_url(re.compile(re.escape(f"colour=unit%3A{layer}%2C{channel}")))
    page.get_by_role("link", name="Explorer").click()
    colours.wait_for()
    page.get_by_role("link", name="Map", exact=True).click()
    page.get_by_text(f"{layer} channel {channel}, ").first.wait_for()


def test_a_lasso_is_a_rule_that_the_address_holds(shown):
    page = shown()
    page.get_by_label("draws round points").check()
    grid = grid_of(page)
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    corners = [(0.02, 0.02), (0.98, 0.02), (0.98, 0.5), (0.02, 0.5)]
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in corners]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=4)
    page.mouse.up()
    page.get_by_role("table").filter(has_text="that differ most of").wait_for()
    said = page.locator(".chosen [role=status]").inner_text()
    address = page.url
    page.get_by_role("button", name="Clear").click()
    page.get_by_role("table").filter(has_text="that differ most of").wait_for(state="detached")
    page.goto(address)
    page.reload()
    page.get_by_role("table").filter(has_text="that differ most of").wait_for()

    assert "choose=lasso." in address
    assert page.locator(".chosen [role=status]").inner_text() == said


def test_a_point_becomes_the_input_by_keyboard_and_is_marked(shown):
    page = shown(reduced_motion="reduce")
    grid = grid_of(page)
    grid.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    said = page.locator(f"#{grid.get_attribute('aria-activedescendant')}").inner_text()
    place = page.locator(".point dd").nth(1).inner_text()
    assert said.startswith(page.locator(".point dd").first.inner_text())
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Every layer").wait_for()
    expect(page).to_have_url(re.compile(f"input=sample:{place.removeprefix('digits/')}(&|$)"))
    page.get_by_role("link", name="Map", exact=True).click()
    page.get_by_text("The present input is a point of the map").wait_for()

    # The walk goes on where the input is.
    expect(page.locator(".point dd").nth(1)).to_have_text(place)
    expect(page.locator(".marked")).to_have_text("input")


def test_an_input_that_is_not_of_the_sample_stands_among_its_nearest(shown):
    page = shown()
    assert 1 not in SAMPLES
    page.goto(page.url.partition("#")[0] + "#/explore?input=sample:1")
    page.get_by_text("Number 1 of digits").first.wait_for()
    page.get_by_role("link", name="The input on the map").click()
    page.get_by_text("The present input is not among these samples").wait_for()
    page.locator(".marked").wait_for()

    # By principal components nobody has said where it goes.
    page.get_by_role("radio", name=re.compile("^PCA")).check()
    expect(page.locator(".marked")).to_have_count(0)
    expect(page).to_have_url(re.compile("as=PCA"))


def test_the_slider_goes_through_the_layers_and_tells_their_separation(shown, served):
    page = shown("#/map", reduced_motion="reduce")
    slider = page.get_by_role("slider", name="Layer, from the input on")
    slider.focus()
    page.keyboard.press("Home")
    layers = []
    for _ in range(int(slider.get_attribute("max"))):
        told = page.locator(".picture .shown").inner_text()
        layers.append(told.split(",")[0])
        assert re.search(r"neighbours vote right for \d+\.\d\u202f%", told)
        expect(page).to_have_url(re.compile(f"layer={layers[-1]}"))
        page.keyboard.press("ArrowRight")

    assert len(set(layers)) == len(layers) >= 2


def test_a_box_is_chosen_in_the_maps_own_numbers(shown):
    page = shown()
    page.locator("figure.vector-map summary", has_text="table").last.click()
    table = page.locator("figure.vector-map table").filter(has_text="Points of the map shown")
    table.wait_for()
    heights = sorted(number(row["y"]) for row in rows_of(table))
    # Where no point is so near that three digits would leave open on which side it stands.
    gaps = np.diff(heights[50:100])
    below = 50 + int(gaps.argmax()) + 1
    border = (heights[below - 1] + heights[below]) / 2
    assert gaps.max() > 0.004
    page.get_by_text("Choose points by fields").click()
    for side, value in (("west", -1.5), ("east", 1.5), ("south", border), ("north", 1.5)):
        page.get_by_label(f"{side} side of the box").fill(f"{value:.3f}")
    page.get_by_role("button", name="Choose this box").click()
    page.get_by_role("table").filter(has_text="that differ most of").wait_for()
    chosen = int(page.locator(".chosen [role=status]").inner_text().split()[0])

    assert chosen == COUNT - below
