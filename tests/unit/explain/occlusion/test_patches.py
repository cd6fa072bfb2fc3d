import numpy as np
import pytest
import torch

from striate.explain.occlusion.patches import Sheet, put

LAYOUTS = [
    ((2,), (1, 3, 9)),
    ((2, 3), (1, 3, 7, 8)),
    ((1, 2), (1, 7, 8, 3)),
    ((3, 4), (1, 2, 3, 6, 5)),
    ((2, 3, 4), (1, 2, 4, 5, 6)),
]


def part(value, axes, start, size):
    for axis, begin, length in zip(axes, start, size, strict=True):
        value = value.narrow(axis, begin, length)
    return value


@pytest.mark.parametrize(("axes", "shape"), LAYOUTS)
def test_boxes_are_cut_where_they_begin(axes, shape):
    value = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    size = (2, 3, 2)[: len(axes)]
    starts = np.array([[0] * len(axes), [1] * len(axes), [shape[axis] - s for axis, s in zip(axes, size, strict=True)]])
    cut = Sheet(value, axes).cut(starts, size)
    for one, start in zip(cut, starts.tolist(), strict=True):
        assert torch.equal(one, part(value, axes, start, size)[0])


@pytest.mark.parametrize(("axes", "shape"), LAYOUTS)
def test_padding_stands_around_the_map(axes, shape):
    padding = ((1, 2), (0, 1), (3, 0))[: len(axes)]
    sheet = Sheet(torch.ones(shape), axes, padding, fill=-7.0)
    lengths = tuple(shape[axis] + sum(pair) for axis, pair in zip(axes, padding, strict=True))
    whole = sheet.cut(np.zeros((1, len(axes)), dtype=np.int64), lengths)
    inner = part(whole, axes, [before for before, _ in padding], [shape[axis] for axis in axes])
    assert (inner == 1).all()
    assert whole.sum() == inner.numel() - 7 * (whole.numel() - inner.numel())


@pytest.mark.parametrize(("axes", "shape"), LAYOUTS)
@pytest.mark.parametrize("spread", [0, 2])
def test_boxes_are_put_where_they_belong_and_cut_at_the_border(axes, shape, spread):
    random = np.random.default_rng(spread)
    maps = torch.randn(4, *shape[1:], generator=torch.Generator().manual_seed(1))
    size = (3, 2, 2)[: len(axes)]
    boxes = torch.randn(_with(maps.shape, axes, size), generator=torch.Generator().manual_seed(2))
    starts = -1 + random.integers(0, spread + 1, (4, len(axes))) * 3
    expected = maps.clone()
    for n, start in enumerate(starts.tolist()):
        for place in np.ndindex(*size):
            there = [begin + at for begin, at in zip(start, place, strict=True)]
            if all(0 <= at < maps.shape[axis] for at, axis in zip(there, axes, strict=True)):
                index, source = [n] + [slice(None)] * (maps.ndim - 1), [n] + [slice(None)] * (maps.ndim - 1)
                for axis, at, own in zip(axes, there, place, strict=True):
                    index[axis], source[axis] = at, own
                expected[tuple(index)] = boxes[tuple(source)]
    into = Sheet(torch.zeros(shape), axes).cut(np.zeros((4, len(axes)), dtype=np.int64), tuple(shape[a] for a in axes))
    into.copy_(maps)
    put(into, boxes, axes, starts)
    assert torch.equal(into, expected)


def _with(shape, axes, size):
    lengths = list(shape)
    for axis, length in zip(axes, size, strict=True):
        lengths[axis] = length
    return lengths
