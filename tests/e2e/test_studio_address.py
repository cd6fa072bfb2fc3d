"""The studio's address holds the whole view: opened again it is as it was, and each step of it can be taken back."""

import re

import pytest
import torch
from playwright.sync_api import expect
from tests.e2e.studio import Served, held_back

from striate.data import prepare
from striate.nets import load_network
from striate.studio.opening import subject_from

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def subject(small_run, digits):
    return subject_from(str(small_run), digits)


@pytest.fixture(scope="module")
def served(subject):
    found = Served(subject)
    yield found
    found.end()


@pytest.fixture
def opened(open_studio):
    def opened(served, at, **how):
        page = open_studio(served, at, **how)
        page.get_by_role("heading", name="Every layer").wait_for()
        return page

    return opened


def _probability(run, digits, number, silenced):
    """The likeliest class and its probability with channels of the first rectified layer at zero."""
    network = load_network(str(run))
    first = next(module for module in network.module.modules() if isinstance(module, torch.nn.ReLU))

    def silence(_module, _given, made):
        made = made.clone()
        made[:, silenced] = 0
        return made

    handle = first.register_forward_hook(silence)
    with torch.no_grad():
        shares = network.module.eval()(prepare(digits.read(number), network.preprocessing)[None]).softmax(1)[0]
    handle.remove()
    return int(shares.argmax()), float(shares.max())


def test_changes_in_an_address_are_made_and_survive_a_restart(opened, small_run, digits, subject):
    served = Served(subject)
    try:
        page = opened(served, "#/explore?input=sample:600&changed=conv1:2:0;conv1:5:0")
        best, share = _probability(small_run, digits, 600, [2, 5])
        shown = "above 0.999" if share > 0.999 else f"probability {share:.3f}"
        answer = page.locator("h3", has_text=f"Answer: {best}")
        expect(answer).to_contain_text(shown)
        page.get_by_text("conv1, channel 5 silenced").wait_for()

        served.end()
        served.start()
        page.reload()
        page.get_by_text("conv1, channel 2 silenced").wait_for()
        expect(answer).to_contain_text(shown)
    finally:
        served.end()


def test_a_change_is_a_step_back_and_forth(opened, served):
    page = opened(served, "#/explore?input=sample:3&layer=conv1&unit=0&at=5,5")
    page.get_by_role("button", name="Silence channel 0").click()
    silenced = page.get_by_text("conv1, channel 0 silenced")
    silenced.wait_for()
    expect(page).to_have_url(re.compile(r"input=sample:3&.*changed=conv1:0:0$"))

    page.go_back()
    expect(silenced).to_have_count(0)
    page.go_forward()
    silenced.wait_for()


def test_what_is_compared_stands_in_the_address(opened, served):
    page = opened(served, "#/explore?input=sample:600&kept=sample:3&less=kept")
    words = page.get_by_text(re.compile("The layers show Number 600 of digits.*, less: Number 3 of digits"))
    words.wait_for()
    page.get_by_label("this input", exact=True).check()
    expect(words).to_have_count(0)
    expect(page).to_have_url(re.compile(r"kept=sample:3$"))

    page.go_back()
    words.wait_for()
    page.get_by_role("button", name="Forget it").click()
    expect(page).not_to_have_url(re.compile("kept"))
    page.go_back()
    words.wait_for()


def test_a_kept_input_that_is_lost_is_said(opened, served):
    page = opened(served, "#/explore?input=sample:600&kept=look:0123456789abcdef&less=kept", may_fail=True)

    page.get_by_role("alert").filter(has_text="The input that was kept cannot be shown.").wait_for()
    expect(page).not_to_have_url(re.compile("kept"))
    page.get_by_role("button", name="Keep this input").wait_for()


def test_a_changed_layer_that_is_not_there_is_said(opened, served):
    page = opened(served, "#/explore?input=sample:600&layer=conv1&unit=0&at=5,5&changed=conv9:0:0;conv1:1:0")

    page.get_by_text("conv1, channel 1 silenced").wait_for()
    page.get_by_text("The address changes a channel of conv9, which this network does not have.").wait_for()


def test_gradients_stand_in_the_address(opened, served):
    page = opened(served, "#/explore?input=sample:600&about=4&shown=gradient")
    ruler = page.get_by_role("img", name=re.compile("^Gradient norm")).first
    ruler.wait_for()
    page.get_by_label("activations").check()
    expect(ruler).to_have_count(0)

    page.go_back()
    ruler.wait_for()
    expect(page.get_by_label("gradient of 4")).to_be_checked()


def test_an_address_that_changes_while_the_page_begins_does_not_begin_it_again(opened, served):
    page = opened(served, "#/explore?input=sample:600")
    networks, waits = [], held_back(page, "**/api/looks/sample")
    page.on("request", lambda request: networks.append(request.url) if request.url.endswith("/api/network") else None)
    page.reload()
    page.get_by_role("heading", name="Every layer").wait_for()
    page.wait_for_timeout(200)
    # The network is read, and the answer about the input is not there yet.
    page.evaluate("dispatchEvent(new HashChangeEvent('hashchange'))")
    page.wait_for_timeout(500)
    for wait in waits:
        wait.continue_()
    page.locator('[data-row="0"] canvas').wait_for()

    assert len(waits) == 1
    assert len(networks) == 1
