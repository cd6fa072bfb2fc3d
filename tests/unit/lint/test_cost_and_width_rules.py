"""Rules about work, memory and the number of filters, by values worked out by hand."""

import pytest
import torch
from torch import nn

from striate.blueprint import Blueprint
from striate.checking import check
from striate.lint import lint
from striate.trace import trace


def found(text, name, **options):
    """Findings of one rule on a blueprint."""
    return lint(graph=Blueprint.from_text(text).graph(**options), select=[name]).findings


def on(module, shape, name, mode="eval"):
    """Findings of one rule on a module."""
    return lint(graph=trace(module, shape, mode=mode).graph, select=[name]).findings


@pytest.mark.parametrize(("width", "severity"), [(24, None), (25, "note"), (57, "warning")])
def test_one_layer_may_do_30_percent_of_the_work(width, severity):
    # Seven layers with 8·8 multiplications at each of 64 places, one with 8·width, and 2·width at the end.
    text = f"input 8x8x8; (conv 1x1 8) x7; conv 1x1 {width}; globalavgpool; classes 2"
    findings = found(text, "macs-in-one-layer")
    assert [finding.severity for finding in findings] == ([severity] if severity else [])
    if findings:
        work = 64 * 8 * width
        assert findings[0].measure.value == pytest.approx(100 * work / (64 * 7 * 64 + work + 2 * width))
        assert findings[0].op == "conv8"


def test_a_small_network_has_one_layer_with_most_of_the_work_anyway():
    assert found("input 1x8x8; conv 1x1 8; conv 5x5 8; globalavgpool; classes 2", "macs-in-one-layer") == ()


class Forgetful(nn.Module):
    def __init__(self, name):
        super().__init__()
        self.used = nn.Conv2d(1, 4, 3)
        self.add_module(name, nn.Linear(5, 2))

    def forward(self, x):
        return self.used(x)


def test_parameters_of_a_layer_that_is_never_called_are_counted():
    (finding,) = on(Forgetful("left_out"), (1, 1, 8, 8), "unused-parameters")
    assert finding.measure.value == 12  # 5·2 weights and 2 biases
    assert "left_out" in finding.message


@pytest.mark.parametrize(("mode", "count"), [("eval", 0), ("train", 1)])
def test_an_auxiliary_head_is_for_training(mode, count):
    assert len(on(Forgetful("aux_head"), (2, 1, 8, 8), "unused-parameters", mode)) == count


class Overwritten(nn.Module):
    def __init__(self, *, is_read):
        super().__init__()
        self.left, self.right = nn.Conv2d(1, 4, 1), nn.Conv2d(1, 4, 3, padding=1)
        self.is_read = is_read

    def forward(self, x):
        left = torch.relu(self.left(x))
        right = self.right(x)
        return left + right if self.is_read else right


@pytest.mark.parametrize(("is_read", "values"), [(False, [10.0]), (True, [])])
def test_a_branch_that_nothing_reads_is_found_with_its_share(is_read, values):
    findings = on(Overwritten(is_read=is_read), (1, 1, 8, 8), "unread-branch")
    assert [finding.measure.value for finding in findings] == values  # 1 of 1 + 9 weights a place
    assert [finding.op for finding in findings] == ["left"] * len(values)


@pytest.mark.parametrize(("layers", "fires"), [(2, False), (3, True)])
def test_one_resolution_may_keep_55_percent(layers, fires):
    # In MiB: at 256² the ReLU keeps 8; at 128² the pooling 4 of indices, each ReLU 2, and so does the first convolution
    # of what the pooling made; at 64² the next pooling 1 of indices, and the last convolution half a MiB.
    text = (
        f"input 1x256x256; conv 3x3 32, relu; maxpool 2; (conv 3x3 32, relu) x{layers}; maxpool 2; conv 3x3 4;"
        "globalavgpool; classes 2"
    )
    share = (4 + 2 + 2 * layers) / (8 + 4 + 2 + 2 * layers + 1 + 0.5)
    findings = found(text, "memory-in-one-stage")
    assert bool(findings) == (share > 0.55) == fires
    if fires:
        assert findings[0].measure.value == pytest.approx(100 * share, abs=0.5)


def test_seven_mebibytes_are_nobodys_concern():
    text = "input 1x128x128; conv 3x3 32, relu; maxpool 2; (conv 3x3 32, relu) x7; maxpool 2; conv 3x3 4; classes 2"
    assert found(text, "memory-in-one-stage") == ()


def test_little_memory_is_nobodys_concern():
    assert found("input 1x32x32; conv 3x3 32, relu; maxpool 2; conv 3x3 4; classes 2", "memory-in-one-stage") == ()


@pytest.mark.parametrize(("batch", "mode", "images"), [(1, "eval", 32), (2, "train", 2)])
def test_the_step_is_the_peak_while_a_batch_keeps_little_beside_the_parameters(batch, mode, images):
    # An image keeps a map of 4×8×8 and a row of 70 000. In its step Adam holds all gradients, and beside them the root
    # and the quotient of the largest weight, while the quotient of the one before, conv1's 4 biases, is still there, and
    # the network's scores, 2 an image.
    text = "input 1x8x8; conv 3x3 4, relu; fc 70000; classes 2"
    (finding,) = found(text, "optimizer-step-is-the-peak", batch=batch, mode=mode)
    held = 40 + 257 * 70_000 + 140_002 + 2 * 256 * 70_000 + 4 + 2 * images
    assert finding.measure.value == pytest.approx(100 * images * (4 * 64 + 70_000) / held)
    assert finding.op == "fc1"


