"""The page of a search in a real browser."""

from pathlib import Path

import pytest

from search_readings import AGAIN, SHARES, TRIALS, reading
from striate.report.studies.search.page import write_search_page

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A page with every section."""
    return write_search_page(reading(), tmp_path_factory.mktemp("search"))


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (360, "dark"),
        (820, "light"),
        (1440, "light"),
        pytest.param(360, "light", marks=pytest.mark.long),
        pytest.param(820, "dark", marks=pytest.mark.long),
        pytest.param(1440, "dark", marks=pytest.mark.long),
    ],
)
def test_it_opens_without_errors_nothing_scrolls_sideways_and_axe_finds_nothing(path, width, scheme, open_report):
    page = open_report(path, width=width, scheme=scheme, bypass_csp=True)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(".failed").count() == 0
    for summary in page.locator("main summary").all():
        summary.click()
    page.add_script_tag(path=AXE)
    found = page.evaluate("axe.run()")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_headings_are_the_summary(path, open_report):
    page = open_report(path)
    [first] = page.locator("h1").all_inner_texts()
    headings = page.locator("h2").all_inner_texts()

    assert first.startswith("Trial 11, trained again from 3 other seeds, reaches 78.0")
    assert [heading.split(" ")[0] for heading in headings] == [
        "3", "Of", "1", "3", "Trained", "24", "5", "The", "Most", "12", "With"
    ]  # fmt: skip


def test_every_trial_with_a_score_is_a_dot_at_its_height(path, open_report):
    page = open_report(path)
    dots = {
        name: [float(dot.get_attribute("cy")) for dot in page.locator(f"#tried svg circle{name}").all()]
        for name in (".solid", ".open")
    }
    scores = [row[3] for row in TRIALS if isinstance(row[3], float)]
    # By hand: filled are 50, 55, 61, 72 and 80 %, open, by MACs, 70, 74, 79 and 80 %.
    heights = [(0.5, 0.55, 0.61, 0.72, 0.8), (0.7, 0.74, 0.79, 0.8)]

    assert sorted(scores) == sorted(sum(heights, ()))
    top, bottom = dots[".solid"][-1], dots[".solid"][0]
    for found, expected in zip(dots.values(), heights, strict=True):
        assert found == pytest.approx([bottom + (top - bottom) * (one - 0.5) / 0.3 for one in expected], abs=0.1)


def test_shares_are_rows_without_a_comparison(path, open_report):
    page = open_report(path)
    rows = page.locator("#importance li").all_inner_texts()

    assert [row.split("\n")[0] for row in rows] == [name for name, _, _ in SHARES]
    assert "60.0" in rows[0]
    assert page.locator("#importance .best").count() == 0
    assert "Difference" not in page.locator("#importance").inner_text()


def test_the_twins_have_the_numbers_of_python(path, open_report):
    page = open_report(path)
    for name in ("tried", "scores"):
        page.locator(f"#{name} summary", has_text="Show as table").click()
    tried = page.locator("#tried table tbody tr")
    tried.first.wait_for()
    seeds = page.locator("#scores table tbody tr").first.locator("th, td").all_inner_texts()[-3:]

    assert tried.count() == 12
    assert tried.first.locator("th, td").all_inner_texts()[:5] == ["11", "80.00", "3", "5", "2"]
    assert [float(seed) for seed in seeds] == [pytest.approx(100 * score) for score in AGAIN[11]]
