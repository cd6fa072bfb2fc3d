"""A neuron in the studio's page: its numbers are those that torch gives by hand, reached by mouse and by key alone."""

import re

import numpy as np
import pytest
import torch
from tests.e2e.axe import violations
from tests.e2e.colours import coloured
from tests.e2e.studio import Served
from torch import nn
from torch.nn import functional

from striate.blueprint import Blueprint
from striate.data import prepare
from striate.nets import from_blueprint
from striate.studio.subject import subject_of

TEXT = "input 1x28x28; conv 3x3 14, batchnorm, relu; maxpool 2; conv 3x3 9, batchnorm, relu; fc 12, relu; classes 10"
SAMPLE = 7

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def network():
    """Untrained, but with running statistics that are not those it starts with, so that folding them in matters."""
    found = from_blueprint(Blueprint.from_text(TEXT))
    draw = torch.Generator().manual_seed(5)
    for module in found.module.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.2, 0.2, generator=draw)
            module.running_var.uniform_(0.5, 2, generator=draw)
            module.bias.data.uniform_(-0.1, 0.4, generator=draw)
    return found


@pytest.fixture(scope="module")
def served(network, digits):
    found = Served(subject_of(network, digits, name="small"))
    yield found
    found.end()


@pytest.fixture(scope="module")
def values(network, digits):
    """Every module's input and output for the sample, by the module's kind and number."""
    found, hooks = {}, []
    for module in network.module.modules():
        if isinstance(module, nn.Conv2d | nn.BatchNorm2d | nn.MaxPool2d | nn.Linear | nn.ReLU):
            name = f"{type(module).__name__}{sum(key.startswith(type(module).__name__) for key in found)}"
            found[name] = module
            hooks.append(module.register_forward_hook(_keep(found, name)))
    with torch.no_grad():
        network.module.eval()(prepare(digits.read(SAMPLE), network.preprocessing)[None])
    for hook in hooks:
        hook.remove()
    return found


def _keep(found, name):
    return lambda module, given, made: found.__setitem__(name, (module, given[0].detach(), made.detach()))


def _retained(found):
    """A hook that keeps a module's output, whose gradient is then kept as well."""

    def hook(_module, _given, made):
        made.retain_grad()
        found.append(made)

    return hook


@pytest.fixture
def page(open_studio, served):
    def opened(unit="", **how):
        page = open_studio(served, f"#/explore?input=sample:{SAMPLE}&{unit}", **how)
        page.wait_for_selector("table.sum, table.window")
        return page

    return opened


def _number(text):
    return float(re.sub(r"[\s\u202f]", "", text).replace("\u2212", "-"))


def _texts(locator):
    return [re.sub(r"[\s\u202f]+", " ", text).strip() for text in locator.all_inner_texts()]


def _folded(values, number):
    """Weights, bias and input of a convolution with the normalisation that follows folded in, in double precision."""
    conv, given, _ = values[f"Conv2d{number}"]
    norm, _, _ = values[f"BatchNorm2d{number}"]
    share = (norm.weight / (norm.running_var + norm.eps).sqrt()).double().detach()
    bias = norm.bias - norm.running_mean * share
    if conv.bias is not None:
        bias = bias + conv.bias * share
    return conv.weight.double().detach() * share[:, None, None, None], bias.double().detach(), given[0].double()


def _products(values, number, channel, at):
    """Window of inputs, weights and products (channels, 3, 3), and the bias."""
    weight, bias, given = _folded(values, number)
    window = functional.pad(given, (1, 1, 1, 1))[:, at[0] : at[0] + 3, at[1] : at[1] + 3]
    return window, weight[channel], window * weight[channel], float(bias[channel])


def _lines(page):
    """The sum's lines: their name and their number."""
    rows = page.locator("table.sum > tbody > tr:not(.open), table.sum > tfoot > tr").all()
    return [(_texts(row.locator("th"))[0], _number(row.locator("td.number").inner_text())) for row in rows]


def test_the_sum_is_that_of_torch(page, values):
    _, _, products, bias = _products(values, 1, 4, (6, 9))
    numbers = products.sum((1, 2))
    order = numbers.abs().argsort(descending=True)
    *parts, others, added, total = _lines(page("layer=conv2&unit=4&at=6,9"))

    assert [int(name) for name, _ in parts] == order[:6].tolist()
    np.testing.assert_allclose([number for _, number in parts], numbers[order[:6]], atol=5.1e-3)
    assert others[0] == f"{len(numbers) - 6} other channels"
    assert others[1] == pytest.approx(float(numbers[order[6:]].sum()), abs=5.1e-3)
    assert added == ("bias", pytest.approx(bias, abs=5.1e-3))
    assert total == ("sum", pytest.approx(float(numbers.sum()) + bias, abs=5.1e-3))


