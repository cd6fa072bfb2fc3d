"""The studio's first second: a page that tells how far the opening is, and then the network itself."""

import re
import threading

import pytest
from playwright.sync_api import expect

from striate.errors import InputError
from striate.events import Task
from striate.studio.opening import subject_from
from striate.studio.serving import serve_opening

TOKEN = "abcdefghijklmnopqrstuvwx"

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=30_000)


@pytest.fixture
def opening():
    """Begins a studio in a thread; its opening waits where the test lets it go."""
    gates = []

    def begun(opened):
        gate, there, addresses, raised = threading.Event(), threading.Event(), [], []
        gates.append(gate)

        def told(address):
            addresses.append(address)
            there.set()

        def work():
            try:
                serve_opening(lambda events: opened(events, gate), token=TOKEN, opens_browser=False, told=told)
            except Exception as error:  # noqa: BLE001 - looked at by the test
                raised.append(error)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        there.wait(20)
        return addresses[0].url, gate, thread, raised

    yield begun
    for gate in gates:
        gate.set()


def test_the_page_is_there_before_the_network_and_follows_its_training(opening, browser, small_run, digits):
    def opened(events, gate):
        task = Task("training", total=4, unit="step", events=events)
        for loss in (2.3, 1.1, 0.4):
            task.advance(loss=loss)
        assert gate.wait(60)
        return subject_from(str(small_run), digits)

    url, gate, _, _ = opening(opened)
    page = browser.new_page()
    page.goto(url)
    page.get_by_role("heading", name="The network is on its way.").wait_for()
    page.get_by_text(re.compile(r"^training: 3 of 4 steps")).wait_for()
    page.get_by_role("img", name=re.compile(r"^Loss.*ends at 0.400$")).wait_for()
    expect(page.get_by_role("progressbar", name="training")).to_have_attribute("value", "3")

    gate.set()
    page.get_by_role("heading", name="Every layer").wait_for()
    page.locator('[data-row="0"] canvas').wait_for()
    page.close()


@pytest.mark.parametrize("view", ["map", "train", "design", "report", "unit?layer=conv1&unit=0"])
def test_every_view_waits_for_the_network(view, opening, open_page, small_run, digits):
    def opened(_events, gate):
        assert gate.wait(60)
        return subject_from(str(small_run), digits)

    url, gate, _, _ = opening(opened)
    asked = []
    page = open_page(
        f"{url}#/{view}", may_fail=True, before=lambda page: page.on("request", lambda one: asked.append(one.url))
    )
    page.get_by_role("heading", name="The network is on its way.").wait_for()
    while not any(url.endswith("?waits") for url in asked):
        page.wait_for_timeout(100)
    page.wait_for_timeout(700)
    assert {url.rpartition("/")[2] for url in asked if "/api/" in url} == {"network", "beginning", "beginning?waits"}
    assert page.get_by_role("alert").filter(has_text=re.compile(r"\S")).count() == 0

    gate.set()
    expect(page.get_by_role("heading", name="The network is on its way.")).to_have_count(0)
    page.get_by_role("heading", level=1).wait_for()
    assert page.url.endswith(f"#/{view.partition('?')[0]}") or "?" in page.url


def test_an_opening_that_is_left_is_asked_about_no_more(opening, open_page, small_run, digits):
    def opened(_events, gate):
        assert gate.wait(60)
        return subject_from(str(small_run), digits)

    url, gate, _, _ = opening(opened)
    asked = []

    def answer(route):
        asked.append(route)
        # The first fails, and the second comes late.
        if len(asked) != 2:
            route.abort()

    page = open_page(url, may_fail=True, before=lambda page: page.route("**/api/beginning*", answer))
    again = page.get_by_role("button", name="Try again")
    again.wait_for()
    gate.set()
    while len(asked) < 2 or page.evaluate("fetch('api/network').then(answer => answer.status)") != 200:
        page.wait_for_timeout(100)
    again.click()
    page.get_by_role("heading", name="Every layer").wait_for()
    asked[1].abort()
    page.wait_for_timeout(1200)

    assert len(asked) == 2


def test_an_opening_that_fails_is_told_on_the_page_and_raised(opening, browser):
    def opened(_events, gate):
        assert gate.wait(60)
        raise InputError("a network must be readable", got="nothing")

    url, gate, thread, raised = opening(opened)
    page = browser.new_page()
    page.goto(url)
    page.get_by_role("heading", name="The network is on its way.").wait_for()
    gate.set()
    page.get_by_text("a network must be readable; got 'nothing'.").wait_for()
    page.close()
    thread.join(20)

    assert [type(error) for error in raised] == [InputError]
