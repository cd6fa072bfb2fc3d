"""Fields and boxes of 500 random networks with branches equal what gradients of positive weights reach, exactly."""

from collections import Counter

import pytest
import torch

from random_graphs import RandomNet, supports
from striate.analyse import Boxes, receptive_fields
from striate.trace import trace

pytestmark = pytest.mark.reference


def _compared(seed):
    """Compare one random network; return what could be compared: "box", "closed" (the closed form), "table"."""
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

    if field.is_global:
        return {"box"}
    return {"box"} | (_uniform(field, middle, reached) if is_uniform else _irregular(field, middle, reached[0], length))


def _uniform(field, middle, reached):
    """Compare the closed form where the middle is clear of the border: where the pattern around it repeats."""
    if len(reached) == 4:
        return set()
    inner, before, after = reached[0], reached[4], reached[5]
    for pixels, left, right in zip(inner, before, after, strict=True):
        step = right[0] - pixels[0] if right and pixels else 0
        if not step or left != tuple(p - step for p in pixels) or right != tuple(p + step for p in pixels):
            return set()
    for axis, at, pixels, right in zip(field.axes, middle, inner, after, strict=True):
        first, end = axis.span(at)
        mask = axis.phases[at % len(axis.phases)][1]
        assert tuple(first + i for i in range(end - first) if mask >> i & 1) == pixels
        assert axis.repeat_px == right[0] - pixels[0]
        assert axis.repeat_px == axis.stride * len(axis.phases)
    return {"closed"}


def _irregular(field, middle, inner, length):
    """Compare what is told of the middle unit where it is clear of the image's border."""
    if any(not pixels or pixels[0] == 0 or pixels[-1] == length - 1 for pixels in inner):
        return set()
    for axis, at, pixels in zip(field.axes, middle, inner, strict=True):
        if not axis.is_uniform:
            first, mask = axis.phases[at]
            told = tuple(first + i for i in range(mask.bit_length()) if mask >> i & 1)
            assert tuple(pixel for pixel in told if 0 <= pixel < length) == pixels
    return {"table"} if field.axes else set()


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 40, 20))
def test_fields_and_boxes_are_what_gradients_reach(start):
    found = Counter(what for seed in range(start, start + 20) for what in _compared(seed))

    assert found["box"] >= 17
    assert found["closed"] >= 5


@pytest.mark.long
def test_fields_and_boxes_of_500_networks_are_what_gradients_reach():
    found = Counter(what for seed in range(500) for what in _compared(seed))

    assert found["box"] >= 490
    assert found["closed"] >= 200
    assert found["table"] >= 150