def test_it_adds_up_to_the_networks_own_value(page, values):
    _, _, normed = values["BatchNorm2d1"]
    shown = page("layer=conv2&unit=4&at=6,9").locator(".check").inner_text()
    here, there = (_number(found) for found in re.findall(r"[\u2212\d.]+\d", shown))

    assert shown.strip().startswith("Adds up")
    assert here == there == pytest.approx(float(normed[0, 4, 6, 9]), abs=1e-4)


def test_a_row_opens_to_the_windows_numbers(page, values):
    window, weight, products, _ = _products(values, 1, 4, (0, 13))
    opened = page("layer=conv2&unit=4&at=0,13")
    button = opened.locator("table.sum tbody th button").first
    button.click()
    channel = int(button.inner_text())
    cells = opened.locator("table.sum .open td table td")
    numbers = [[_number(text.strip("×= ")) for text in _texts(cell.locator("span"))] for cell in cells.all()]
    expected = torch.stack([window[channel], weight[channel], products[channel]], -1).reshape(9, 3)

    np.testing.assert_allclose(numbers, expected, atol=5.1e-3)
    assert opened.locator("table.sum .open td table td.padding").count() == 5


def test_the_inputs_are_sorted_by_weight_and_by_gradient_with_their_keys(page, values, network):
    _, weight, products, _ = _products(values, 1, 4, (6, 9))
    opened = page("layer=conv2&unit=4&at=6,9")

    def names():
        return [int(name.split()[0]) for name, _ in _lines(opened)[:6]]

    before = _lines(opened)[-1]
    opened.keyboard.press("w")
    opened.wait_for_selector("text=Σ|w|")
    by_weight = weight.abs().sum((1, 2)).argsort(descending=True)[:6]

    assert names() == by_weight.tolist()
    assert _lines(opened)[-1] == before
    opened.keyboard.press("c")
    opened.wait_for_selector("text=Σ|w|", state="detached")
    assert names() == products.sum((1, 2)).abs().argsort(descending=True)[:6].tolist()


def test_by_gradient_it_is_that_of_the_answers_score(page, network, digits):
    kept = []
    pool = next(module for module in network.module.modules() if isinstance(module, nn.MaxPool2d))
    hook = pool.register_forward_hook(_retained(kept))
    inputs = prepare(digits.read(SAMPLE), network.preprocessing)[None].requires_grad_()
    network.module.eval()(inputs).max().backward()
    hook.remove()
    network.module.zero_grad()
    gradients = kept[0].grad[0, :, 5:8, 8:11].sum((1, 2))
    opened = page("layer=conv2&unit=4&at=6,9")
    opened.keyboard.press("g")
    opened.wait_for_selector("table.sum small:has-text('∂')")
    shown = [name.split() for name, _ in _lines(opened)[:6]]

    assert [int(name) for name, _, _ in shown] == gradients.abs().argsort(descending=True)[:6].tolist()
    largest = gradients[int(shown[0][0])]
    assert _number(shown[0][2]) == pytest.approx(float(largest), rel=0.01)


def test_a_unit_of_a_vector_reads_whole_maps(page, values):
    linear, given, made = values["Linear0"]
    products = (given[0].double() * linear.weight[5].double()).detach().reshape(9, 14 * 14)
    order = products.sum(1).abs().argsort(descending=True)
    opened = page("layer=fc1&unit=5")
    parts = _lines(opened)

    assert [int(name) for name, _ in parts[:6]] == order[:6].tolist()
    np.testing.assert_allclose([number for _, number in parts[:6]], products.sum(1)[order[:6]], atol=5.1e-3)
    assert "reads 9 channels of conv2, each whole: 14×14" in opened.locator(".where").inner_text()
    assert parts[-1][1] == pytest.approx(float(made[0, 5]), abs=5.1e-3)


