"""The page about beginnings in a real browser."""

import pytest

from striate.blueprint import Blueprint
from striate.report.beginnings.page import write_beginnings_page
from striate.train import compare_beginnings

TEXT = "input 1x28x28; conv 5x5 4, relu; maxpool 4; conv 3x3 4, relu; fc 8, relu; classes 10"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def path(tmp_path_factory, digits):
    """The page of a short comparison."""
    found = compare_beginnings(Blueprint.from_text(TEXT), digits, ["he", "small"], steps=20, seeds=2, images=60)
    path = tmp_path_factory.mktemp("beginnings") / "beginnings.html"
    write_beginnings_page(found, path, name="net.yaml", data="digits")
    return path


@pytest.mark.parametrize("width", [360, 820, 1440])
def test_it_opens_without_errors_and_nothing_scrolls_sideways(path, width, open_report):
    page = open_report(path, width=width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "After 20 steps he has" in page.locator("h1").inner_text()


def test_charts_filters_and_the_finding_are_on_it(path, open_report):
    page = open_report(path)
    text = page.locator("body").inner_text()

    assert "Spread of values" in text
    assert "With the start small" in text
    assert page.locator("#filters canvas").count() >= 2
    assert page.locator("#first-steps svg").count() >= 3