def test_a_small_networks_parameters_are_nobodys_concern():
    text = "input 1x8x8; conv 3x3 4, relu; fc 35000; classes 2"  # 9 million, 34 MiB
    assert found(text, "optimizer-step-is-the-peak") == ()


def test_large_batches_outweigh_the_parameters():
    text = "input 1x8x8; conv 3x3 4, relu; fc 70000; classes 2"
    assert found(text, "optimizer-step-is-the-peak", batch=400, mode="train") == ()


@pytest.mark.parametrize(("width", "fires"), [(40, False), (36, True), (12, False)])
def test_widths_above_16_should_be_multiples_of_8(width, fires):
    findings = found(f"input 1x8x8; conv 3x3 16; conv 3x3 {width}; classes 2", "channels-off-the-grid")
    assert bool(findings) == fires
    if fires:
        assert findings[0].todo == "Use a width of 40 instead of 36."


@pytest.mark.parametrize(("layers", "fires"), [(3, False), (2, True)])
def test_a_tenth_of_the_work_may_be_off_the_grid(layers, fires):
    # At each place 16·36 multiplications beside 16·16·9 in each other layer: 7.7 % or 11.1 %, without the last few.
    text = f"input 16x8x8; (conv 3x3 16) x{layers}; conv 1x1 36; globalavgpool; classes 2"
    assert bool(found(text, "channels-off-the-grid")) == fires


@pytest.mark.parametrize(("groups", "width"), [(1, None), (2, None), (4, 8), (8, 4), (32, None)])
def test_groups_should_hold_16_channels_unless_each_channel_is_one(groups, width):
    findings = found(f"input 1x8x8; conv 3x3 32; conv 3x3 32 groups {groups}; classes 2", "narrow-groups")
    assert [finding.measure.value for finding in findings] == ([width] if width else [])


@pytest.mark.parametrize(
    ("layer", "jump"),
    [("conv 3x3 32", None), ("conv 3x3 40", 5), ("conv 1x1 64", None), ("conv 3x3 64 groups 8", None)],
)
def test_a_layer_may_make_four_times_what_it_reads(layer, jump):
    findings = found(f"input 3x8x8; conv 3x3 8, relu; {layer}, relu; classes 2", "width-jump")
    assert [finding.measure.value for finding in findings] == ([jump] if jump else [])


@pytest.mark.parametrize(("kernel", "width", "fires"), [(3, 1024, False), (3, 1025, True), (1, 2048, False)])
def test_a_layer_may_have_1024_filters(kernel, width, fires):
    findings = found(f"input 1x8x8; conv {kernel}x{kernel} {width}; classes 2", "thousands-of-filters")
    assert bool(findings) == fires


@pytest.mark.parametrize(
    ("layers", "holds"),
    [
        ("conv 3x3 1025; conv 1x1 1024", "less than 1"),  # 10 250 of more than a million
        ("conv 3x3 2048; globalavgpool", "83.3"),  # 20 480 of 20 480 + 4098
    ],
)
def test_a_small_share_of_the_parameters_is_told_in_words(layers, holds):
    (finding,) = found(f"input 1x8x8; {layers}; classes 2", "thousands-of-filters")
    assert finding.message.replace("\u202f", " ").endswith(f" filters and {holds} % of the parameters.")


@pytest.mark.parametrize(
    ("layers", "length"),
    [
        ("(conv 3x3 8 groups 8, relu) x2", None),
        ("(conv 3x3 8 groups 8, batchnorm, relu) x3", 3),
        ("conv 3x3 8 groups 2; maxpool 2; (conv 3x3 8 groups 2, relu) x3", 4),
        ("conv 3x3 8 groups 2; (conv 3x3 8 groups 4, relu) x2", None),
        ("(conv 3x3 8 groups 8; conv 1x1 8, relu) x4", None),
    ],
)
def test_two_grouped_convolutions_may_stand_in_a_row(layers, length):
    findings = found(f"input 3x16x16; conv 3x3 8, relu; {layers}; classes 2", "unmixed-groups")
    assert [finding.measure.value for finding in findings] == ([length] if length else [])


def test_a_shuffle_between_groups_mixes_them():
    body = [part for _ in range(3) for part in (nn.Conv2d(8, 8, 3, groups=2), nn.ChannelShuffle(2))]
    assert on(nn.Sequential(*body), (1, 8, 16, 16), "unmixed-groups") == ()


class Choosing(nn.Module):
    """Takes one branch or the other by what it sees, after work that only one of them reads."""

    def __init__(self):
        super().__init__()
        self.left, self.right = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(1, 4, 3, padding=1)
        self.both = nn.Conv2d(1, 4, 3, padding=1)

    def forward(self, x):
        both = self.both(x)
        return self.left(x) if float(x.sum()) < 1e9 else self.right(x) + both


def test_in_a_run_on_values_what_another_run_may_read_is_not_idle():
    found = check(Choosing(), (1, 8, 8))
    assert found.notes != ()
    assert not {"unused-parameters", "unread-branch"} & {finding.name for finding in found.findings}
    assert {"unused-parameters", "unread-branch"} <= set(found.report.skipped)
