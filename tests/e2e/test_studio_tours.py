"""Guided tours in the page, by keyboard alone: on a network of digits and on a small one of colour images."""

import re
from urllib.parse import parse_qs

import numpy as np
import pytest
import torch
from PIL import Image  # noqa: TID253 - a folder of real files
from playwright.sync_api import expect
from tests.e2e.axe import violations
from tests.e2e.studio import Served

from striate.blueprint import Blueprint
from striate.data import load_data
from striate.studio.opening import subject_from
from striate.studio.tours.files import NAMES, tour_file

COLOUR = "input 3x16x16; conv 3x3 6, relu; conv 3x3 8 stride 2, relu; globalavgpool; classes 2"

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def colour(tmp_path_factory):
    folder, draw = tmp_path_factory.mktemp("colours"), np.random.default_rng(0)
    for name, channel in (("blue", 2), ("red", 0)):
        (folder / name).mkdir()
        for number in range(6):
            pixels = draw.integers(0, 60, (16, 16, 3), np.uint8)
            pixels[4:12, 4:12, channel] += 150
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    torch.manual_seed(3)
    found = Served(subject_from(Blueprint.from_text(COLOUR), load_data(str(folder))))
    yield found
    found.end()


@pytest.fixture
def opened(open_studio):
    def opened(served, at="", **options):
        page = open_studio(served, at, **options)
        page.get_by_role("heading", name="Every layer").wait_for()
        page.locator('[data-row="0"] canvas').wait_for()
        return page

    return opened


def _press(page, name):
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")


def _said(page):
    return parse_qs(page.url.split("?", 2)[-1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("which", ["served", "colour"])
def test_a_tour_is_walked_by_keyboard_to_its_end(which, name, opened, request):
    page = opened(request.getfixturevalue(which))
    title = tour_file(name).title
    _press(page, title)
    where = page.get_by_text(re.compile(rf"^{re.escape(title)}, step 1 of \d"))
    where.wait_for()
    count = int(where.inner_text().split()[-1])
    for number in range(1, count + 1):
        page.get_by_text(f"{title}, step {number} of {count}").wait_for()
        strip = page.get_by_role("region").filter(has_text=f"step {number} of {count}")
        # Who asked for the step reads on there.
        expect(strip.get_by_role("heading")).to_be_focused()
        expect(page).to_have_url(re.compile(rf"[?&]tour={name}:{number}(&|$)"))
        if number < count:
            _press(page, "Next step")
    page.keyboard.press("Escape")

    expect(page).not_to_have_url(re.compile("tour="))
    expect(page.get_by_role("button", name="Next step")).to_have_count(0)


def test_a_step_shows_the_unit_it_speaks_of(opened, served):
    page = opened(served)
    _press(page, "What is a convolution?")
    words = page.get_by_text(re.compile(r"^Channel \d+ of conv1 is "))
    words.wait_for()
    channel, value = re.match(r"Channel (\d+) of conv1 is ([\d.]+) at", words.inner_text()).groups()

    page.get_by_role("heading", name=f"conv1, channel {channel}").wait_for()
    # The step's input comes after its unit: until then the panel has the unit's value for the input before.
    # Three digits in the words, as many decimals in the panel.
    near = "value => Math.abs(Number(document.querySelector('.neuron .value')?.textContent) - value) < 6e-3"
    page.wait_for_function(near, arg=float(value))


def test_an_address_with_a_tour_moves_nothing_until_it_is_asked(opened, served):
    page = opened(served, "#/explore?input=sample:600&tour=first-steps:4")
    page.get_by_text("First steps, step 4 of 8").wait_for()

    assert _said(page)["input"] == ["sample:600"]
    _press(page, "Go there")
    page.get_by_role("heading", name="conv1, channel").wait_for()
    expect(page.get_by_role("button", name="Go there")).to_have_count(0)
    page.go_back()
    page.get_by_role("heading", name="Choose a neuron").wait_for()


def test_axe_finds_nothing_in_a_step(opened, served):
    page = opened(served, "#/explore?input=sample:600&tour=first-steps:4")
    page.get_by_text("First steps, step 4 of 8").wait_for()
    assert violations(page) == []
