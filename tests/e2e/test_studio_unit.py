"""A unit's own page: reached from its neuron, and its numbers are those of the network."""

import copy
import re
from dataclasses import replace

import pytest
import torch
from playwright.sync_api import expect
from tests.e2e.axe import violations
from tests.e2e.studio import Served, held_back
from torch import nn

from striate.blueprint import Blueprint
from striate.data import prepare
from striate.nets import from_blueprint
from striate.observe.survey import survey
from striate.studio.subject import subject_of

TEXT = "input 1x28x28; conv 3x3 6, batchnorm, relu; maxpool 2; conv 3x3 9, relu; fc 12, relu; classes 10"
NAMES = ("nought", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WIDTHS = [(360, "dark"), (820, "light"), (1440, "light")]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def network():
    """Untrained; two filters of a layer are the same, so that they are twins."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        found = from_blueprint(Blueprint.from_text(TEXT))
    last = [module for module in found.module.modules() if isinstance(module, nn.Conv2d)][-1]
    with torch.no_grad():
        last.weight[7] = last.weight[2]
        last.bias[2] = last.bias[7] = 0.3
        last.bias[4] = 0.25
    return replace(found, output=replace(found.output, names=NAMES))


@pytest.fixture(scope="module")
def seen(network, digits):
    count = len(digits)
    indices = [number * count // 2000 for number in range(2000)] if count > 2000 else list(range(count))
    return survey(network, digits, indices)


@pytest.fixture(scope="module")
def served(network, digits):
    found = Served(subject_of(network, digits, name="small"))
    yield found
    found.end()


@pytest.fixture
def page(open_studio, served):
    return lambda place, **how: open_studio(served, place, **how)


def surveyed(page):
    """Ask for the survey unless another test did."""
    page.locator("button:has-text('Look at'), ul button[aria-label^='Number']").first.wait_for()
    if page.get_by_role("button", name="Look at").count():
        page.get_by_role("button", name="Look at").click()
    page.get_by_text("Units that say the same").wait_for()


def test_from_the_neuron_to_its_page_to_its_twin_and_back(page):
    opened = page("#/explore?input=sample:7&layer=conv2&unit=2&at=6,9")
    opened.get_by_role("link", name="All about it").click()
    surveyed(opened)

    opened.get_by_role("heading", name="conv2, channel 2", level=1).wait_for()
    opened.get_by_role("link", name="conv2, 7").click()
    opened.get_by_role("heading", name="conv2, channel 7", level=1).wait_for()
    assert opened.evaluate("location.hash") == "#/unit?layer=conv2&unit=7"
    opened.keyboard.press("Backspace")
    opened.get_by_role("heading", name="conv2, channel 2", level=1).wait_for()
    opened.keyboard.press("Backspace")
    opened.locator("table.sum").wait_for()
    assert "layer=conv2&unit=2&at=6,9" in opened.evaluate("location.hash")


def test_its_strongest_inputs_and_classes_are_those_of_the_survey(page, seen):
    layer = seen.layer("conv2")
    opened = page("#/unit?layer=conv2&unit=2")
    surveyed(opened)
    labels = opened.locator("button[aria-label^='Number']")
    samples = [int(label.get_attribute("aria-label").split()[1].strip(",")) for label in labels.all()]

    assert samples == layer.samples[2, : len(samples)].tolist()
    means = layer.statistics.class_means[:, 2]
    first = opened.locator("table:has(caption:has-text('each class')) tbody tr").first
    assert first.locator("th").inner_text() == seen.class_names[int(means.argmax())]
    assert float(first.locator("td").first.inner_text()) == pytest.approx(float(means.max()), abs=5.1e-4)
    labels.first.click()
    opened.locator("table.sum").wait_for()
    place = opened.evaluate("location.hash").split("at=")[1].split("&")[0]
    flat = int(layer.places[2, 0])
    assert place == f"{flat // 14},{flat % 14}"


def test_its_weights_are_those_of_the_module(page, network):
    module = [one for one in network.module.modules() if isinstance(one, nn.Conv2d)][-1]
    norms = module.weight[4].detach().flatten(1).norm(dim=1)
    opened = page("#/unit?layer=conv2&unit=4")
    opened.get_by_text("bias 0.250").wait_for()
    opened.get_by_text("Show as table").last.click()
    rows = opened.locator("table:has(caption:has-text('Weights row by row')) tbody tr")
    order = norms.argsort(descending=True)
    expected = module.weight[4, order].detach().flatten(1)

    assert [int(row.locator("th").inner_text()) for row in rows.all()] == order.tolist()
    shown = [float(cell.inner_text().replace("−", "-")) for cell in rows.first.locator("td").all()]
    assert shown == pytest.approx(expected[0].tolist(), abs=5.1e-5)


def test_covering_and_growing_are_jobs_that_a_reload_finds(page, network, digits, seen):
    opened = page("#/unit?layer=conv2&unit=2")
    surveyed(opened)
    sample = int(seen.layer("conv2").samples[2, 0])
    opened.get_by_role("button", name="Cover each part").click()
    said = opened.get_by_text(f"Number {sample}:")
    said.wait_for()
    with torch.no_grad():
        image = prepare(digits.read(sample), network.preprocessing)[None]
        convolutions = [module for module in network.module.eval().modules() if isinstance(module, nn.Conv2d)]
        kept = []
        hook = convolutions[-1].register_forward_hook(lambda _module, _given, made: kept.append(made))
        network.module(image)
        hook.remove()
    told = re.match(rf"Number {sample}: ([\d.]+) uncovered", said.inner_text())
    assert float(told[1]) == pytest.approx(float(kept[0][0, 2].max()), rel=6e-3)
    opened.get_by_role("button", name="Grow an image").click()
    opened.get_by_text("For this image it comes").wait_for()
    opened.reload()
    opened.get_by_text("For this image it comes").wait_for()
    opened.get_by_text(f"Number {sample}:").wait_for()


def test_its_ways_to_an_answer_hold_its_whole_effect(page, network, digits):
    kept = []

    def keep(_module, _given, made):
        made.retain_grad()
        kept.append(made)

    relu = next(module for module in network.module.modules() if isinstance(module, nn.ReLU))
    hook = relu.register_forward_hook(keep)
    scores = network.module.eval()(prepare(digits.read(7), network.preprocessing)[None])[0]
    hook.remove()
    scores[4].backward()
    value = kept[0].detach()[0, 3]
    effects = value * kept[0].grad[0, 3]
    flat = int(effects.abs().argmax())
    at = (flat // 28, flat % 28)
    network.module.zero_grad()
    opened = page(f"#/explore?input=sample:7&layer=conv1&unit=3&at={at[0]},{at[1]}&open=&about=4")
    opened.locator("table.sum").wait_for()
    opened.get_by_text("The strongest ways to an answer").click()
    said = opened.get_by_text("to the score of four")
    said.wait_for()
    total = float(re.search(r"adds ([+\u2212][\d.]+)", said.inner_text())[1].replace("\u2212", "-"))

    assert total == pytest.approx(float(effects[at]), rel=0.01)
    held = opened.locator(".held").all_inner_texts()
    assert len(held) == 4
    assert all(text.endswith("all 100\u202f%") for text in held)
    # Strips are drawn where they are in sight.
    opened.evaluate("scrollTo(0, 0)")
    opened.locator('[data-row="4"] canvas[aria-label*="strongest channel 4, four "]').wait_for()
    opened.locator(".spine > svg path").nth(3).wait_for(state="attached")
    opened.get_by_label("Answer").select_option(label="two")
    opened.get_by_text("to the score of two").wait_for()
    assert "about=2" in opened.evaluate("location.hash")


def test_the_shared_weights_sum_is_autograds_gradient(page, network, digits):
    module = [one for one in network.module.eval().modules() if isinstance(one, nn.Conv2d)][-1]
    network.module(prepare(digits.read(7), network.preprocessing)[None]).max().backward()
    grad = module.weight.grad[2].clone()
    network.module.zero_grad(set_to_none=True)
    opened = page("#/explore?input=sample:7&layer=conv2&unit=2&at=6,9&by=gradient")
    opened.get_by_text("How the gradient goes through it").click()
    opened.get_by_label("Weight for channel").fill("3")
    opened.keyboard.press("Enter")
    opened.get_by_label("at, in its kernel").select_option("0, 2")
    opened.get_by_text("Weight [2, 3, 0, 2]").wait_for()
    foot = opened.get_by_role("group", name="The shared weight").locator("tfoot td").last.inner_text()

    assert float(foot.replace("\u2212", "-")) == pytest.approx(float(grad[3, 0, 2]), rel=0.01, abs=1e-4)
    opened.get_by_role("group", name="The flipped filter").wait_for()


def test_pooling_hands_the_gradient_to_its_winners(page):
    opened = page("#/explore?input=sample:7&layer=maxpool1&unit=2&at=6,9&by=gradient")
    opened.get_by_text("How the gradient goes through it").click()
    opened.get_by_role("group", name="The winners").get_by_text("196 windows on channel 2").wait_for()
    opened.get_by_text("The strongest ways to an answer").click()
    assert violations(opened) == []


def test_an_edited_filter_moves_the_answer_and_is_undone(page, network, digits):
    module = copy.deepcopy(network.module).eval()
    with torch.no_grad():
        last = [one for one in module.modules() if isinstance(one, nn.Conv2d)][-1]
        strongest = int(last.weight[2].flatten(1).norm(dim=1).argmax())
        inputs = prepare(digits.read(7), network.preprocessing)[None]
        before = module(inputs)[0].softmax(0)
        own = float(last.weight[2, strongest, 0, 2])
        last.weight[2, strongest, 0, 2] = 25.0
        after = module(inputs)[0].softmax(0)
    moved = (after - before).abs().argsort(descending=True)[:5].tolist()
    at = "#/explore?input=sample:7&layer=conv2&unit=2&at=6,9"
    opened = page(at)
    opened.locator("table.sum").wait_for()
    opened.get_by_text("Edit its filter").click()
    weight = opened.get_by_label(f"weight {strongest}, 0, 2")
    assert float(weight.input_value()) == pytest.approx(own, rel=1e-3)
    weight.fill("25")
    weight.press("Enter")
    opened.get_by_text("conv2, filter 2 weights set").wait_for()
    rows = opened.locator("table:has(caption:has-text('before and after')) tbody tr")
    rows.first.wait_for()

    assert [row.locator("th").inner_text() for row in rows.all()] == [NAMES[number] for number in moved]
    for row, number in zip(rows.all(), moved, strict=True):
        for cell, share in zip(row.locator("td").all(), (float(before[number]), float(after[number])), strict=True):
            text = cell.inner_text()
            bounds = {"below 0.001": share < 0.001, "above 0.999": share > 0.999}
            assert bounds.get(text) or float(text) == pytest.approx(share, rel=6e-3)
    assert "input=look:" in opened.url
    opened.get_by_role("button", name="Negate").click()
    opened.get_by_text("conv2, filter 2 negated").wait_for()
    assert float(weight.input_value()) == pytest.approx(-own, rel=1e-3)
    opened.get_by_role("button", name="Undo", exact=True).last.click()
    opened.get_by_text("conv2, filter 2 negated").wait_for(state="detached")

    # The network as it is, at the sample's own address.
    assert float(weight.input_value()) == pytest.approx(own, rel=1e-3)
    assert opened.url.endswith(at)


def test_an_edited_drawing_opened_by_its_address_is_undone_without_a_unit(page):
    opened = page("#/explore?input=sample:7&layer=conv2&unit=2&at=6,9")
    opened.locator("table.sum").wait_for()
    opened.get_by_text("Edit its filter").click()
    opened.get_by_role("button", name="Zero").click()
    opened.get_by_text("conv2, filter 2 zero").wait_for()
    edited = re.search("input=look:[0-9a-f]+", opened.url)[0]
    alone = page(f"#/explore?{edited}")
    alone.get_by_text("conv2, filter 2 zero").wait_for()
    alone.get_by_role("list", name="Edited filters").get_by_role("button", name="Undo").click()
    alone.get_by_text("conv2, filter 2 zero").wait_for(state="detached")
    plain = re.search("input=look:[0-9a-f]+", alone.url)[0]
    alone.reload()
    alone.locator('[data-row="0"] canvas').wait_for()

    assert plain != edited
    assert alone.get_by_text("conv2, filter 2 zero").count() == 0


def test_the_filter_that_is_edited_is_the_chosen_units_and_a_fault_says_its_cure(page):
    opened = page("#/explore?input=sample:7&layer=conv2&unit=2&at=6,9", may_fail=True)
    opened.locator("table.sum").wait_for()
    opened.get_by_text("Edit its filter").click()
    weights = opened.get_by_role("table", name=re.compile("^Weights for channel"))
    weights.wait_for()
    waits = held_back(opened, "**/filter")
    opened.get_by_role("grid", name="All 9 channels of conv2").focus()
    opened.keyboard.press("Home")
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("ArrowRight")
    opened.keyboard.press("Enter")
    opened.get_by_role("heading", name=re.compile(r"^conv2, channel (?!2$)\d")).wait_for()
    opened.wait_for_timeout(300)

    assert len(waits) == 1
    assert weights.count() == 0
    failure = {"code": "input", "message": "a filter must be there", "hint": "Choose another unit."}
    waits[0].fulfill(status=422, json=failure)
    opened.get_by_text("A filter must be there Choose another unit.").wait_for()


def test_a_late_answer_about_ways_to_an_answer_is_let_go(page, network, digits):
    # Up to the second ReLU; the place where the channel is strongest is above zero.
    with torch.no_grad():
        values = network.module.eval()[:6](prepare(digits.read(7), network.preprocessing)[None])[0, 2]
    row, column = divmod(int(values.argmax()), values.shape[1])
    opened = page(f"#/explore?input=sample:7&layer=conv2&unit=2&at={row},{column}")
    strip = opened.locator('[data-row="4"] canvas')
    strip.scroll_into_view_if_needed()
    strip.wait_for()
    before = strip.get_attribute("aria-label")
    waits = held_back(opened, "**/onward/**")
    summary = opened.get_by_text("The strongest ways to an answer")
    summary.click()
    opened.wait_for_timeout(300)
    summary.click()
    with opened.expect_response("**/onward/**"):
        waits[0].continue_()
    opened.wait_for_timeout(500)
    strip.scroll_into_view_if_needed()

    assert strip.get_attribute("aria-label") == before
    assert opened.locator(".held").count() == 0


def test_work_that_cannot_begin_is_told_on_the_units_page_and_the_rest_goes_on(page):
    # A unit that no other test grows an image of: what was grown before is shown at once.
    opened = page("#/unit?layer=conv2&unit=3", may_fail=True)
    surveyed(opened)
    failure = {"code": "input", "message": "a unit must be there", "hint": "Choose another."}
    opened.route("**/api/jobs/unit-image", lambda route: route.fulfill(status=422, json=failure))
    opened.get_by_role("button", name="Grow an image").click()
    told = opened.get_by_role("alert").filter(has_text="A unit must be there Choose another.")
    told.wait_for()
    opened.unroute("**/api/jobs/unit-image")
    # The one question does not end the other.
    waits = held_back(opened, "**/api/jobs/unit-image")
    opened.get_by_role("button", name="Grow an image").click()
    opened.get_by_role("button", name="Cover each part").click()
    opened.get_by_role("img", name=re.compile("^Change of the unit’s value")).wait_for()
    waits[0].continue_()

    opened.get_by_role("img", name=re.compile("^Grown images")).wait_for(timeout=120_000)


def test_work_that_a_studio_begun_anew_does_not_know_is_told(page):
    opened = page("#/unit?layer=conv2&unit=4", may_fail=True)
    surveyed(opened)
    lost = {"code": "unknown-name", "message": "no such job", "hint": ""}
    opened.route(re.compile("/api/jobs/[0-9a-f]+$"), lambda route: route.fulfill(status=404, json=lost))
    opened.get_by_role("button", name="Grow an image").click()

    opened.get_by_role("alert").filter(has_text="The studio was started anew").wait_for()
    opened.get_by_role("button", name="Grow an image").wait_for()


def test_an_unfolded_row_shows_the_gradient_that_came_back(page, network, digits):
    def gradient(sample):
        kept = []

        def keep(_module, _given, made):
            made.retain_grad()
            kept.append(made)

        relu = [module for module in network.module.modules() if isinstance(module, nn.ReLU)][1]
        hook = relu.register_forward_hook(keep)
        network.module.eval()(prepare(digits.read(sample), network.preprocessing)[None])[0, 4].backward()
        hook.remove()
        network.module.zero_grad(set_to_none=True)
        return kept[0].grad[0].flatten(1)

    grad = gradient(7)
    strongest = int(grad.abs().amax(1).argmax())
    opened = page("#/explore?input=sample:7&open=conv2&about=4", reduced_motion="reduce")
    opened.get_by_role("button", name="Send it back").click()
    opened.get_by_text("All 9 channels, gradient of four, by").wait_for()
    first = opened.get_by_role("gridcell").first.get_attribute("aria-label")
    opened.get_by_text("Show as table").first.click()
    largest = opened.locator("table:has(caption:has-text('conv2: all 9')) tbody tr").first.locator("td").first
    signed = float(grad[strongest, grad[strongest].abs().argmax()])

    assert first.startswith(f"channel {strongest} of 9, ")
    assert float(largest.inner_text().replace("\u2212", "-")) == pytest.approx(signed, abs=5.1e-4)
    # Another input's gradient takes its place.
    waits = held_back(opened, "**/backward/walls/**")
    opened.get_by_role("spinbutton", name=re.compile("^Number")).fill("12")
    with opened.expect_request("**/backward/walls/**"):
        opened.keyboard.press("Enter")
    opened.get_by_text(re.compile("^Number 12 of digits")).first.wait_for()
    expect(opened.get_by_role("gridcell").first).to_have_attribute("aria-label", first)
    grad = gradient(12)
    strongest = int(grad.abs().amax(1).argmax())
    waits[0].continue_()
    expect(largest).to_have_text(re.compile(r"^[−\d]"))
    expect(opened.get_by_role("gridcell").first).to_have_attribute(
        "aria-label", re.compile(f"^channel {strongest} of 9, ")
    )
    signed = float(grad[strongest, grad[strongest].abs().argmax()])
    assert float(largest.inner_text().replace("\u2212", "-")) == pytest.approx(signed, abs=5.1e-4)
    opened.get_by_label("activations").check()
    opened.get_by_text("All 9 channels by").wait_for()


def test_channels_alike_stand_beside_each_other_and_twins_are_neighbours(page):
    opened = page("#/explore?input=sample:7&open=conv2")
    opened.get_by_label("likeness").check()
    opened.get_by_text("each beside the one most like it").wait_for()
    labels = [cell.get_attribute("aria-label") for cell in opened.get_by_role("gridcell").all()]
    order = [int(label.split()[1]) for label in labels]

    assert abs(order.index(2) - order.index(7)) == 1
    assert "sort=alike" in opened.evaluate("location.hash")
    twin = max(order.index(2), order.index(7))
    assert labels[twin].endswith("+1.00")


def test_an_output_has_a_class_image_and_its_name(page):
    opened = page("#/unit?layer=classes&unit=4")

    opened.get_by_role("heading", name="classes, unit 4: four", level=1).wait_for()
    opened.get_by_role("heading", name="Its class image").wait_for()


def test_a_unit_that_is_not_there_is_said(page):
    opened = page("#/unit?layer=conv2&unit=99")

    opened.get_by_role("heading", name="There is no such unit").wait_for()


@pytest.mark.parametrize(("width", "scheme"), WIDTHS)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page, width, scheme):
    opened = page("#/unit?layer=conv2&unit=2", width=width, scheme=scheme)
    surveyed(opened)
    for summary in opened.locator("summary").all():
        summary.click()
    assert violations(opened) == []
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
