"""Fields and boxes of 500 random networks with branches equal what gradients of positive weights reach, exactly."""

from collections import Counter

import pytest
import torch

from random_graphs import RandomNet, supports
from striate.analyse import Boxes, receptive_fields
from striate.trace import trace

pytestmark = pytest.mark.reference


def _compared(seed):
    """Compare one random network; return what could be compared: "box", and "closed" for the closed form."""
    axes, length = 1 + seed % 2, (121, 45)[seed % 2]
    shape = (1, 2, *(length,) * axes)
    net = RandomNet(seed, axes)
    with torch.no_grad():
        net(torch.rand(shape, dtype=torch.float64))
    graph = trace(net.float(), shape).graph
    net.double()
    if graph.outputs[0] in graph.conditions.inputs:
        return {"empty"}
    op = graph.output
    sizes, field = op.shape[2:], receptive_fields(graph)[op.name]
    assert field.is_known
    middle = tuple(size // 2 for size in sizes)
    # Border units, too; and the middle's neighbours one period away, to see whether it is clear of the border.
    units = [middle, (0,) * axes, tuple(size - 1 for size in sizes), tuple(size // 3 for size in sizes)]
    is_uniform = bool(field.axes) and all(axis.is_uniform for axis in field.axes)
    away = [len(axis.phases) if is_uniform else 0 for axis in field.axes]
    if is_uniform and all(step <= at < size - step for step, at, size in zip(away, middle, sizes, strict=True)):
        units += [tuple(at + sign * step for at, step in zip(middle, away, strict=True)) for sign in (-1, 1)]
    reached = supports(net, length, units)

    boxes = Boxes(graph)
    for unit, pixels in zip(units, reached, strict=True):
        assert boxes.read(op.name, unit).get("x", ((),) * axes) == pixels, (seed, unit)

    if field.is_global or len(reached) == 4:
        return {"box"}
    inner, before, after = reached[0], reached[4], reached[5]
    for axis, pixels, left, right in zip(field.axes, inner, before, after, strict=True):
        step = axis.repeat_px
        if left != tuple(p - step for p in pixels) or right != tuple(p + step for p in pixels):
            return {"box"}
    for axis, at, pixels in zip(field.axes, middle, inner, strict=True):
        first, end = axis.span(at)
        mask = axis.phases[at % len(axis.phases)][1]
        assert tuple(first + i for i in range(end - first) if mask >> i & 1) == pixels, seed
    return {"box", "closed"}


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 40, 20))
def test_fields_and_boxes_are_what_gradients_reach(start):
    found = Counter(what for seed in range(start, start + 20) for what in _compared(seed))

    assert found["box"] >= 17
    assert found["closed"] >= 5


@pytest.mark.long
def test_fields_and_boxes_of_500_networks_are_what_gradients_reach():
    found = Counter(what for seed in range(500) for what in _compared(seed))

    assert found["box"] >= 480
    assert found["closed"] >= 180
