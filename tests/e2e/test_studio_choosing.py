"""A unit that is clicked on in the studio's page: shown with its answer or without it, and never lost."""

import re

import pytest
from playwright.sync_api import expect
from tests.e2e.studio import Served

from striate.blueprint import Blueprint
from striate.nets import from_blueprint
from striate.studio.subject import subject_of

TEXT = "input 1x28x28; conv 3x3 14, relu; maxpool 2; conv 3x3 9, relu; fc 12, relu; classes 10"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def served(digits):
    found = Served(subject_of(from_blueprint(Blueprint.from_text(TEXT)), digits, name="small"))
    yield found
    found.end()


@pytest.fixture
def page(open_studio, served):
    def opened(unit, **how):
        page = open_studio(served, f"#/explore?input=sample:7&{unit}", **how)
        page.wait_for_selector("table.sum")
        return page

    return opened


def test_a_choice_is_shown_before_an_answer_that_is_late(page):
    opened = page("layer=conv2&unit=4&at=6,9")
    held = []
    opened.route("**/neurons/**", lambda route: held.append(route))  # noqa: PLW0108 - playwright marks what it is given
    opened.locator("[data-row='1'] .row-strip").click(position={"x": 70, "y": 20})
    expect(opened).to_have_url(re.compile("layer=maxpool1"))
    expect(opened.locator("table.sum")).to_be_visible()  # the earlier one's, until the answer is there

    for route in held:
        route.continue_()
    expect(opened.locator("table.window")).to_be_visible()
    assert len(held) == 1


CLICK = """row => {
  const strip = document.querySelector(`[data-row="${row}"] .row-strip`);
  const {left, top} = strip.getBoundingClientRect();
  strip.dispatchEvent(new MouseEvent("click", {bubbles: true, clientX: left + 70, clientY: top + 20}));
}"""


def test_of_two_choices_at_once_the_second_counts(page):
    opened = page("layer=conv2&unit=4&at=6,9")
    steps = opened.evaluate("history.length")
    opened.evaluate(f"[1, 0].forEach({CLICK})")
    expect(opened).to_have_url(re.compile("layer=conv1"))
    opened.wait_for_timeout(200)

    assert opened.evaluate("history.length") == steps + 1
    assert "layer=conv1" in opened.url


def test_another_question_about_the_unit_before_does_not_lose_a_choice(page):
    opened = page("layer=conv2&unit=4&at=6,9")
    opened.evaluate(
        f"({CLICK})(1); document.body.dispatchEvent(new KeyboardEvent('keydown', {{key: 'w', bubbles: true}}))"
    )
    expect(opened).to_have_url(re.compile("layer=maxpool1.*by=weight|by=weight.*layer=maxpool1"))
    expect(opened.locator("table.window")).to_be_visible()


def test_a_choice_that_was_refused_once_is_asked_for_again(page):
    opened = page("layer=conv2&unit=4&at=6,9", may_fail=True)
    refused = []

    def refuse_once(route):
        if refused:
            return route.continue_()
        refused.append(route.request.url)
        return route.fulfill(status=404, json={"code": "unknown-name", "message": "It was given up.", "hint": ""})

    opened.route("**/neurons/**", refuse_once)
    opened.evaluate(f"({CLICK})(1)")
    # The input is given again, and then the question is put again.
    expect(opened.locator("table.window")).to_be_visible()
    assert len(refused) == 1
