"""The page about a backward pass in a real browser: rows open to their law, by hand and by key, with Python's numbers."""

import re

import numpy as np
import pytest
import torch
from tests.e2e.axe import violations

from striate.blueprint import Blueprint
from striate.data import read_input
from striate.explain import answer_of, backward
from striate.lint import lint
from striate.nets import from_blueprint
from striate.numbers import THIN, measure, percent
from striate.records import Evidence
from striate.report.backward.page import write_backward_page

TEXT = "input 1x28x28; conv 5x5 8 stride 2, batchnorm, relu; maxpool 2; conv 3x3 16, relu; fc 16, relu; classes 10"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The backward pass of a small network on a real digit, and its page."""
    network = from_blueprint(Blueprint.from_text(TEXT))
    image = read_input("digits:17", network.preprocessing)[None]
    units = torch.tensor(answer_of(network, image))
    [record] = backward(network, image, units, look_at="all", keep=True)
    path = tmp_path_factory.mktemp("backward") / "backward.html"
    report = lint(Evidence(backward=record))
    write_backward_page(record, network, image, report, path, name="net.yaml", shown="digits:17")
    return record, path


def _text(locator):
    return re.sub(r"[\s\u202f]+", " ", locator.inner_text()).strip()


def _row(page, name):
    return page.locator("#backward li", has=page.get_by_role("button", name=name, exact=True))


def _open(page, name):
    row = _row(page, name)
    if row.get_by_role("button").first.get_attribute("aria-expanded") == "false":
        row.get_by_role("button").first.click()
    return row


def test_rows_are_pythons_last_to_first(made, open_report):
    record, path = made
    page = open_report(path)
    rows = page.locator("#backward ol > li")

    assert rows.count() == len(record.rows)
    for shown, row in zip(rows.all(), record.rows, strict=True):
        text = _text(shown.locator(".row"))
        assert text.startswith(row.name)
        assert measure(row.norm) in text
        assert f"{percent(row.zeros, 0)} zeros".replace(THIN, " ") in text


def test_dots_stand_at_the_norms_powers_of_ten(made, open_report):
    record, path = made
    page = open_report(path)
    dots = [float(dot.get_attribute("cx").rstrip("%")) for dot in page.locator("#backward .ruler circle").all()]
    powers = np.log10([row.norm for row in record.rows])
    low, high = np.floor(powers.min()), np.ceil(powers.max())

    assert dots == pytest.approx(list(100 * (powers - low) / (high - low)), abs=1e-6)


def test_a_convolution_opens_to_the_flipped_filter_and_the_shared_weight(made, open_report):
    record, path = made
    page = open_report(path)
    detail = next(detail for detail in record.details if detail.layer == "conv1")
    row = _open(page, "conv1")

    tables = {_text(table.locator("caption")): table for table in row.locator("table").all()}
    numbers = [
        [float(cell.replace("\u2212", "-")) for cell in line.locator("td").all_inner_texts()]
        for line in tables["Filter, backward"].locator("tbody tr").all()
    ]
    np.testing.assert_allclose(numbers, detail.flipped.filter[::-1, ::-1], atol=5.1e-4)
    text = _text(row)
    assert "1 zero between neighbours for the stride" in text
    assert f"its gradient is the sum of all of them: {measure(detail.weight.total, signed=True)}" in text.lower()
    assert f"is used at {detail.weight.by_position.size} places" in text


def test_the_sum_at_the_foot_is_the_gradient(made, open_report):
    record, path = made
    page = open_report(path)
    detail = next(detail for detail in record.details if detail.layer == "maxpool1")
    foot = _open(page, "maxpool1").locator("tfoot").first.locator("td").all_inner_texts()

    assert float(foot[-1].replace("\u2212", "-")) == pytest.approx(detail.gradient, rel=0.01)


def test_the_winners_are_counted(made, open_report):
    record, path = made
    page = open_report(path)
    won = next(detail.winners for detail in record.details if detail.winners)

    text = _text(_open(page, "maxpool1"))
    assert f"{won.losers} did not; {won.losers_zero} of these have gradient exactly zero" in text


def test_rows_are_reached_opened_and_closed_by_key(made, open_report):
    record, path = made
    page = open_report(path)
    first = page.locator("#backward ol button.name").first
    first.focus()

    page.keyboard.press("ArrowDown")
    assert _text(page.locator(":focus")) == record.rows[1].name
    page.keyboard.press("End")
    assert _text(page.locator(":focus")) == record.rows[-1].name
    page.keyboard.press("Enter")
    assert page.locator(":focus").get_attribute("aria-expanded") == "true"
    page.keyboard.press("Enter")
    assert page.locator(":focus").get_attribute("aria-expanded") == "false"
    page.keyboard.press("Home")
    assert _text(page.locator(":focus")) == record.rows[0].name


@pytest.mark.parametrize("width", [360, 820, 1440])
def test_nothing_scrolls_sideways(width, made, open_report):
    page = open_report(made[1], width=width)
    _open(page, "conv1")

    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_axe_finds_nothing(width, scheme, made, open_report):
    page = open_report(made[1], width=width, scheme=scheme)
    _open(page, "conv1")
    assert violations(page) == []
