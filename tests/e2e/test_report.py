"""The report opens from disk in a real browser and shows the numbers Python computed."""

import io
import re

import numpy as np
import pytest
from tests.e2e.axe import violations

from striate.numbers import THIN, count, percent

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WIDTHS = (360, 820, 1440)


def _text(page, selector="body"):
    return re.sub(r"[\s\u00a0\u202f]+", " ", page.inner_text(selector))


def _plain(text):
    return text.replace(THIN, " ")


def test_the_verdict_and_the_facts_are_pythons(small_inspection, open_report):
    page = open_report(small_inspection.path)
    evidence = small_inspection.evidence

    assert _text(page, "h1") == _plain(small_inspection.verdict)
    text = _text(page)
    assert _plain(percent(evidence.scoreboard.main)) in text
    assert _plain(count(evidence.cost.total.params)) in text


def test_every_section_is_there_with_its_sentence_as_heading(small_inspection, open_report):
    page = open_report(small_inspection.path)

    headings = page.locator("h2").all_inner_texts()

    assert page.locator("h1").count() == 1
    # findings, eighteen pictures, how it was made
    assert len(headings) == 20
    assert all(len(heading) > 10 for heading in headings)


def test_every_finding_is_shown_with_its_message(small_inspection, open_report):
    page = open_report(small_inspection.path)
    text = _text(page)

    assert small_inspection.findings
    for finding in small_inspection.findings[:7]:
        assert _plain(finding.message) in text


def test_the_folded_graph_shows_every_layer_with_its_parameters(small_inspection, open_report):
    page = open_report(small_inspection.path)
    rows = page.get_by_role("treegrid").locator("[data-row]")

    shown = [re.sub(r"[\s\u202f]+", " ", text).strip() for text in rows.all_inner_texts()]

    # the first row is the input
    assert len(shown) == 1 + len(small_inspection.evidence.layers)
    for row, layer in zip(shown[1:], small_inspection.evidence.layers, strict=True):
        assert row.startswith(layer.name)
        assert _plain(count(layer.cost.params)) in row


def test_the_confusion_table_holds_pythons_counts(small_inspection, open_report):
    page = open_report(small_inspection.path)
    confusion = small_inspection.evidence.scoreboard.confusion

    rows = page.locator("#mistakes table").first.locator("tbody tr")

    assert rows.count() == 10
    for truth in range(10):
        cells = [text.strip() for text in rows.nth(truth).locator("td").all_inner_texts()]
        assert [int(cell or 0) for cell in cells] == confusion[truth].tolist()


def test_every_canvas_has_a_name_and_ink_on_it(small_inspection, open_report):
    page = open_report(small_inspection.path)
    for section in page.locator("section").all():
        section.scroll_into_view_if_needed()
    page.wait_for_timeout(500)

    # The sheet for marks of the map is empty until a point has the focus.
    canvases = page.locator("canvas:not(.marks)").all()

    assert len(canvases) > 10
    for canvas in canvases:
        assert (
            canvas.get_attribute("aria-label")
            or canvas.get_attribute("aria-labelledby")
            or canvas.get_attribute("aria-hidden")
        )
        values = canvas.evaluate(
            "c => { const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
            " const s = new Set(); for (let i = 0; i < d.length; i += 4) s.add((d[i] << 16) | (d[i+1] << 8) | d[i+2]);"
            " return s.size }"
        )
        assert values > 1, canvas.get_attribute("aria-label")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_never_scrolls_sideways_and_is_not_blank(width, scheme, small_inspection, open_report):
    from PIL import Image

    page = open_report(small_inspection.path, width=width, scheme=scheme)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shot = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("L"))
    paper = np.bincount(shot.ravel()).argmax()
    assert (paper > 200) == (scheme == "light")
    assert 0.01 < (np.abs(shot.astype(int) - paper) > 40).mean() < 0.6


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (360, "dark"),
        (1440, "light"),
        pytest.param(360, "light", marks=pytest.mark.long),
        pytest.param(1440, "dark", marks=pytest.mark.long),
    ],
)
def test_axe_finds_nothing(width, scheme, small_inspection, open_report):
    page = open_report(small_inspection.path, width=width, scheme=scheme)
    assert violations(page) == []


def test_a_regression_report_has_r2_in_place_of_accuracy(ink_inspection, open_report):
    page = open_report(ink_inspection.path)
    text = _text(page)

    assert "R²" in text
    assert "Mean absolute error" in text
    assert "Accuracy" not in text


def test_a_twin_table_opens_by_keyboard_and_holds_the_numbers(small_inspection, open_report):
    page = open_report(small_inspection.path)
    twin = page.locator("#training details").first

    twin.locator("summary").focus()
    page.keyboard.press("Enter")
    twin.locator("tbody tr").first.wait_for()

    rows = twin.locator("tbody tr").all_inner_texts()
    assert len(rows) == len(small_inspection.evidence.curve.epochs)
    last = small_inspection.evidence.curve.epochs[-1]
    assert f"{last.validation_loss:.4f}" in rows[-1]


def test_the_report_is_small(small_inspection):
    # How soon it can be used is measured in benchmarks/commands.py.
    assert small_inspection.path.stat().st_size < 8_000_000
