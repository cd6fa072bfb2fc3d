"""Rules about heads, normalisation, dropout and activations, by values worked out by hand."""

import pytest
import torch
from torch import nn

from striate.blueprint import Blueprint
from striate.lint import lint
from striate.trace import trace


def found(text, name, **options):
    """Findings of one rule on a blueprint."""
    return lint(graph=Blueprint.from_text(text).graph(**options), select=[name]).findings


def on(module, shape, name, mode="eval"):
    """Findings of one rule on a module."""
    return lint(graph=trace(module, shape, mode=mode).graph, select=[name]).findings


BODY = "input 1x29x29; conv 3x3 32, relu; maxpool 2; conv 3x3 32, relu; maxpool 2; conv 3x3 8"


def test_a_flattened_map_fixes_the_input_size_and_the_sizes_that_fit_are_told():
    (finding,) = found(f"{BODY}; classes 4", "fixed-size-head")
    # 29 → 14 → 7: all of 28 … 31 give 7 places.
    assert finding.measure.value == 49
    assert "28…31×28…31" in finding.message
    assert finding.op == "classes"


@pytest.mark.parametrize("head", ["globalavgpool; classes 4", "conv 7x7 4 padding 0; classes 4"])
def test_pooled_and_convolved_heads_take_other_sizes(head):
    assert found(f"{BODY}; {head}", "fixed-size-head") == ()


def test_a_head_behind_pooling_to_a_grid_takes_any_size():
    head = nn.Sequential(
        nn.Conv2d(1, 64, 3), nn.Conv2d(64, 8, 3), nn.AdaptiveAvgPool2d(3), nn.Flatten(), nn.Linear(72, 2)
    )
    assert on(head, (1, 1, 20, 20), "fixed-size-head") == ()


def test_a_head_with_most_parameters_is_told_once():
    text = "input 1x28x28; conv 3x3 16, relu; maxpool 2; fc 64, relu; classes 10"
    assert found(text, "fixed-size-head") == ()
    assert found(text, "fc-holds-most-parameters")


def test_a_head_with_less_than_most_parameters_is_told_here():
    # 49·8·20 weights and 20 biases of 320 + 9248 + 2312 + 7860: 40 %.
    assert found(f"{BODY}; classes 20", "fixed-size-head")


@pytest.mark.parametrize(("side", "fires"), [(111, True), (112, False)])
def test_a_huge_vector_is_told_by_its_own_rule(side, fires):
    text = f"input 1x{side}x{side}; conv 3x3 64; (conv 3x3 128) x2; conv 1x1 4; classes 2"
    assert bool(found(text, "fixed-size-head")) == fires
    assert bool(found(text, "large-final-representation")) != fires


@pytest.mark.parametrize(("side", "fires"), [(111, False), (112, True)])
def test_fifty_thousand_values_may_enter_the_head(side, fires):
    findings = found(f"input 1x{side}x{side}; conv 3x3 4; classes 2", "large-final-representation")
    assert [finding.measure.value for finding in findings] == ([4 * side**2] if fires else [])


@pytest.mark.parametrize(("width", "fires"), [(25, False), (24, True)])
def test_a_quarter_as_many_features_as_classes_will_do(width, fires):
    findings = found(f"input 1x8x8; conv 3x3 {width}; globalavgpool; classes 100", "narrow-final-representation")
    assert bool(findings) == fires


@pytest.mark.parametrize(("layers", "value"), [(2, None), (3, 4)])
def test_three_fully_connected_layers_may_stand_in_a_row(layers, value):
    text = f"input 1x8x8; conv 3x3 4; globalavgpool; (fc 8, relu) x{layers}; classes 2"
    findings = found(text, "deep-head")
    assert [finding.measure.value for finding in findings] == ([value] if value else [])


def test_a_network_without_convolutions_may_be_as_deep_as_it_likes():
    assert found("input 4x1; (fc 8, relu) x6; classes 2", "deep-head") == ()


@pytest.mark.parametrize(
    ("batch", "side", "severity"), [(1, 1, "error"), (15, 1, "warning"), (16, 1, None), (3, 2, "warning"), (4, 2, None)]
)
def test_batch_statistics_need_sixteen_values_in_training(batch, side, severity):
    text = f"input 1x{side}x{side}; conv 3x3 8, batchnorm; classes 2"
    findings = found(text, "batchnorm-over-few-values", batch=batch, mode="train")
    assert [finding.severity for finding in findings] == ([severity] if severity else [])
    if findings:
        assert findings[0].measure.value == batch * side**2


@pytest.mark.parametrize(("batch", "side", "fires"), [(1, 1, True), (8, 1, True), (1, 2, False)])
def test_out_of_training_only_maps_of_one_place_are_noted(batch, side, fires):
    text = f"input 1x{side}x{side}; conv 3x3 8, batchnorm; classes 2"
    findings = found(text, "batchnorm-over-few-values", batch=batch)
    assert [(finding.severity, finding.op) for finding in findings] == ([("note", "batchnorm1")] if fires else [])


@pytest.mark.parametrize(
    ("layers", "length"),
    [
        ("(conv 3x3 4, relu) x10", None),
        ("(conv 3x3 4, relu) x11", 11),
        ("(conv 3x3 4, relu) x6; conv 3x3 4, batchnorm; (conv 3x3 4, relu) x6", None),
        ("(conv 3x3 4, relu) x9; conv 3x3 4, groupnorm 2; (conv 3x3 4, relu) x12", 12),
    ],
)
def test_ten_convolutions_may_do_without_normalisation(layers, length):
    findings = found(f"input 1x8x8; {layers}; classes 2", "deep-without-normalisation")
    assert [finding.measure.value for finding in findings] == ([length] if length else [])


