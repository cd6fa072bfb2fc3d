"""What is taken away from the studio: pictures with their scale and source, drawings, tables, tensors."""

import csv
import io
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import torch
from PIL import Image  # noqa: TID253 - pictures that were saved are opened
from safetensors.torch import load_file
from tests.e2e.studio import Served
from torch import nn

from striate.blueprint import Blueprint
from striate.checking import check
from striate.data import prepare
from striate.nets import load_network
from striate.report.checkpage import write_check_page
from striate.studio.opening import subject_from

SVG = "{http://www.w3.org/2000/svg}"
SAMPLE = 2436

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def run(small_run, tmp_path_factory):
    import shutil

    folder = tmp_path_factory.mktemp("run") / "a"
    shutil.copytree(small_run, folder)
    plan = Blueprint.from_text("input 1x28x28; conv 5x5 8, relu; maxpool 2; classes 10")
    write_check_page(check(plan), folder / "check.html")
    return folder


@pytest.fixture(scope="module")
def served(run, digits):
    found = Served(subject_from(str(run), digits))
    yield found
    found.end()


@pytest.fixture
def page(open_studio, served):
    page = open_studio(served, f"#/explore?input=sample:{SAMPLE}&layer=conv1&unit=2&at=9,11")
    page.get_by_role("grid", name="All 8 channels of conv1").wait_for()
    page.locator("table.sum").wait_for()
    return page


@pytest.fixture(scope="module")
def first_layer(run, digits):
    """Values of the first convolution after its ReLU, (8, 28, 28)."""
    network, found = load_network(str(run)), []
    module = network.module.eval()
    relu = next(part for part in module.modules() if isinstance(part, nn.ReLU))
    hook = relu.register_forward_hook(lambda _part, _given, made: found.append(made[0].clone()))
    with torch.no_grad():
        module(prepare(digits.read(SAMPLE), network.preprocessing)[None])
    hook.remove()
    return found[0]


def _wall(page):
    return page.locator("[data-figure]").filter(has=page.get_by_role("grid", name="All 8 channels of conv1")).last


def _taken(page, within, name):
    """Open a figure's files and take one."""
    summary = within.locator("summary", has_text=re.compile("^Save$")).last
    if not summary.evaluate("one => one.parentElement.open"):
        summary.click()
    with page.expect_download() as waited:
        within.get_by_role("button", name=name).or_(within.get_by_role("link", name=name)).last.click()
    return waited.value.suggested_filename, Path(waited.value.path())


def test_a_walls_picture_has_its_pixels_and_its_source(page):
    wall = _wall(page)
    canvas = wall.locator("canvas").first
    shown = np.array(canvas.evaluate("c => [...c.getContext('2d').getImageData(2, 2, 56, 56).data]"), np.uint8).reshape(
        56, 56, 4
    )
    name, path = _taken(page, wall, re.compile("save as PNG"))
    found = np.asarray(Image.open(path).convert("RGBA"))
    left, top = canvas.evaluate(
        "c => { const a = c.getBoundingClientRect(), b = c.closest('[data-figure]').getBoundingClientRect();"
        " return [12 + a.left - b.left + 2, 12 + a.top - b.top + 2]; }"
    )

    assert name == "conv1-channels-in-sight.png"
    np.testing.assert_array_equal(found[round(top) : round(top) + 56, round(left) : round(left) + 56], shown)


def test_a_drawing_says_layers_scale_and_source_in_words(page):
    _, path = _taken(page, page.locator(".layers"), re.compile("^Every layer: save as SVG"))
    root = ET.parse(path).getroot()
    words = " ".join(text.text or "" for text in root.iter(f"{SVG}text"))
    ramps = [len(list(ramp.iter(f"{SVG}stop"))) for ramp in root.iter(f"{SVG}linearGradient")]
    href = next(root.iter(f"{SVG}image")).get("href")

    assert href.startswith("data:image/png;base64,")
    assert {"conv1", "maxpool2", "classes"} <= set(words.split())
    assert "the layer’s largest value" in words
    assert f"Number {SAMPLE} of digits" in words
    assert max(ramps) == 9


def _words(path):
    return " ".join(text.text or "" for text in ET.parse(path).getroot().iter(f"{SVG}text"))


def test_a_gradient_that_is_taken_says_so_and_its_scale(page, run, digits):
    network, found = load_network(str(run)), []
    module = network.module.eval()
    relu = next(part for part in module.modules() if isinstance(part, nn.ReLU))

    def keep(_part, _given, made):
        made.retain_grad()
        found.append(made)

    hook = relu.register_forward_hook(keep)
    module(prepare(digits.read(SAMPLE), network.preprocessing)[None])[0, 3].backward()
    hook.remove()
    most = float(found[0].grad.abs().max())
    page.goto(f"{page.url.split('#')[0]}#/explore?input=sample:{SAMPLE}&open=conv1&about=3&shown=gradient")
    page.get_by_text("All 8 channels, gradient of 3, by").wait_for()
    _, wall = _taken(page, _wall(page), re.compile("^conv1, channels in sight: save as SVG"))
    _, layers = _taken(page, page.locator(".layers"), re.compile("^Every layer: save as SVG"))

    said = re.search(r"gradient of 3 · scale ±([\d.]+(?:e−\d)?) ·", _words(wall))
    assert float(said[1].replace("−", "-")) == pytest.approx(most, rel=6e-3)
    assert "gradient of 3 · each layer on its own scale" in _words(layers)


