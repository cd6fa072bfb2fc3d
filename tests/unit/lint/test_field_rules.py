"""Rules about receptive fields: where branches meet, what is past the border, what falls through the holes."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from striate.analyse import gridding, map_lengths, receptive_fields, shortest_fields
from striate.blueprint import Blueprint
from striate.graph import Conditions, Graph
from striate.lint import lint
from striate.trace import trace


def found(text, name):
    """Findings of one rule on a blueprint."""
    return lint(graph=Blueprint.from_text(text).graph(), select=[name]).findings


class Two(nn.Module):
    """A convolution, two branches, and their sum or concatenation."""

    def __init__(self, left, right, *, is_sum=True):
        super().__init__()
        self.stem = nn.Conv2d(1, 4, 3, padding=1)
        self.left, self.right, self.is_sum = left, right, is_sum

    def forward(self, x):
        x = torch.relu(self.stem(x))
        left, right = self.left(x), self.right(x)
        return left + right if self.is_sum else torch.cat([left, right], 1)


ALIGNED = nn.Conv2d(4, 4, 3, padding=1)
STRIDED = nn.Conv2d(4, 4, 3, stride=2, padding=1)


@pytest.mark.parametrize(
    ("left", "right", "shift"),
    [
        (ALIGNED, nn.Identity(), None),
        (ALIGNED, nn.Conv2d(4, 4, 5, padding=2), None),
        (ALIGNED, nn.Sequential(nn.ZeroPad2d((1, 1, 1, 1)), nn.MaxPool2d(3, 1)), None),
        (ALIGNED, nn.Sequential(nn.ZeroPad2d((2, 0, 1, 1)), nn.MaxPool2d(3, 1)), 1),
        # padding of 2 before and none after: one unit to the left, twice
        (ALIGNED, nn.Sequential(*[nn.ZeroPad2d((1, 1, 2, 0)), nn.MaxPool2d(3, 1)] * 2), 2),
        # a window of 2 has its centre between two pixels: a quarter of a unit of stride 2
        (STRIDED, nn.AvgPool2d(2), None),
        # centre 1 beside centre 0 at stride 2: exactly half a unit
        (STRIDED, nn.MaxPool2d(3, 2, ceil_mode=True), None),
        # the same one step further: (1 + 2·0 + 1) px at stride 2 is a whole unit
        (STRIDED, nn.Sequential(nn.ZeroPad2d((0, 3, 0, 3)), nn.Conv2d(4, 4, 5, stride=2, bias=False)), 1),
    ],
)
def test_branches_may_meet_half_a_unit_apart(left, right, shift):
    report = lint(graph=trace(Two(left, right), (1, 1, 16, 16)).graph, select=["misaligned-merge"])
    assert [finding.measure.value for finding in report.findings] == ([shift] if shift else [])
    assert "misaligned-merge" not in report.skipped


def twice(read):
    return nn.Sequential(nn.Conv2d(read, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1))


class UNet(nn.Module):
    """Three levels: pooled by 2, enlarged by 2, joined with what was there; `moved` shifts what was enlarged."""

    def __init__(self, up, moved=0):
        super().__init__()
        self.down = nn.ModuleList(twice(1 if n == 0 else 4) for n in range(4))
        self.up = nn.ModuleList(up() for _ in range(3))
        self.joined = nn.ModuleList(twice(8) for _ in range(3))
        self.moved = nn.ZeroPad2d((moved, -moved, 0, 0))

    def forward(self, x):
        skips = []
        for conv in self.down[:-1]:
            skips.append(torch.relu(conv(x)))
            x = nn.functional.max_pool2d(skips[-1], 2)
        x = torch.relu(self.down[-1](x))
        for up, joined in zip(self.up, self.joined, strict=True):
            x = torch.relu(joined(torch.cat([skips.pop(), self.moved(up(x))], 1)))
        return x


@pytest.mark.parametrize(
    "up", [lambda: nn.ConvTranspose2d(4, 4, 2, stride=2), lambda: nn.Upsample(scale_factor=2)], ids=["learned", "near"]
)
@pytest.mark.parametrize(("moved", "shift"), [(0, None), (1, 7 / 8)])
def test_enlarged_maps_are_where_their_units_are_on_average(up, moved, shift):
    # Two units that see the same pixels lie half a unit on either side of them. Moved by a unit of 4, 2 and 1 px, the
    # last joins 7 px beside its place, in units of the coarsest map, 8 px wide.
    report = lint(graph=trace(UNet(up, moved), (1, 1, 32, 32)).graph, select=["misaligned-merge"])
    assert [finding.measure.value for finding in report.findings] == ([shift] if shift else [])
    assert "misaligned-merge" not in report.skipped


def test_concatenations_and_different_strides_count_too():
    shifted = nn.Sequential(nn.ZeroPad2d((2, 0, 2, 0)), nn.MaxPool2d(3, 1))
    (finding,) = lint(graph=trace(Two(ALIGNED, shifted, is_sum=False), (1, 1, 8, 8)).graph, select=["RCF003"]).findings
    assert finding.op == "concat"
    # 15 px: a stride of 2 leaves 8, a window of 8 as well.
    uneven = Two(nn.Conv2d(4, 4, 3, 2, 1), nn.Conv2d(4, 4, 8))
    (finding,) = lint(graph=trace(uneven, (1, 1, 15, 15)).graph, select=["RCF003"]).findings
    assert finding.measure.value > 1


@pytest.mark.parametrize(("times", "pad", "shift"), [(1, 0, None), (3, 0, None), (3, 2, 9 / 16), (3, 4, 11 / 16)])
def test_a_map_that_was_halved_and_enlarged_may_meet_what_it_was_made_from(times, pad, shift):
    # Enlarged by n, the n units that repeat one stand (n − 1)/2 pixels after its centre on average: 7/2 of 8 here. A
    # window of pad + 1 with padding before it alone has its centre pad/2 pixels before its unit, which is added.
    down = [nn.Conv2d(4, 4, 3, stride=2, padding=1) for _ in range(times)]
    before = [nn.ZeroPad2d((pad, 0, pad, 0)), nn.MaxPool2d(pad + 1, 1)] if pad else []
    net = Two(nn.Identity(), nn.Sequential(*before, *down, nn.Upsample(scale_factor=2**times)))
    found = [f.measure.value for f in lint(graph=trace(net, (1, 1, 32, 32)).graph, select=["RCF003"]).findings]
    assert found == ([pytest.approx(shift)] if shift else [])


def test_a_gate_has_no_place_and_is_never_out_of_place():
    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 4, 2)
            self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(4, 4, 1), nn.Sigmoid())

        def forward(self, x):
            x = self.conv(x)
            return x * self.gate(x)

    graph = trace(Gated(), (1, 1, 8, 8)).graph
    assert lint(graph=graph, select=["misaligned-merge"]).findings == ()
    assert shortest_fields(graph)[graph.outputs[0]] == (2, 2)


def test_the_least_field_follows_the_shortest_path():
    graph = trace(Two(ALIGNED, nn.Conv2d(4, 4, 7, padding=3)), (1, 1, 16, 16)).graph
    # 3 + 2 through the shorter branch; −1 − 3 … 1 + 3 over both.
    (axis, _) = receptive_fields(graph)["add"].axes
    assert shortest_fields(graph)["add"] == (5, 5)
    assert (axis.low, axis.high, axis.centre_px) == (-4, 4, 0)


@pytest.mark.parametrize(
    ("late", "share", "severity"), [(4, None, None), (5, None, None), (6, 2 / 6, "note"), (10, 6 / 10, "warning")]
)  # 3×3 layers see 3, 5, 7, 9 px: from the fifth on they read units that see 9
def test_layers_past_the_border_are_counted(late, share, severity):
    findings = found(f"input 1x9x9; (conv 3x3 4, relu) x{late}; globalavgpool; classes 2", "layers-past-the-border")
    assert [finding.severity for finding in findings] == ([severity] if severity else [])
    if findings:
        assert findings[0].measure.value == pytest.approx(100 * share)
        assert findings[0].op == "conv5"


def test_three_layers_are_too_few_to_speak_of():
    assert found("input 1x3x3; (conv 3x3 4, relu) x3; globalavgpool; classes 2", "layers-past-the-border") == ()


def test_shortcuts_keep_later_layers_useful():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 3, padding=1)

        def forward(self, x):
            return x + torch.relu(self.conv(x))

    body = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), *(Block() for _ in range(9)))
    assert lint(graph=trace(body, (1, 1, 9, 9)).graph, select=["layers-past-the-border"]).findings == ()


@pytest.mark.parametrize(
    ("layers", "share"),
    [
        ("conv 3x3 4 dilation 2, relu", 2 / 5),  # −2, 0, 2
        ("(conv 3x3 4 dilation 2, relu) x3", 6 / 13),  # every second of −6 … 6
        ("conv 3x3 4, relu; (conv 3x3 4 dilation 2, relu) x3", 0),
        ("(conv 3x3 4 dilation 2, relu) x3; conv 3x3 4", 0),
        ("conv 3x3 4 dilation 2, relu; conv 3x3 4 dilation 3", 1 - 9 / 11),  # −5 −3 −2 −1 0 1 2 3 5
        ("conv 3x3 4, relu; conv 3x3 4 dilation 2, relu; conv 3x3 4 dilation 5", 0),
        ("conv 3x3 4, relu; conv 3x3 4 dilation 4", 1 - 9 / 11),  # −5 … −3, −1 … 1, 3 … 5
    ],
)
def test_holes_are_counted_place_by_place(layers, share):
    graph = Blueprint.from_text(f"input 1x40x40; {layers}; globalavgpool; classes 2").graph()
    (axes,) = gridding(graph).values()
    assert axes == pytest.approx((share, share))
    findings = lint(graph=graph, select=["dilation-holes"]).findings
    assert [finding.measure.value for finding in findings] == (
        [pytest.approx(100 * (1 - (1 - share) ** 2))] if share else []
    )


def test_pooling_that_reads_every_place_closes_a_row():
    text = "input 1x40x40; (conv 3x3 4 dilation 2, relu) x2; maxpool 2; conv 3x3 4; globalavgpool; classes 2"
    assert found(text, "dilation-holes") == ()


class Pyramid(nn.Module):
    """Parallel rates that are put side by side, with or without a layer that has none."""

    def __init__(self, rates, stride=1):
        super().__init__()
        self.rates = nn.ModuleList(nn.Conv2d(1, 2, 3, stride, rate, rate) for rate in rates)
        self.mix = nn.Conv2d(2 * len(rates), 4, 1)

    def forward(self, x):
        return self.mix(torch.cat([rate(x) for rate in self.rates], 1)).mean((2, 3))


@pytest.mark.parametrize(
    ("rates", "share"),
    [((1, 2, 3), 0), ((2, 4), 4 / 9), ((1, 6), 1 - 5 / 13)],
)  # −3 … 3 together; −4 −2 0 2 4; −6 −1 0 1 6
def test_branches_read_what_any_of_them_reads(rates, share):
    (axes,) = gridding(trace(Pyramid(rates), (1, 1, 32, 32)).graph).values()
    assert axes == pytest.approx((share, share))


@pytest.mark.parametrize(("rates", "share"), [((1, 2), 0), ((2, 2), 2 / 5), ((2, 4), 4 / 9)])
def test_strided_branches_of_one_map_are_judged_together(rates, share):
    (axes,) = gridding(trace(Pyramid(rates, stride=2), (1, 1, 32, 32)).graph).values()
    assert axes == pytest.approx((share, share))


def test_a_shortcut_beside_a_strided_layer_ends_a_row_too():
    class Down(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(1, 2, 3, padding=4, dilation=4)
            self.long, self.short = nn.Conv2d(2, 2, 3, 2, 1), nn.AvgPool2d(2)

        def forward(self, x):
            x = torch.relu(self.first(x))
            return (self.long(x) + self.short(x)).mean((2, 3))

    graph = trace(Down(), (1, 1, 32, 32)).graph
    (finding,) = lint(graph=graph, select=["dilation-holes"]).findings
    # −5 … −3, −1 … 1, 3 … 5 of −5 … 5
    assert (finding.op, finding.measure.value) == ("first", pytest.approx(100 * (1 - (9 / 11) ** 2)))


def test_an_op_nobody_knows_leaves_holes_and_merges_unjudged():
    ops = list(Blueprint.from_text("input 1x32x32; conv 3x3 4 dilation 4; relu; conv 3x3 4; classes 2").graph().ops)
    ops[1] = replace(ops[1], kind="unknown:mystery")
    ops[2] = replace(ops[2], kind="add", inputs=("conv1", "relu1"), attributes={}, params=())
    graph = Graph(ops=tuple(ops[:3]), outputs=("conv2",), conditions=Conditions(inputs={"input": (1, 1, 32, 32)}))
    report = lint(graph=graph, select=["dilation-holes", "misaligned-merge"])

    assert report.findings == report.silent == ()
    assert set(report.skipped) == {"dilation-holes", "misaligned-merge"}


@pytest.mark.parametrize(("side", "fires"), [(8, False), (4, True)])
def test_a_quarter_of_the_work_may_meet_padding(side, fires):
    # On 8 px a 3×3 kernel reads 22 of 24 rows inside, on 4 px 10 of 12.
    findings = found(f"input 4x{side}x{side}; conv 3x3 8, relu; globalavgpool; classes 2", "work-on-padding")
    assert [finding.measure.value for finding in findings] == (
        [pytest.approx(100 * (1 - (10 / 12) ** 2))] if fires else []
    )


def test_lengths_for_other_inputs_equal_the_networks_own():
    text = "input 1x{0}x{0}; conv 5x5 4 stride 2 padding 1, relu; maxpool 3 stride 2; conv 3x3 4 dilation 2; classes 2"
    sides = range(24, 60)
    made = tuple(Blueprint.from_text(text.format(side)).graph()["conv2"].shape[2] for side in sides)
    assert map_lengths(Blueprint.from_text(text.format(40)).graph(), "conv2", 0, sides) == made


def test_a_value_without_places_has_no_length():
    assert map_lengths(Blueprint.from_text("input 1x8x8; globalavgpool; classes 2").graph(), "classes", 0, (8,)) == ()