def test_shortcuts_do_what_normalisation_does():
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 3, padding=1)

        def forward(self, x):
            return x + torch.relu(self.conv(x))

    assert on(nn.Sequential(*(Block() for _ in range(15))), (1, 4, 8, 8), "deep-without-normalisation") == ()


@pytest.mark.parametrize(
    ("layers", "share"),
    [
        ("conv 3x3 4, relu, dropout 0.3; conv 3x3 4", 30),
        ("conv 3x3 4, relu, dropout 0.2; conv 3x3 4", None),
        ("conv 3x3 4, relu, dropout 0.5; conv 1x1 4", None),
        ("conv 3x3 4; globalavgpool; fc 4, relu, dropout 0.5", None),
        ("conv 3x3 4, batchnorm, relu, dropout 0.5; conv 3x3 4", None),
    ],
)
def test_dropout_between_wide_convolutions_is_told_above_a_fifth(layers, share):
    findings = found(f"input 1x8x8; {layers}; classes 2", "dropout-on-maps")
    assert [finding.measure.value for finding in findings] == ([share] if share else [])


@pytest.mark.parametrize(("share", "fires"), [(0.5, False), (0.6, True)])
def test_half_may_be_dropped(share, fires):
    findings = found(f"input 1x8x8; conv 3x3 4; fc 8, relu, dropout {share}; classes 2", "dropout-above-half")
    assert [finding.op for finding in findings] == (["dropout1"] if fires else [])


@pytest.mark.parametrize(
    ("side", "norm", "fires"),
    [
        (1, "instancenorm", True),
        (2, "instancenorm", False),
        (1, "groupnorm 8", True),
        (1, "groupnorm 4", False),
        (1, "layernorm", False),
        (1, "batchnorm", False),
    ],
)
def test_one_value_is_zero_after_normalisation(side, norm, fires):
    findings = found(f"input 1x{side}x{side}; conv 3x3 8, {norm}; classes 2", "normalisation-of-one-value")
    assert [finding.severity for finding in findings] == (["error"] if fires else [])


@pytest.mark.parametrize(
    ("layers", "severity"),
    [
        ("conv 3x3 4, relu", None),
        ("conv 3x3 4, relu, relu", "note"),
        ("conv 3x3 4, relu; maxpool 2, relu", "note"),
        ("conv 3x3 4, relu; avgpool 2, relu", None),
        ("conv 3x3 4, relu, sigmoid", "warning"),
        ("conv 3x3 4, relu, batchnorm, relu", None),
        ("conv 3x3 4, relu, dropout 0.1, tanh", "warning"),
    ],
)
def test_an_activation_reads_something_else_than_an_activation(layers, severity):
    findings = found(f"input 1x8x8; {layers}; classes 2", "double-activation")
    assert [finding.severity for finding in findings] == ([severity] if severity else [])


def scorer(*tail, outputs=3):
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, outputs), *tail)


@pytest.mark.parametrize(
    ("module", "severity"),
    [
        (scorer(), None),
        (scorer(nn.Softmax(1)), "warning"),
        (scorer(nn.Softmax(1), outputs=1), "error"),
        (scorer(nn.Sigmoid()), "warning"),
        (scorer(nn.ReLU()), "warning"),
        (nn.Sequential(nn.Conv2d(1, 4, 3), nn.Sigmoid()), "warning"),
        (nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()), None),  # features, not scores
        (nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()), None),
    ],
)
def test_scores_leave_the_network_as_they_are(module, severity):
    findings = on(module, (1, 1, 8, 8), "activation-at-the-output")
    assert [finding.severity for finding in findings] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("layers", "value"),
    [
        ("(conv 3x3 4, tanh) x5", None),
        ("(conv 3x3 4, sigmoid) x6", 6),
        ("(conv 3x3 4, tanh) x3; (conv 3x3 4, sigmoid) x4", 7),
        ("(conv 3x3 4, batchnorm, tanh) x6", None),
    ],
)
def test_five_layers_may_saturate(layers, value):
    findings = found(f"input 1x8x8; {layers}; classes 2", "saturating-activations")
    assert [finding.measure.value for finding in findings] == ([value] if value else [])


def test_gates_may_saturate():
    class Gated(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate = nn.Conv2d(4, 4, 1)

        def forward(self, x):
            return x * torch.sigmoid(self.gate(x))

    assert on(nn.Sequential(*(Gated() for _ in range(8))), (1, 4, 8, 8), "saturating-activations") == ()


class Tokens(nn.Module):
    """Patches as a sequence, the sequence first, in front of a layer on features; or channels last and flattened."""

    def __init__(self, *, is_flat):
        super().__init__()
        self.patches, self.is_flat = nn.Conv2d(3, 8, 4, stride=4), is_flat
        self.mark = nn.Parameter(torch.zeros(1, 1, 8))
        self.head = nn.Linear(128 if is_flat else 8, 4)

    def forward(self, x):
        x = self.patches(x)
        if self.is_flat:
            return self.head(x.permute(0, 2, 3, 1).flatten(1))
        x = x.flatten(2).permute(0, 2, 1)
        return self.head(torch.cat([self.mark.expand(len(x), -1, -1), x], 1).transpose(0, 1))[0]


@pytest.mark.parametrize("is_flat", [False, True])
def test_features_are_not_taken_for_places(is_flat):
    assert on(Tokens(is_flat=is_flat), (1, 3, 16, 16), "fixed-size-head") == ()
