"""The page about a table in a real browser: rows unfold by key and by hand, and tell of their field."""

import re
from dataclasses import replace

import numpy as np
import pytest
from playwright.sync_api import expect
from tests.e2e.axe import violations

from striate.analyse import cost
from striate.blueprint import Blueprint
from striate.checking import check
from striate.findings import by_severity
from striate.numbers import THIN, count
from striate.report.checkpage import write_check_page

TEXT = "input 1x28x28; conv 5x5 8, batchnorm, relu; maxpool 2; (conv 3x3 8, relu) x3; fc 64, relu; classes 10"

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def resnet(tmp_path_factory):
    """The check of torchvision's ResNet-18 with random weights, and its page."""
    import torchvision

    found = check(torchvision.models.resnet18().eval(), (3, 64, 64))
    path = tmp_path_factory.mktemp("resnet") / "check.html"
    write_check_page(found, path)
    return found, path


@pytest.fixture(scope="module")
def blueprint(tmp_path_factory):
    """The check of a small blueprint, and its page."""
    found = check(Blueprint.from_text(TEXT))
    path = tmp_path_factory.mktemp("blueprint") / "check.html"
    write_check_page(found, path)
    return found, path


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """The page of a network with more rows than are shown at once: 60 layers of three operations."""
    layers = "; ".join(f"conv 3x3 {8 + number % 2}, batchnorm, relu" for number in range(60))
    path = tmp_path_factory.mktemp("long") / "check.html"
    write_check_page(check(Blueprint.from_text(f"input 1x8x8; {layers}; globalavgpool; classes 2")), path)
    return path


def _text(locator):
    return re.sub(r"[\s\u202f]+", " ", locator.inner_text()).strip()


def _row(page, name):
    return page.locator("[data-row]", has=page.locator(f".label:text-is('{name}')")).first


def _names(page):
    return page.locator("[data-row] .label").all_inner_texts()


def test_the_rows_hold_pythons_numbers(resnet, open_report):
    found, path = resnet
    page = open_report(path)
    grid = page.get_by_role("treegrid")

    assert count(found.cost.total.params).replace(THIN, " ") in _text(grid.locator(".foot"))
    stem = sum(found.cost.ops[name].params for name in ("conv1", "bn1"))
    assert count(stem).replace(THIN, " ") in _text(_row(page, "conv1"))
    # hand: 7 after the stem's convolution, 11 after the pooling
    assert "7" in _row(page, "conv1").locator(".seen").inner_text()
    assert "11" in _row(page, "maxpool").locator(".seen").inner_text()


def test_a_module_is_folded_and_unfolded_by_key(resnet, open_report):
    page = open_report(resnet[1])
    _row(page, "maxpool").click()
    before = _names(page)

    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    folded = _names(page)
    layer1 = _row(page, "layer1")
    assert layer1.get_attribute("aria-expanded") == "false"
    assert len(folded) == len(before) - 2

    page.keyboard.press("ArrowRight")
    assert layer1.get_attribute("aria-expanded") == "true"
    assert _names(page) == before
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.locator(":focus .label").inner_text() == "conv1"
    assert page.locator(":focus").get_attribute("aria-level") == "3"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert page.locator(":focus .label").inner_text() == "0"
    page.keyboard.press("End")
    assert page.locator(":focus .label").inner_text() == "fc"
    page.keyboard.press("Home")
    assert page.locator(":focus .label").inner_text() == "x"
    page.keyboard.press("m")
    assert page.locator(":focus .label").inner_text() == "maxpool"


def test_the_chosen_row_tells_of_its_field_and_of_whom_it_reads(resnet, open_report):
    found, path = resnet
    page = open_report(path)
    _row(page, "maxpool").click()
    panel = page.locator("aside")

    said = _text(panel)
    # 3×3 with stride 2 behind 7×7 with stride 2: 7 + 2·2 = 11 pixels, 4 apart, 3 + 2 before the border
    assert "11 px, every 4 px, padding 5 px" in said
    assert "11×11 pixels" in said
    assert "Kernel 3×3" in said
    assert found.fields["maxpool"].axes[0].size_px == 11

    panel.get_by_role("button", name="relu", exact=True).click()
    assert _text(panel.locator("h3")) == "relu"
    assert page.locator(":focus .label").inner_text() == "relu"


def test_the_box_is_true_to_size_and_place(resnet, open_report):
    page = open_report(resnet[1])
    _row(page, "maxpool").click()

    def box(name):
        return {
            key: float(page.locator(f"aside rect.{name}").first.get_attribute(key))
            for key in ("x", "y", "width", "height")
        }

    field, whole = box("seen"), box("input")
    pixel = whole["width"] / 64
    # unit 8 of 16 begins at 7·4 − 5 = 23
    assert field["width"] / pixel == pytest.approx(11)
    assert (field["x"] - whole["x"]) / pixel == pytest.approx(23)
    assert (field["y"] - whole["y"]) / pixel == pytest.approx(23)


def test_equal_layers_are_one_row_that_opens_by_hand(blueprint, open_report):
    page = open_report(blueprint[1])
    row = _row(page, "conv2 – conv3")

    assert "×2" in row.inner_text()
    row.locator(".fold").click()
    assert {"conv2", "conv3"} <= set(_names(page))
    assert row.get_attribute("aria-expanded") == "true"


def test_a_finding_is_marked_at_its_row_and_told_in_the_panel(blueprint, open_report):
    found, path = blueprint
    page = open_report(path)
    at_op = [finding for finding in found.findings if finding.op == "fc1"]

    assert at_op
    message = at_op[0].message.replace(THIN, " ")
    assert message in _text(_row(page, "fc1"))
    assert message in _text(page.locator("aside"))


