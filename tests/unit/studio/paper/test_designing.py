import pytest
import torch

from striate.blueprint import Blueprint
from striate.studio.design_wire import DesignWanted
from striate.studio.paper.designing import designed

LINE = "input 1x28x28; conv 5x5 8, relu; maxpool 2; fc 16, relu; classes 10"
CLASHES = "input 1x28x28; conv 3x3 8, relu; maxpool 2; conv 31x31 4 padding 0; classes 10"
OPEN = "input 1x28x28; let w {8,16}; conv 3x3 w, relu; maxpool 2; classes 10"


def found(text, **how):
    return designed(DesignWanted(text=text, **how))


@pytest.mark.parametrize("text", [LINE, LINE.replace("; ", ";\n   "), Blueprint.from_text(LINE).to_yaml()])
def test_a_line_and_a_file_say_the_same(text):
    told = found(text)

    assert (told.failure, told.where, told.reached, told.choices) == (None, "", [], [])
    # 8·25 + 8; 14·14·8·16 + 16; 16·10 + 10.
    assert told.page["facts"][0]["value"] == f"{208 + 25_104 + 170:,}".replace(",", "\u202f")
    assert told.text == LINE
    assert Blueprint.from_yaml(told.yaml) == Blueprint.from_text(LINE)


def test_what_is_taken_away_runs_without_us():
    space = {}
    exec(found(LINE).source, space)
    net = space["Net"]()

    assert net(torch.zeros(2, 1, 28, 28)).shape == (2, 10)
    assert sum(p.numel() for p in net.parameters()) == 208 + 25_104 + 170


def test_sizes_that_clash_are_told_with_what_came_before():
    told = found(CLASHES)

    assert told.failure.code == "shape"
    assert "conv2" in told.where
    # 8·9 + 8 parameters; 8·9 products at each of 28·28 places.
    assert [(row.name, row.shape, row.params, row.macs) for row in told.reached] == [
        ("conv1", "8×28×28", 80, 72 * 784), ("maxpool1", "8×14×14", 0, 0),
    ]  # fmt: skip
    assert (told.page, told.source) == (None, "")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("input 1x28x28; cov 3x3 8", "unknown-name", "Did you mean conv?"),
        ("", "schema", "an empty file"),
        ("a: &b [1]\nc: *b", "blueprint", "aliases"),
        ("input 1x28x28; conv 3x3 8; " * 3, "unknown-name", "input"),
        ("[" * 5000, "blueprint", ""),
    ],
)
def test_what_does_not_read_is_an_answer(text, code, said):
    told = found(text)

    assert told.failure.code == code
    assert said in told.failure.message
    assert told.page is None


def test_what_is_left_open_must_be_chosen_first():
    told = found(OPEN)

    assert told.failure is None
    assert [(one.name, one.values) for one in told.choices] == [("w", ["8", "16"])]
    assert told.page is None

    chosen = found(OPEN, values={"w": "16"})
    assert chosen.choices == []
    # 16·9 + 16; 14·14·16·10 + 10.
    assert chosen.page["facts"][0]["value"].replace("\u202f", "") == str(160 + 31_370)
    assert found(OPEN, values={"w": "9"}).failure.code in {"input", "blueprint"}


def test_a_cure_gives_the_network_with_it():
    told = found("input 1x28x28; conv 3x3 16, batchnorm, relu; maxpool 2; fc 64, relu; classes 10")
    [remedy] = [one for one in told.remedies if "globalavgpool" in one.words]

    assert "globalavgpool; fc 64" in remedy.text
    cured = found(remedy.text)
    # 16·9 of the convolution, without a bias before its normalisation; its 2·16; 16·64 + 64; 64·10 + 10.
    assert cured.page["facts"][0]["value"].replace("\u202f", "") == str(144 + 32 + 1088 + 650)
    assert remedy.rule not in {one.rule for one in cured.remedies}
