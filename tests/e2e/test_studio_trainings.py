"""The studio's trainings and versions, on the real page: its numbers are the journal's and torch's."""

import json
import re
import shutil

import pytest
import torch
from playwright.sync_api import expect
from safetensors.torch import load_file
from tests.e2e.axe import violations
from tests.e2e.studio import Served

from striate.data import prepare
from striate.nets import load_network
from striate.studio.opening import subject_from

pytestmark = [pytest.mark.browser, pytest.mark.slow]
expect.set_options(timeout=60_000)
# Of a machine that does other things too: a training's process begins with importing torch.
PATIENT = 240_000


@pytest.fixture(scope="module")
def run(small_run, tmp_path_factory):
    """A copy of a run in a home of its own."""
    folder = tmp_path_factory.mktemp("home") / "run"
    shutil.copytree(small_run, folder)
    return folder


@pytest.fixture(scope="module")
def served(run, digits):
    found = Served(subject_from(str(run), digits))
    yield found
    found.end()


@pytest.fixture
def opened(open_studio, served):
    return lambda at, **how: open_studio(served, at, **how)


def plain(text):
    return re.sub(r"[\s\u202f]+", " ", text).replace("−", "-")


def probabilities(run, digits, number, moment):
    network = load_network(str(run))
    network.module.load_state_dict(load_file(run / "moments" / f"{moment}.safetensors"))
    with torch.no_grad():
        return network.module(prepare(digits.read(number), network.preprocessing)[None]).softmax(1)[0]


def test_a_version_stands_beside_the_watched_network(opened, run, digits):
    page = opened("#/explore?input=sample:600")
    page.get_by_label("Beside it").select_option(label="after 16 steps")
    answers = page.get_by_role("table").filter(has_text="Version")
    answers.wait_for()
    row = answers.get_by_role("row").nth(1)
    expected = probabilities(run, digits, 600, "step-16")
    number = digits.output.names.index(row.get_by_role("rowheader").inner_text())
    page.get_by_label("this less the version").check()
    said = page.get_by_text("The layers show the watched network less run, after 16 steps")
    said.wait_for()

    assert float(row.get_by_role("cell").first.inner_text()) == pytest.approx(float(expected[number]), abs=6e-4)
    expect(page).to_have_url(re.compile(re.escape("with=step-16&layers=difference")))
    assert violations(page) == []

    # The address holds it.
    page.reload()
    said.wait_for()
    expect(page.get_by_label("Beside it")).to_have_value("step-16")
    page.get_by_label("Beside it").select_option("")
    expect(said).to_have_count(0)


def test_the_layers_of_a_version_are_what_torch_makes_of_its_weights(opened, run, digits):
    page = opened("#/explore?input=sample:600&with=step-4&layers=version")
    page.get_by_text("The layers show run, after 4 steps").wait_for()
    network = load_network(str(run))
    network.module.load_state_dict(load_file(run / "moments" / "step-4.safetensors"))
    relu = next(part for part in network.module.modules() if isinstance(part, torch.nn.ReLU))
    found = []
    relu.register_forward_hook(lambda _module, _inputs, made: found.append(made[0].amax((1, 2))))
    with torch.no_grad():
        network.module(prepare(digits.read(600), network.preprocessing)[None])
    channel = int(found[0].argmax())

    value = f"{float(found[0][channel]):.3g}"
    expect(page.locator('[data-row="0"] canvas')).to_have_attribute(
        "aria-label", re.compile(rf"^conv1: strongest channel {channel} {re.escape(value)}")
    )