def test_everything_opens_at_once_and_few_rows_are_drawn(long, open_report):
    page = open_report(long)

    page.get_by_role("button", name="Open all").click()

    assert int(page.get_by_role("treegrid").get_attribute("aria-rowcount")) > 200
    assert page.locator("[data-row]").count() < 80
    # the frame ends with a whole row and says that others follow
    frame, foot = page.locator(".frame").bounding_box(), page.locator(".grid .foot").bounding_box()
    edges = [row.bounding_box() for row in page.locator("[data-row]").all()]
    assert frame["y"] + frame["height"] == pytest.approx(foot["y"] + foot["height"], abs=1)
    assert any(row["y"] + row["height"] == pytest.approx(foot["y"], abs=1) for row in edges)
    said = re.search(r"Rows 1–(\d+) of (\d+); scroll", _text(page.locator(".more")))
    assert int(said[1]) == sum(row["y"] + row["height"] <= foot["y"] + 1 for row in edges)
    assert int(said[2]) > 180
    # and the last of them can be reached
    _row(page, "input").click()
    page.keyboard.press("End")
    assert page.locator(":focus .label").inner_text() == "classes"
    # the sentence follows the scrolling, a moment later
    expect(page.locator(".more")).to_have_text(re.compile(r", the last\.\s*$"))


def test_up_to_150_rows_stand_in_the_page_itself(resnet, open_report):
    page = open_report(resnet[1])

    page.get_by_role("button", name="Open all").click()

    rows = int(page.get_by_role("treegrid").get_attribute("aria-rowcount")) - 2
    assert page.locator("[data-row]").count() == rows > 80
    assert page.locator(".more").count() == 0
    assert page.evaluate("(f => f.scrollHeight - f.clientHeight)(document.querySelector('.frame'))") <= 0


@pytest.mark.parametrize("width", [360, 1440])
def test_see_the_picture_leads_to_the_findings_own_row(width, tmp_path, open_report):
    found, path = check(Blueprint.from_text(TEXT.replace("5x5 8", "5x5 8 padding 0"))), tmp_path / "check.html"
    write_check_page(found, path)
    page = open_report(path, width=width)
    led = 0
    for item, finding in zip(page.locator("#findings li").all(), by_severity(found.findings), strict=True):
        if not finding.op:
            continue
        item.get_by_role("link", name="See the picture").click()

        assert page.locator(":focus .label").inner_text() == finding.op
        assert page.locator(":focus").get_attribute("aria-selected") == "true"
        assert finding.message.replace(THIN, " ") in _text(page.locator("aside"))
        box = page.locator(":focus .label").bounding_box()
        assert 0 <= box["x"] < width
        assert 0 <= box["y"] < 1000
        led += 1
    assert led > 1
    # who folds afterwards is not led there again
    page.get_by_role("button", name="Fold all").click()
    assert page.locator("[data-row]:focus").count() == 0


def test_targets_are_24_pixels_high(blueprint, open_report):
    page = open_report(blueprint[1])
    _row(page, "maxpool1").click()

    low = page.evaluate(
        "[...document.querySelectorAll('a:not(.skip), button, summary, input')].filter(e => e.offsetParent)"
        ".filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML)"
    )

    assert low == []


@pytest.mark.parametrize("width", [360, 1440])
def test_the_ways_to_save_memory_are_read_without_scrolling(width, blueprint, open_report):
    page = open_report(blueprint[1], width=width)
    table = page.locator("#memory table").nth(1)

    assert "Price:" in table.inner_text()
    box = table.bounding_box()
    assert box["x"] + box["width"] <= width
    assert page.evaluate(
        "[...document.querySelectorAll('#memory .scroll')].every(e => e.scrollWidth <= e.clientWidth + 1)"
    )


def test_parameters_that_no_operation_reads_are_in_the_foot(tmp_path, open_report):
    found = check(Blueprint.from_text(TEXT))
    path = tmp_path / "check.html"
    graph = replace(found.graph, idle=(("aux.weight", 4242),))
    write_check_page(replace(found, graph=graph, cost=cost(graph)), path)

    foot = _text(open_report(path).locator(".grid .foot"))

    assert "Read by no operation 4242" in foot
    assert count(found.cost.total.params + 4242).replace(THIN, " ") in foot


def test_on_paper_all_open_rows_are_there(resnet, open_report):
    page = open_report(resnet[1])
    page.get_by_role("button", name="Open all").click()

    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")

    assert page.locator("[data-row]").count() == int(page.get_by_role("treegrid").get_attribute("aria-rowcount")) - 2


@pytest.mark.parametrize("width", [360, 820, 1440, 3840])
def test_nothing_scrolls_sideways_but_the_table_in_its_own_frame(width, resnet, open_report):
    page = open_report(resnet[1], width=width)

    page.get_by_role("button", name="Open all").click()

    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_axe_finds_nothing(width, scheme, blueprint, open_report):
    page = open_report(blueprint[1], width=width, scheme=scheme)
    page.get_by_role("button", name="Open all").click()
    assert violations(page) == []


def test_the_lines_have_ink(resnet, open_report):
    import io

    from PIL import Image

    page = open_report(resnet[1])
    picture = page.locator("[data-row] svg.lines").nth(1).screenshot()

    values = np.asarray(Image.open(io.BytesIO(picture)).convert("L"))
    assert (values < values.max() - 60).sum() > 20
