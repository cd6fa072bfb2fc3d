"""The page of a study in a real browser."""

import pytest
from tests.e2e.axe import violations

from striate.report.studies.page import write_study_page
from study_readings import SCORES, reading

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A page with every section."""
    return write_study_page(reading(), tmp_path_factory.mktemp("study"))


@pytest.mark.parametrize("width", [360, 820, 1440])
def test_it_opens_without_errors_and_nothing_scrolls_sideways(path, width, open_report):
    page = open_report(path, width=width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".failed").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_axe_finds_nothing(path, width, scheme, open_report):
    page = open_report(path, width=width, scheme=scheme)
    for summary in page.locator("main summary").all():
        summary.click()
    assert violations(page) == []


def test_the_headings_are_the_summary(path, open_report):
    page = open_report(path)
    [first] = page.locator("h1").all_inner_texts()
    headings = page.locator("h2").all_inner_texts()

    assert first.startswith("Depth 2, side 5 is better than depth 1, side 3: 92.0")
    assert [heading.split(" ")[0] for heading in headings] == ["1", "4", "Of", "3", "Before", "With"]
    assert headings[0] == "1 of 2 effects is sure; of 2 published findings 1 agrees, 0 contradict."


def test_each_seed_is_a_dot_at_its_score(path, open_report):
    page = open_report(path)
    rows = page.locator("#scores li")
    # Two rows' means give the scale: 82 % and 92 %.
    means = [float(row.locator("circle:not(.single)").get_attribute("cx")) for row in rows.all()]
    scale = (means[2] - means[0]) / (100 * (sum(SCORES["2", "3"]) - sum(SCORES["1", "3"])) / 3)

    for row, scores in zip(rows.all(), SCORES.values(), strict=True):
        dots = [float(dot.get_attribute("cx")) for dot in row.locator("circle.single").all()]
        assert dots == pytest.approx([means[0] + scale * (100 * score - 82) for score in scores], abs=0.1)


def test_the_twin_has_the_numbers_of_the_picture(path, open_report):
    page = open_report(path)
    page.locator("#scores summary", has_text="Show as table").click()
    table = page.locator("#scores table")
    table.wait_for()
    cells = table.locator("tbody tr").nth(2).locator("th, td").all_inner_texts()

    assert cells[:3] == ["2", "3", "91.97"]
    assert cells[-3:] == ["90.00", "92.00", "93.90"]
