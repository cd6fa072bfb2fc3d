"""The page of a comparison of features in a real browser."""

from dataclasses import replace

import pytest
from tests.e2e.axe import violations

from feature_comparisons import FOUND, estimate
from striate.lint import lint
from striate.records import Evidence
from striate.report.downstream.page import write_downstream_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A page with every section and a finding."""
    path = tmp_path_factory.mktemp("downstream") / "page.html"
    found = replace(FOUND, to_hand_made=estimate(-0.02))
    findings = lint(Evidence(downstream=found), select=("handmade-beats-features",)).findings
    write_downstream_page(found, path, findings=findings)
    return path


@pytest.mark.parametrize("width", [360, 820, 1440])
def test_it_opens_without_errors_and_nothing_scrolls_sideways(path, width, open_report):
    page = open_report(path, width=width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".failed").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (360, "light")])
def test_axe_finds_nothing(path, width, scheme, open_report):
    page = open_report(path, width=width, scheme=scheme)
    for summary in page.locator("main summary").all():
        summary.click()
    assert violations(page) == []


def test_dots_stand_in_order_and_hand_made_ones_are_open(path, open_report):
    page = open_report(path)
    dots = page.locator("#downstream li circle")
    places = [float(dot.get_attribute("cx")) for dot in dots.all()]

    assert places == sorted(places, reverse=True)
    assert len(set(places)) == 3
    assert ["open" in (dot.get_attribute("class") or "") for dot in dots.all()] == [False, False, True]
    assert "Accuracy, %: 97.0" in page.locator("#downstream li [role=img]").first.get_attribute("aria-label")
    assert page.locator("#layers text", has_text="conv2").count() == 2
