"""The studio's other views: a network being written, reports, and what is compared and changed on the explorer."""

import re
from pathlib import Path

import pytest
import torch
from playwright.sync_api import expect
from tests.e2e.axe import violations
from tests.e2e.studio import Served, network_text

from striate.blueprint import Blueprint
from striate.checking import check
from striate.data import prepare
from striate.nets import load_network
from striate.report.checkpage import write_check_page
from striate.studio.opening import subject_from

FITS = "input 1x28x28; conv 5x5 8, relu; maxpool 2; classes 10"
CLASHES = "input 1x28x28; conv 3x3 8, relu; maxpool 2; conv 31x31 4 padding 0; classes 10"

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def run(small_run, tmp_path_factory):
    """A copy of a run, with a report in its folder."""
    import shutil

    folder = tmp_path_factory.mktemp("run") / "a"
    shutil.copytree(small_run, folder)
    write_check_page(check(Blueprint.from_text(FITS)), folder / "check.html")
    return folder


@pytest.fixture(scope="module")
def served(run, digits):
    found = Served(subject_from(str(run), digits))
    yield found
    found.end()


@pytest.fixture
def page(open_studio, served):
    page = open_studio(served)
    page.get_by_role("heading", name="Every layer").wait_for()
    return page


def test_a_network_is_judged_while_it_is_written(page):
    page.get_by_role("link", name="Design").click()
    text = network_text(page)
    text.fill(FITS)

    # 8·25 + 8, and 14·14·8·10 + 10.
    expect(page.locator("h1")).to_contain_text(re.compile(r"15.?898 parameters"))
    expect(page).to_have_url(re.compile(re.escape("net=input+1x28x28%3B+conv+5x5+8")))
    assert violations(page) == []

    text.fill(CLASHES)
    expect(page.get_by_role("heading", name=re.compile("It fits up to maxpool1"))).to_be_visible()
    expect(page.locator("#network-failure")).to_contain_text("a window must fit into the padded map")
    expect(page.get_by_role("button", name="Save PyTorch")).to_be_disabled()
    assert violations(page) == []

    # The address holds the last network that read whole.
    page.reload()
    expect(text).to_have_value(FITS)


def test_a_cure_is_applied_and_undone(page):
    page.get_by_role("link", name="Design").click()
    text = network_text(page)
    written = "input 1x28x28; conv 3x3 16, batchnorm, relu; maxpool 2; fc 64, relu; classes 10"
    text.fill(written)
    # 16·9 + 2·16, 14·14·16·64 + 64, and 64·10 + 10: what is cured is this network, not the one to begin with.
    expect(page.locator("h1")).to_contain_text(re.compile(r"201.?594 parameters"))
    page.get_by_role("listitem").filter(has_text="globalavgpool").get_by_role("button", name="Apply it").click()

    expect(text).to_have_value(re.compile("relu; maxpool 2; globalavgpool; fc 64, relu; classes 10$"))
    page.get_by_role("button", name="Undo the last cure").click()
    expect(text).to_have_value(written)


def test_what_is_taken_away_is_pytorch(page, tmp_path):
    page.get_by_role("link", name="Design").click()
    network_text(page).fill(FITS)
    expect(page.locator("h1")).to_contain_text(re.compile(r"15.?898"))
    with page.expect_download() as waited:
        page.get_by_role("button", name="Save PyTorch").click()
    space = {}
    exec(Path(waited.value.path()).read_text(encoding="utf-8"), space)

    assert waited.value.suggested_filename == "net.py"
    assert space["Net"]()(torch.zeros(1, 1, 28, 28)).shape == (1, 10)


def test_reports_of_the_run_are_read_here(page):
    page.get_by_role("link", name="Report").click()

    expect(page.locator("h1")).to_contain_text(re.compile(r"15.?898 parameters"))
    # Links within it move to their place, and the view stays.
    page.get_by_role("link", name="See the picture").first.click()
    expect(page).to_have_url(re.compile(re.escape("#/report?file=check.html")))
    assert violations(page) == []


def test_views_are_steps_of_the_history(page):
    expect(page).to_have_url(re.compile("#/explore"))
    at = page.url
    page.get_by_role("link", name="Design").click()
    page.locator("textarea").wait_for()
    page.go_back()
    page.get_by_role("heading", name="Every layer").wait_for()

    expect(page).to_have_url(at)


def test_a_silenced_channel_changes_the_answer_as_in_torch(page, run, digits):
    network = load_network(str(run))
    image = prepare(digits.read(3), network.preprocessing)[None]
    modules = dict(network.module.named_modules())
    first = next(module for module in modules.values() if isinstance(module, torch.nn.ReLU))

    def silence(_module, _inputs, output):
        output = output.clone()
        output[:, 0] = 0
        return output

    handle = first.register_forward_hook(silence)
    expected = network.module(image).softmax(1)[0]
    handle.remove()
    before = network.module(image).softmax(1)[0]
    page.goto(f"{page.url.split('#')[0]}#/explore?input=sample:3&layer=conv1&unit=0&at=5,5")
    page.get_by_role("button", name="Silence channel 0").click()
    row = page.get_by_role("table").filter(has_text="before and after").get_by_role("row").nth(1)
    moved = int((expected - before).abs().argmax())

    expect(row.get_by_role("rowheader")).to_have_text(digits.output.names[moved])
    page.get_by_role("button", name="Undo", exact=True).last.click()
    expect(page.get_by_text("before and after")).to_have_count(0)


def test_an_input_is_kept_and_another_compared(page):
    page.get_by_role("button", name="Keep this input").click()
    number = page.get_by_role("spinbutton", name=re.compile("^Number"))
    number.fill("600")
    number.press("Enter")
    page.get_by_label("this input less the kept one").check()

    expect(page.get_by_text(re.compile(r"The layers show Number 600 of digits.*, less: Number 0 of"))).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Forget it").click()
    expect(page.get_by_text("The layers show Number 600")).to_have_count(0)
