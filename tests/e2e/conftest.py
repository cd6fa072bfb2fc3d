"""A real browser for the tests that need one, and what they open in it."""

import os
import shutil

import pytest
from tests.e2e.studio import Served

from striate.studio.opening import subject_from

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="session")
def browser():
    """Headless Chromium; without one the tests are skipped, but never in continuous integration."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium was found: tools/browser.py should have installed one")
        pytest.skip("no Chromium was found")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def open_page(browser):
    """Opens an address at a width and scheme; fails on any error of the page, and of its console unless it may fail."""
    contexts, problems = [], []

    def opened(url, *, width=1440, height=1000, scheme="light", may_fail=False, before=lambda _page: None, **options):
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        if not may_fail:
            page.on("console", lambda said: problems.append(said.text) if said.type == "error" else None)
        before(page)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def open_report(open_page):
    """Opens a report from disk, as `open_page` does; fails on any request of the page as well."""
    asked = []

    def follow(page):
        page.on("request", lambda request: asked.append(request.url))

    def opened(path, **how):
        page = open_page(path.resolve().as_uri(), before=follow, **how)
        page.wait_for_selector("h1")
        return page

    yield opened
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []


@pytest.fixture(scope="module")
def served(small_run, digits):
    """A studio of the small network with the digits."""
    found = Served(subject_from(str(small_run), digits))
    yield found
    found.end()


@pytest.fixture
def open_studio(open_page):
    """Opens a studio at a part of its address, as `open_page` does."""

    def opened(served, at="", **how):
        return open_page(f"{served.url}{at}", **how)

    return opened