def test_a_wall_that_is_taken_says_its_version_and_a_neuron_that_of_the_network(page, first_layer):
    place = "layer=conv1&unit=2&at=9,11"
    page.goto(f"{page.url.split('#')[0]}#/explore?input=sample:{SAMPLE}&{place}&with=step-16&layers=version")
    page.get_by_text("The layers show a, after 16 steps").wait_for()
    page.locator("table.sum").wait_for()
    _, wall = _taken(page, _wall(page), re.compile("^conv1, channels in sight: save as SVG"))
    panel = page.locator(".neuron [data-figure]").first
    _, neuron = _taken(page, panel, re.compile("made of: save as SVG"))
    page.get_by_label("this network", exact=True).check()
    page.get_by_text("The layers show a, after 16 steps").wait_for(state="detached")
    _, own = _taken(page, _wall(page), re.compile("^conv1, channels in sight: save as SVG"))

    assert "in version a, after 16 steps" in _words(wall)
    assert "in version" not in _words(neuron)
    assert re.match(rf"conv1 · scale 0 to {float(first_layer.max()):#.3g} · \S+/a · Number {SAMPLE}", _words(own))


def test_a_view_is_as_large_as_was_said_and_leads_nowhere_else(page, open_report, tmp_path):
    said = page.get_by_role("region", name="Save this view")
    about = float(re.search(r"About ([\d.]+) MiB", said.inner_text())[1])
    with page.expect_download() as waited:
        page.get_by_role("button", name="Save this view as one HTML file").click()
    waited.value.save_as(tmp_path / "view.html")
    file = open_report(tmp_path / "view.html")
    file.locator("table.sum").wait_for()

    assert about == pytest.approx((tmp_path / "view.html").stat().st_size / 2**20, rel=0.3)
    assert file.get_by_role("link").count() == 0
    assert file.locator("header h1").inner_text() == page.locator("header h1").inner_text()


def test_a_reports_chart_is_saved_as_lines(page, served):
    page.goto(f"http://127.0.0.1:{served.port}/#/report?file=check.html")
    figure = page.locator("figure.drawing").first
    figure.wait_for()
    _, path = _taken(page, figure, re.compile("save as SVG"))
    root = ET.parse(path).getroot()
    kinds = "path, rect, line, polygon, circle"
    shown = figure.evaluate(f"one => one.querySelectorAll('svg :is({kinds})').length")
    saved = sum(len(list(root.iter(f"{SVG}{kind}"))) for kind in kinds.split(", "))

    assert shown > 2
    # The paper, and what CSS draws.
    assert saved > shown
    assert not list(root.iter(f"{SVG}image"))


def test_a_layer_opens_in_torch_as_the_page_says(page, first_layer):
    name, path = _taken(page, _wall(page), re.compile("^Every value of conv1"))

    assert name == "conv1.safetensors"
    torch.testing.assert_close(load_file(path)["values"], first_layer, rtol=1e-6, atol=1e-6)
    page.get_by_text("values, 8×28×28 float32").wait_for()


def test_a_units_parts_open_in_torch_and_add_up_to_what_is_shown(page, first_layer):
    page.goto(f"{page.url.split('#')[0]}#/explore?input=sample:{SAMPLE}&layer=conv2&unit=3&at=5,6")
    page.get_by_role("heading", name="conv2").wait_for()
    page.get_by_text("Adds up:").wait_for()
    panel = page.locator(".neuron [data-figure]").first
    _, path = _taken(page, panel, re.compile("parts of its sum"))
    found = load_file(path)
    pooled = nn.functional.max_pool2d(first_layer[None], 2)[0].double()
    window = nn.functional.pad(pooled, (1, 1, 1, 1))[:, 5:8, 6:9]

    torch.testing.assert_close(found["layer.maxpool1.input"], window, rtol=1e-6, atol=1e-6)
    total = found["layer.maxpool1.product"].sum() + found["bias"]
    shown = re.search(r"([−\d.]+) in the network", page.locator(".check").inner_text())[1]
    assert float(total) == pytest.approx(float(shown.replace("−", "-")), abs=1e-3)


def test_a_walls_table_is_csv(page, first_layer):
    wall = _wall(page)
    wall.locator("summary", has_text="Show as table").click()
    with page.expect_download() as waited:
        wall.get_by_role("button", name="Save as CSV").click()
    rows = list(csv.reader(io.StringIO(Path(waited.value.path()).read_text(encoding="utf-8"))))

    peaks = first_layer.amax((1, 2))
    assert [int(row[0]) for row in rows[1:]] == peaks.argsort(descending=True, stable=True).tolist()
    assert [float(row[1]) for row in rows[1:]] == pytest.approx(sorted(peaks.tolist(), reverse=True), rel=1e-6)