def test_the_curves_are_the_journals_and_the_moments_answer_as_torch(opened, run, digits):
    page = opened("#/train?run=run&sample=600&layer=conv2")
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    last = [row for row in rows if row["kind"] == "epoch"][-1]
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("run was trained for 2 epochs and reached accuracy")
    page.get_by_text("Show as table").first.click()
    cells = page.get_by_role("table").get_by_role("row").last.get_by_role("cell")
    first = page.get_by_role("figure").filter(has_text="Before the first step")
    first.wait_for()
    answers = probabilities(run, digits, 600, "step-0")

    assert f"{100 * last['score']:.1f}" in plain(heading.inner_text())
    assert plain(cells.nth(1).inner_text()) == f"{last['validation_loss']:.4f}"
    expect(first).to_contain_text(f"answers {digits.output.names[int(answers.argmax())]}, {float(answers.max()):.3f}")
    expect(page.get_by_role("figure").filter(has_text="As it is watched")).to_contain_text("answers")
    assert page.get_by_role("combobox", name="Layer").input_value() == "conv2"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_the_view_has_no_faults_for_assistive_technology(opened, width, scheme):
    page = opened("#/train?run=run&what=filters", width=width, scheme=scheme)
    page.get_by_role("figure").filter(has_text="After 64 steps").wait_for()

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_training_is_begun_stopped_and_gone_on_with_by_keyboard_alone(opened, run):
    page = opened("#/explore")
    page.get_by_role("link", name="Train").focus()
    page.keyboard.press("Enter")
    field = page.get_by_label("Epochs", exact=True)
    field.wait_for()
    field.focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("30")
    page.get_by_label("Into the new folder run-").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("long")
    page.keyboard.press("Enter")
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text(
        re.compile("run-long is being trained: accuracy .* after 0 of 30 epochs"), timeout=PATIENT
    )
    expect(page).to_have_url(re.compile(re.escape("run=run-long")))

    # Another window, or this one opened anew, finds it.
    page.reload()
    page.get_by_role("progressbar").wait_for()
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(heading).to_contain_text("run-long is not trained to its end", timeout=PATIENT)
    assert json.loads((run.parent / "run-long" / "run.json").read_text())["status"] == "stopped"
    assert violations(page) == []

    page.get_by_role("button", name="Go on with it").focus()
    page.keyboard.press("Enter")
    expect(heading).to_contain_text("run-long is being trained")
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Go on with it").wait_for(timeout=PATIENT)


@pytest.mark.long
def test_a_training_keeps_its_epochs_and_of_many_moments_a_slider_shows_one(opened, run, digits):
    page = opened("#/train?run=run&sample=600")
    page.get_by_label("Epochs", exact=True).fill("4")
    page.get_by_label("Into the new folder run-").fill("short")
    page.get_by_role("button", name="Train", exact=True).click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_contain_text("run-short was trained for 4 epochs", timeout=PATIENT)
    # 0, 1, 4, 16, 64 and 256 steps, four epochs of 70 steps, and the end.
    slider = page.get_by_role("slider", name="Moment")
    expect(slider).to_have_attribute("max", "10")
    slider.focus()
    page.keyboard.press("End")
    page.get_by_role("figure").filter(has_text="Its end").wait_for()
    page.keyboard.press("ArrowLeft")
    shown = page.get_by_role("figure").filter(has_text="After epoch 4")
    shown.wait_for()
    expected = probabilities(run.parent / "run-short", digits, 600, "step-280")

    assert f"answers {digits.output.names[int(expected.argmax())]}" in shown.inner_text()
    expect(page).to_have_url(re.compile(re.escape("at=9")))


def test_a_recipe_that_cannot_be_is_told_in_one_line_while_another_is_trained(opened):
    asked = []

    def elsewhere(route):
        # As if another process trained it: the page asks again and again.
        answer = route.fetch()
        asked.append(answer)
        told = answer.json()
        told["trainings"][0]["state"] = "elsewhere"
        route.fulfill(response=answer, json=told)

    page = opened("#/train?run=run", may_fail=True)
    page.get_by_role("heading", level=1, name=re.compile("^run was trained")).wait_for()
    page.route(
        "**/api/trainings", lambda route: elsewhere(route) if route.request.method == "GET" else route.continue_()
    )
    page.reload()
    page.get_by_label("Highest learning rate").fill("0")
    page.get_by_label("Into the new folder run-").fill("never")
    page.get_by_role("button", name="Train", exact=True).click()

    told = page.get_by_role("alert").filter(has_text="Rate must be above 0")
    told.wait_for()
    before = len(asked)
    while len(asked) < before + 2:
        page.wait_for_timeout(100)

    expect(told).to_have_count(1)


def test_a_version_does_not_stand_beside_an_edited_filter(opened):
    page = opened("#/explore?input=sample:600&layer=conv2&unit=2&at=5,6&with=step-16&layers=version")
    said = page.get_by_text("The layers show run, after 16 steps")
    said.wait_for()
    # What comes above it moves it.
    page.locator("table.sum").wait_for()
    page.get_by_text("Edit its filter").click()
    page.get_by_role("button", name="Negate").click()
    page.get_by_text("Undo the changes, and the version stands beside again.").wait_for()
    expect(said).to_have_count(0)
    expect(page.get_by_role("alert").filter(has_text=re.compile(r"\S"))).to_have_count(0)

    page.get_by_role("button", name="Undo", exact=True).last.click()
    said.wait_for()