def test_pooling_shows_its_window_and_its_winner(page, values):
    _, given, made = values["MaxPool2d0"]
    opened = page("layer=maxpool1&unit=3&at=5,6")
    cells = opened.locator("table.window td")
    window = given[0, 3, 10:12, 12:14].flatten()
    numbers = [_number(text.split(",")[0]) for text in cells.all_inner_texts()]

    np.testing.assert_allclose(numbers, window, atol=5.1e-3)
    assert [int(i) for i, cell in enumerate(cells.all()) if "wins" in cell.get_attribute("class")] == [
        int(window.argmax())
    ]
    assert float(made[0, 3, 5, 6]) == float(window.max())


def test_arrows_move_the_place_and_the_field_slides(page, values):
    opened = page("layer=conv2&unit=4&at=6,9")
    opened.locator("#neuron-map").focus()
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("ArrowLeft")
    opened.locator(".where", has_text="row 7, column 8").wait_for()
    _, _, made = values["ReLU1"]

    assert "at=7,8" in opened.evaluate("location.hash")
    assert _number(opened.locator(".value").inner_text()) == pytest.approx(float(made[0, 4, 7, 8]), abs=5.1e-3)


def test_brackets_follow_the_strongest_input_and_come_back(page, values):
    _, _, products, _ = _products(values, 1, 4, (6, 9))
    numbers = products.sum((1, 2))
    channel = int(numbers.abs().argmax())
    index = int((products[channel] * numbers[channel].sign()).argmax())
    opened = page("layer=conv2&unit=4&at=6,9")
    opened.keyboard.press("[")
    opened.wait_for_selector("table.window")

    assert f"layer=maxpool1&unit={channel}&at={5 + index // 3},{8 + index % 3}" in opened.evaluate("location.hash")
    opened.keyboard.press("]")
    opened.wait_for_selector("table.sum")
    assert "layer=conv2&unit=4&at=6,9" in opened.evaluate("location.hash")


def test_it_is_said_in_one_sentence(page, values):
    _, _, products, _ = _products(values, 1, 4, (6, 9))
    numbers = products.sum((1, 2))
    channel = int(numbers.abs().argmax())
    opened = page("layer=conv2&unit=4&at=6,9")
    opened.locator("[role=status]", has_text="conv2, channel 4").wait_for(state="attached")
    said = next(text for text in _texts(opened.locator("[role=status]")) if "conv2" in text)

    assert said.startswith("conv2, channel 4 of 9, ")
    assert (
        f"at row 6, column 9; strongest input channel {channel}, {'minus' if numbers[channel] < 0 else 'plus'} " in said
    )


def test_the_boxes_are_the_places_it_reads(page):
    opened = page("layer=conv2&unit=4&at=0,9")

    opened.wait_for_selector("figcaption:has-text('of 28×28')")

    # Two 3×3 windows with a pool of 2 between: 8 rows and columns, of which the border cuts 3 rows.
    assert "5×8 of 28×28 pixels" in _texts(opened.locator("figcaption"))


def test_lines_lead_to_the_channels_it_reads(page, values):
    _, _, products, _ = _products(values, 1, 4, (6, 9))
    numbers = products.sum((1, 2))
    order = numbers.abs().argsort(descending=True)
    opened = page("layer=conv2&unit=4&at=6,9")
    # The strip of the pool comes in the order of what its channels add; until then lines lead to those that are there by chance.
    opened.locator(f'[data-row="1"] canvas[aria-label^="maxpool1: strongest channel {order[0]} "]').wait_for()
    opened.wait_for_function("document.querySelectorAll('.spine > svg path').length >= 10")
    opened.wait_for_timeout(300)
    lines = opened.locator(".spine > svg path").all()
    shown = order[: len(lines)].flip(0)

    # The weakest is drawn first, and each has the strip of the pool in the order of what it adds.
    assert [line.get_attribute("class").split()[0] for line in lines] == [
        "rises" if number >= 0 else "falls" for number in numbers[shown]
    ]
    widths = [float(line.get_attribute("stroke-width")) for line in lines]
    np.testing.assert_allclose(widths, (4 * numbers[shown].abs() / numbers.abs().max()).clamp(min=0.5), rtol=1e-4)
    starts = [float(re.match(r"M([\d.]+)", line.get_attribute("d"))[1]) for line in lines]
    assert starts == sorted(starts, reverse=True)
    said = opened.locator('[data-row="1"] canvas').get_attribute("aria-label")
    assert said.startswith(f"maxpool1: strongest channel {order[0]} ")


