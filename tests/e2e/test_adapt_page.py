"""The page of an adaptation in a real browser."""

import pytest
from tests.e2e.axe import violations

from adaptations import COMPARISON, CURVE, RECEIPT, adaptation, large, regression
from striate.report.adapting.page import write_adaptation_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages of three adaptations, by name."""
    folder = tmp_path_factory.mktemp("adapt")
    write_adaptation_page(adaptation(), folder / "whole.html", receipt=RECEIPT, curve=CURVE, comparison=COMPARISON)
    write_adaptation_page(large(), folder / "large.html", receipt=RECEIPT)
    write_adaptation_page(regression(), folder / "values.html")
    return folder


@pytest.mark.parametrize("name", ["whole", "large", "values"])
@pytest.mark.parametrize("width", [360, 820, 1440])
def test_it_opens_without_errors_and_nothing_scrolls_sideways(pages, name, width, open_report):
    page = open_report(pages / f"{name}.html", width=width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".failed").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(1440, "dark"), (360, "light")])
def test_axe_finds_nothing(pages, width, scheme, open_report):
    page = open_report(pages / "whole.html", width=width, scheme=scheme)
    for summary in page.locator("main summary").all():
        summary.click()
    assert violations(page) == []


def test_the_chosen_row_is_marked_and_the_bracket_ends_with_its_words(pages, open_report):
    page = open_report(pages / "whole.html")
    rows = page.locator("#regimes ol > li")

    assert rows.count() == 5
    assert "chosen" in rows.nth(0).inner_text()
    assert ["no measurable difference" in rows.nth(i).locator(".join").all_inner_texts() for i in range(5)] == [
        False,
        False,
        True,
        False,
        False,
    ]
    assert (
        rows.nth(3)
        .get_by_role("img")
        .nth(0)
        .get_attribute("aria-label")
        .startswith("whole network, 5 of 6 parts frozen")
    )
    assert "Accuracy, %: 85.1" in rows.nth(3).get_by_role("img").nth(1).get_attribute("aria-label")


def test_dots_stand_in_order_of_their_scores(pages, open_report):
    page = open_report(pages / "whole.html")

    places = [float(dot.get_attribute("cx")) for dot in page.locator("#regimes .axis > svg circle").all()]

    assert places == sorted(places, reverse=True)
    assert len(set(places)) == 5


def test_what_was_tried_opens_by_keyboard(pages, open_report):
    page = open_report(pages / "whole.html")
    summary = page.get_by_text("Show the rates and policies tried")
    summary.focus()
    page.keyboard.press("Enter")

    page.get_by_role("row", name="fine-tune, train norms 0.1 train 1 lost").wait_for()


def test_every_picture_has_a_table_and_the_headings_are_the_summary(pages, open_report):
    page = open_report(pages / "whole.html")
    headings = page.locator("h2").all_inner_texts()

    assert page.locator("figure:has(svg[role=img]) summary", has_text="Show as table").count() >= 6
    assert any("Features are best at blocks.4" in heading for heading in headings)
    assert any("The generic layers end with blocks.3.0.conv_pw" in heading for heading in headings)


def test_the_marked_case_and_the_checked_claims_are_told_in_words(pages, open_report):
    page = open_report(pages / "whole.html")

    assert "this problem" in page.locator("#case td.here").inner_text()
    assert page.locator("#receipt td.mark", has_text="checked").count() == 3
    assert page.locator("#receipt td.mark", has_text="told").count() == 2


def test_the_print_holds_rows_charts_and_claims(pages, open_report):
    page = open_report(pages / "whole.html", width=794)
    page.emulate_media(media="print")

    assert page.locator("#regimes ol > li").count() == 5
    page.locator("#cuts svg").first.wait_for()
    assert not page.locator("#regimes details").first.is_visible()
