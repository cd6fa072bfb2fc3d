"""The page about a table alone."""

import json
import re
import subprocess
import sys

import pytest

from striate.blueprint import Blueprint
from striate.checking import check
from striate.errors import InputError
from striate.numbers import THIN
from striate.report.checkpage import check_page, write_check_page
from striate.report.figures.drawing import drawing

TEXT = "input 1x28x28; conv 3x3 8, batchnorm, relu; maxpool 2; fc 64, relu; classes 10"


@pytest.fixture
def found():
    return check(Blueprint.from_text(TEXT), batch=4, optimizer="sgd")


def _plain(text):
    return text.replace(THIN, " ")


def test_the_first_sentence_holds_the_totals_and_the_findings(found):
    page = check_page(found)

    # 8·9 + 16 + 1568·64 + 64 + 640 + 10
    assert "101 154 parameters" in _plain(page.verdict)
    assert page.verdict.endswith("one note.")
    assert "4 at once of 1×28×28" in page.run_line
    assert "float32, eval mode" in page.run_line
    assert [row.code for row in page.findings] == [finding.code for finding in found.findings]


def test_the_sections_are_network_memory_and_conditions(found):
    page = check_page(found)

    assert [section.id for section in page.sections] == ["network", "memory", "made"]
    assert [figure.kind for figure in page.sections[0].figures] == ["drawing", "graph"]
    assert page.sections[0].sentence == found.findings[0].message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("input 1x32x32; conv 3x3 8, relu; maxpool 2; globalavgpool; classes 2", "2 learned layers bring the map's side from 32 to 16 pixels."),
        ("input 1x32x32; conv 3x3 8, relu; globalavgpool; classes 2", "2 learned layers keep the map's side at 32 pixels."),
        ("input 1x32x32; fc 8, relu; classes 2", "2 learned layers, none of which makes a map."),
    ],
)  # fmt: skip
def test_without_findings_the_network_is_told_by_its_sizes(text, said):
    page = check_page(check(Blueprint.from_text(text), select=["unaligned-padding"]))

    assert page.sections[0].sentence == said
    assert page.sections[0].judgement == "ok"


def test_layers_are_counted_where_they_learn_and_once():
    # three convolutions that share one kernel and a norm apart: one layer, and the classes
    from dataclasses import replace

    found = check(Blueprint.from_text("input 1x8x8; (conv 3x3 1, batchnorm, relu) x3; globalavgpool; classes 2"))
    kernel = replace(found.graph["conv1"].params[0], key="shared")
    ops = tuple(replace(op, params=(kernel,)) if op.kind == "conv" else op for op in found.graph)
    shared = replace(found, graph=replace(found.graph, ops=ops), report=replace(found.report, findings=()))

    assert check_page(shared).sections[0].sentence.startswith("2 learned layers keep")
    own = replace(found, report=replace(found.report, findings=()))
    assert check_page(own).sections[0].sentence.startswith("4 learned layers keep")


def test_only_layers_with_a_quarter_of_the_whole_come_first():
    # weights 4·9 + 4 of 40 + 4·2 + 2; work 8·8·36 of 2304 + 8
    one = check_page(check(Blueprint.from_text("input 1x8x8; conv 3x3 4, relu; globalavgpool; classes 2")))
    assert _plain(one.prose).startswith("`conv1` holds 80 % of the parameters and does above 99 % of the work.")
    # 6 equal layers behind a small one: none has a quarter
    even = check_page(check(Blueprint.from_text("input 8x8x8; (conv 3x3 8, relu) x6; globalavgpool; classes 2")))
    assert "of the parameters" not in even.prose
    assert "of the work" not in even.prose


def test_a_cure_stands_at_its_finding_with_its_effect():
    found = check(Blueprint.from_text("input 1x16x16; conv 3x3 8 padding 0, relu; globalavgpool; classes 2"))
    cures = {row.code: _plain(row.cure) for row in check_page(found).findings}

    # 14² or 16² places × 8 × 9, + 8 × 2
    assert "MACs 14 128 → 18 448" in cures["SHP002"]
    assert {row.op for row in check_page(found).findings} >= {"conv1"}


def test_the_caption_tells_of_equal_parts_as_they_are():
    twice = check_page(
        check(Blueprint.from_text("input 1x8x8; (conv 3x3 8, relu) x3; globalavgpool; classes 2"))
    ).sections[0]
    # the first of the three reads one channel, the other two are equal
    assert "×2 stands for 2 equal parts" in twice.caption.shown
    once = check_page(check(Blueprint.from_text("input 1x8x8; conv 3x3 8, relu; classes 2"))).sections[0]
    assert "equal parts" not in once.caption.shown


def test_memory_adds_up(found):
    memory = check_page(found).sections[1]
    table = memory.figures[0].table

    assert memory.sentence.startswith("One training step with sgd peaks at ")
    assert sum(row[1] for row in table.rows) == pytest.approx(table.foot[1])
    assert table.foot[1] * 2**20 == pytest.approx(found.memory.peak_bytes)
    # SGD without momentum keeps no state, and the peak is of what is held at one time.
    assert "Optimizer" not in [row[0] for row in table.rows]
    assert "of it is for the parameters." in memory.sentence


def test_each_way_to_save_memory_is_told_with_its_price(found):
    ways = check_page(found).sections[1].figures[1].table

    assert "Halve the batch to 2. Price: noisier steps and batch statistics." in [row[1] for row in ways.rows]
    assert all(row[0] * 2**20 < found.memory.peak_bytes for row in ways.rows)


def test_what_is_not_counted_makes_the_totals_lower_bounds(found):
    from dataclasses import replace

    page = check_page(replace(found, cost=replace(found.cost, not_counted=("fft",))))

    assert page.verdict.startswith("At least ")
    assert "fft" in page.sections[0].caption.source
    made = {row[0]: row[1] for row in page.sections[-1].figures[0].table.rows}
    assert made["Not counted"] == "fft"


def test_the_page_is_written_whole_and_without_torch(tmp_path):
    code = (
        "import sys; from striate.blueprint import Blueprint; from striate.checking import check;"
        "from striate.report.checkpage import write_check_page;"
        f"write_check_page(check(Blueprint.from_text({TEXT!r})), {str(tmp_path)!r}); sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    text = (tmp_path / "check.html").read_text(encoding="utf-8")
    document = json.loads(re.search(r'id="striate-page">(.*?)</script>', text).group(1))
    assert document["schema"] == "striate/page/1"
    # no arrays, and so no file of arrays
    assert '<script type="text/plain" id="striate-arrays"></script>' in text


def test_a_path_that_is_no_file_is_refused(found):
    with pytest.raises(InputError, match="written to a file"):
        write_check_page(found, "/dev/null")


def test_a_long_network_is_drawn_by_modules_or_not_at_all():
    layers = "; ".join(f"conv 3x3 {8 + n % 2}, relu" for n in range(30))
    flat = check(Blueprint.from_text(f"input 1x8x8; {layers}; classes 2"))

    # 31 rows in one module: nothing to fold, too many to see
    assert drawing(flat.graph, flat.layers) is None
    short = check(Blueprint.from_text(TEXT))
    boxes = drawing(short.graph, short.layers)
    assert [(box.name, box.size, box.side, box.channels) for box in boxes.blocks][:2] == [
        ("input", "1×28×28", 28, 1),
        ("conv1", "8×28×28", 28, 8),
    ]
    assert not boxes.log_width