def test_the_gradient_goes_back_through_every_row(page, network, digits):
    norms = []
    linear = [module for module in network.module.modules() if isinstance(module, nn.Linear)]
    hooks = [module.register_forward_hook(_retained(norms)) for module in linear]
    scores = network.module.eval()(prepare(digits.read(SAMPLE), network.preprocessing)[None].requires_grad_())
    scores.max().backward()
    for hook in hooks:
        hook.remove()
    opened = page("layer=conv2&unit=4&at=6,9", reduced_motion="reduce")
    opened.get_by_role("button", name="Send it back").click()
    opened.wait_for_selector('[data-row="0"] .norm')
    shown = {
        row: _number(opened.locator(f'[data-row="{row}"] .norm').inner_text())
        for row in range(5)
        if opened.locator(f'[data-row="{row}"] .norm').count()
    }

    assert set(shown) == {0, 1, 2, 3, 4}
    assert shown[4] == pytest.approx(float(norms[1].grad.norm()), rel=0.06)
    opened.get_by_label("activations").check()
    assert opened.locator(".norm").count() == 0
    network.module.zero_grad()


def test_the_strongest_ways_back_are_value_times_gradient(page, values):
    unit = int(values["ReLU1"][2][0, :, 6, 9].argmax())
    _, _, products, _ = _products(values, 1, unit, (6, 9))
    # In the row it reads directly a unit's gradient is its weight, where the activation lets the neuron pass.
    channel, row, column = np.unravel_index(int(products.abs().argmax()), (14, 3, 3))
    opened = page(f"layer=conv2&unit={unit}&at=6,9")
    opened.get_by_text("The strongest ways back").click()
    first = opened.locator("details table tbody tr").first
    first.wait_for()
    cells = _texts(first.locator("td"))

    assert _texts(first.locator("th")) == ["maxpool1"]
    assert cells[0] == str(channel)
    assert cells[1].endswith(f"{5 + row}, {8 + column}")
    assert _number(cells[2]) == pytest.approx(float(products[channel, row, column]), rel=0.01)


def test_a_neuron_that_is_stopped_has_no_way_back(page, values):
    unit = int(values["BatchNorm2d1"][2][0, :, 6, 9].argmin())
    assert values["BatchNorm2d1"][2][0, unit, 6, 9] < 0
    opened = page(f"layer=conv2&unit={unit}&at=6,9")
    opened.get_by_text("The strongest ways back").click()

    opened.get_by_text("None: the neuron’s activation holds it").wait_for()
    assert "after ReLU, which sets it to 0" in opened.locator(".panel").inner_text()


def test_the_pixels_of_a_windows_pictures_are_its_numbers(page, values):
    _, weight, products, _ = _products(values, 1, 4, (6, 9))
    numbers = products.sum((1, 2))
    shown = numbers.abs().argsort(descending=True)[:12]
    first = int(shown[0])
    canvas = page("layer=conv2&unit=4&at=6,9").locator("table.sum canvas").first
    pixels = np.array(canvas.evaluate(
        "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
    )).reshape(*(canvas.evaluate("c => [c.height, c.width]")), 4)  # fmt: skip

    # 3 values in 32 pixels: zoom 11; pictures begin every 48 pixels, after one pixel of frame.
    for left, found in ((49, weight), (97, products)):
        most = found[shown].abs().max()
        expected = coloured(((found[first] / most + 1) / 2).numpy(), "div")
        for row, column in np.ndindex(3, 3):
            block = pixels[1 + 11 * row : 12 + 11 * row, left + 11 * column : left + 11 * column + 11, :3]
            np.testing.assert_allclose(block, np.broadcast_to(expected[row, column], (11, 11, 3)), atol=1)


@pytest.mark.parametrize("width", [360, 820, 1440])
def test_nothing_scrolls_sideways(width, page):
    opened = page("layer=conv2&unit=4&at=6,9", width=width)
    opened.locator("table.sum tbody th button").first.click()

    assert opened.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
@pytest.mark.parametrize("unit", ["layer=conv2&unit=4&at=6,9", "layer=maxpool1&unit=3&at=5,6"])
def test_axe_finds_nothing(width, scheme, unit, page):
    opened = page(unit, width=width, scheme=scheme)
    for button in opened.locator("table.sum tbody th button").all()[:1]:
        button.click()
    for summary in opened.locator("summary").all():
        summary.click()
    assert violations(opened) == []
