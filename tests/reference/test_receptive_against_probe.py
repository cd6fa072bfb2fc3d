"""Receptive fields on paper equal what gradients reach, exactly."""

import random

import pytest
import torch
from torch import nn

from striate.analyse import boxes, receptive_fields
from striate.blueprint import Blueprint
from striate.nets import build

pytestmark = pytest.mark.reference


def _probe(plan, name, index):
    """Pixels of a 1-D input whose change moves one unit, with positive weights so that nothing cancels."""
    module = build(plan).double().eval()
    for child in module.modules():
        if isinstance(child, nn.Conv1d):
            nn.init.constant_(child.weight, 1.0)
    x = torch.ones(1, *plan.input, dtype=torch.float64, requires_grad=True)
    value = x
    for child_name, child in module.named_children():
        value = child(value)
        if child_name == name:
            break
    value[0, 0, index].backward()
    reached = x.grad[0].abs().sum(0).nonzero().flatten().tolist()
    return min(reached), max(reached) + 1


def _random_text(seed):
    draw = random.Random(seed)
    layers = []
    for _ in range(draw.randint(1, 5)):
        if draw.random() < 0.65:
            kernel, stride, dilation = (
                draw.choice([1, 3, 5]),
                draw.choice([1, 1, 2, 3]),
                draw.choice([1, 1, 2]),
            )
            padding = draw.choice([0, 1, 2])
            layers.append(f"conv {kernel} 2 stride {stride} padding {padding} dilation {dilation} bias off")
        else:
            layers.append(f"avgpool {draw.choice([2, 3])} stride {draw.choice([1, 2])}")
    return f"input 1x301; {'; '.join(layers)}; classes 2"


@pytest.mark.parametrize("seed", range(60))
def test_the_box_of_a_middle_unit_is_exactly_what_a_gradient_reaches(seed):
    plan = Blueprint.from_text(_random_text(seed))
    graph = plan.graph()
    op = [op for op in graph if len(op.shape) == 3][-1]
    middle = op.shape[2] // 2

    (box,) = boxes(receptive_fields(graph)[op.name], (middle,))

    assert _probe(plan, op.name, middle) == box


def test_published_fields_come_out():
    # Araujo et al. 2019: AlexNet (their padding) 195 px, stride 32; VGG-16 212 px, stride 32, padding 90.
    vgg = (
        "input 3x224x224; (conv 3 64, relu) x2; maxpool 2; (conv 3 128, relu) x2; maxpool 2; (conv 3 256, relu) x3; "
        "maxpool 2; (conv 3 512, relu) x3; maxpool 2; (conv 3 512, relu) x3; maxpool 2; classes 1000"
    )
    field = receptive_fields(Blueprint.from_text(vgg).graph())["maxpool5"].axes[0]
    assert (field.size_px, field.stride, field.padding_px) == (212, 32, 90)

    alexnet = (
        "input 3x224x224; conv 11 64 stride 4 padding 2, relu; maxpool 3 stride 2; conv 5 192 padding 2, relu; "
        "maxpool 3 stride 2; conv 3 384, relu; conv 3 256, relu; conv 3 256, relu; maxpool 3 stride 2; classes 1000"
    )
    field = receptive_fields(Blueprint.from_text(alexnet).graph())["maxpool3"].axes[0]
    assert (field.size_px, field.stride, field.padding_px) == (195, 32, 66)
