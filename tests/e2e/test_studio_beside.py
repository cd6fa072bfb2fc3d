"""What goes on beside an open page: a second tab of the same studio, and files that change under it."""

import re

import numpy as np
import pytest
from PIL import Image  # noqa: TID253 - tests write real files
from playwright.sync_api import expect
from tests.e2e.studio import Served

from striate.blueprint import Blueprint
from striate.data import reading
from striate.studio.opening import subject_from

COLOUR = "input 3x32x32; conv 3x3 4, relu; maxpool 2; conv 3x3 6, relu; globalavgpool; classes mug shoe"

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=30_000)


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder of pictures that are read anew each time they are asked for, as of a large folder."""
    rng = np.random.default_rng(0)
    for name in ("mug", "shoe"):
        (tmp_path / name).mkdir()
        for number in range(4):
            Image.fromarray(rng.integers(0, 255, (40, 44, 3), np.uint8)).save(tmp_path / name / f"{number}.png")
    monkeypatch.setattr(reading, "MEMORY_BYTES", 0)
    return tmp_path


@pytest.fixture
def of_photos(photos):
    found = Served(subject_from(Blueprint.from_text(COLOUR), str(photos)))
    yield found
    found.end()


def test_a_second_tab_has_its_own_view_and_neither_loses_anything(served, open_studio):
    first = open_studio(served, "#/explore?input=sample:3&layer=conv1&unit=0&at=5,5&open=")
    first.get_by_role("button", name="Silence channel 0").click()
    first.get_by_text("conv1, channel 0 silenced").wait_for()
    before = first.url
    second = first.context.new_page()
    second.goto(f"{served.url.partition('?')[0]}#/explore?input=sample:900")
    second.locator('[data-row="0"] canvas').wait_for()

    assert second.get_by_text("silenced").count() == 0
    second.get_by_role("button", name="Cover each part").click()
    second.get_by_role("img", name=re.compile("^Change of the answer .* where a square of 4×4 pixels")).wait_for()
    second.close()

    assert first.url == before
    first.reload()
    first.get_by_text("conv1, channel 0 silenced").wait_for()
    expect(first).to_have_url(re.compile("input=sample:3"))


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_picture_that_changed_is_told_and_the_others_are_still_there(of_photos, photos, open_studio, is_gone):
    page = open_studio(of_photos, "#/explore?input=sample:0", may_fail=True)
    page.locator('[data-row="0"] canvas').wait_for()
    path = photos / "mug" / "1.png"
    if is_gone:
        path.unlink()
    else:
        path.write_bytes((photos / "mug" / "2.png").read_bytes())
    number = page.get_by_role("spinbutton", name=re.compile("^Number"))
    number.fill("1")
    number.press("Enter")
    told = "the file does not exist" if is_gone else "a file must stay as it was when the data set was loaded"
    page.get_by_role("alert").filter(has_text=told).wait_for()
    number.fill("2")
    number.press("Enter")

    page.get_by_text(re.compile("Number 2 of ")).first.wait_for()
    expect(page.get_by_role("alert").filter(has_text=told)).to_have_count(0)
