"""Sizes by arithmetic are those torch gives on real tensors, and what does not fit is refused in torch's words."""

import pytest
import torch

from striate.trace import quick
from striate.trace.hollow import FakeTensors, MetaTensors, NotPlain
from striate.trace.quick import Quick

aten = torch.ops.aten
CALLS = [
    (aten.conv1d.default, (2, 4, 11), (6, 4, 3), (6,), [2], [1], [2], 1),
    (aten.conv2d.default, (1, 4, 9, 8), (8, 2, 3, 2), None, [2, 1], [1, 0], [1, 2], 2),
    (aten.conv2d.default, (1, 4, 9, 8), (8, 4, 3, 3)),
    (aten.conv2d.default, (1, 4, 9, 8), (8, 4, 3, 3), None, [3], [2]),
    (aten.conv3d.default, (1, 2, 5, 6, 7), (3, 2, 1, 2, 3), (3,), [1, 1, 1], [0, 1, 0]),
    (aten.batch_norm.default, (2, 3, 4), (3,), (3,), (3,), (3,), True, 0.1, 1e-5, False),
    (aten.batch_norm.default, (2, 3), None, None, (3,), (3,), False, 0.1, 1e-5, False),
    (aten.linear.default, (2, 5, 4), (3, 4), (3,)),
    (aten.add.Tensor, (2, 3, 4, 4), (2, 3, 1, 1)),
    (aten.mul.Tensor, (2, 1, 4), (2, 3, 1)),
    (aten.mul.Tensor, (2, 3), 2.5),
    (aten.cat.default, [(2, 3, 4), (2, 5, 4)], 1),
    (aten.cat.default, [(2, 3), (1, 3)]),
    (aten.cat.default, [(2, 3), (2, 1)], -1),
    (aten.adaptive_avg_pool2d.default, (2, 3, 7, 5), [2, 1]),
    (aten.max_pool1d.default, (2, 3, 9), [2]),
    (aten.max_pool2d.default, (2, 3, 9, 7), [3, 2], [2, 1], [1, 0], [2, 1]),
    (aten.max_pool2d.default, (2, 3, 9, 7), [3], [], [1]),
    (aten.max_pool3d.default, (1, 3, 4, 9, 7), [2, 3, 3], [2]),
    (aten.avg_pool1d.default, (2, 3, 9), [4], [3], [2]),
    (aten.avg_pool2d.default, (2, 3, 9, 7), [3, 2], [2], [1], False, False),
    (aten.avg_pool3d.default, (1, 3, 4, 9, 7), [2, 3, 3]),
    (aten.sub.Tensor, (2, 3), 1),
    (aten.div.Tensor, (2, 3), (2, 1)),
    (aten.mean.dim, (2, 3, 4, 5), [2, -1]),
    (aten.mean.dim, (2, 3, 4, 5), [1], True),
    (aten.sum.dim_IntList, (2, 3, 4), [0, 2]),
    (aten.amax.default, (2, 3, 4), [-1]),
    (aten.group_norm.default, (2, 6, 4), 3, (6,), (6,)),
    (aten.layer_norm.default, (2, 6, 4), [6, 4], (6, 4), (6, 4)),
    (aten.layer_norm.default, (2, 6, 4), [4]),
    (aten.prelu.default, (2, 3, 4), (3,)),
    (aten.prelu.default, (2, 3, 4), (1,)),
    (aten.softplus.default, (2, 3)),
    (aten.softmax.int, (2, 3), -1),
    (aten.log_softmax.int, (2, 3, 4), 1),
    (aten.gelu.default, (2, 3)),
    (aten.relu_.default, (2, 3)),
    (aten.hardtanh.default, (2, 3), 0.0, 6.0),
]
REFUSED = [
    (aten.conv2d.default, (1, 3, 9, 9), (8, 4, 3, 3)),
    (aten.conv2d.default, (1, 4, 2, 2), (8, 4, 3, 3)),
    (aten.conv2d.default, (1, 4, 9, 9), (8, 4, 3, 3), (7,)),
    (aten.conv2d.default, (1, 4, 9, 9), (8, 4, 3, 3), None, [0]),
    (aten.conv2d.default, (1, 4, 9, 9), (8, 4, 3, 3), None, [1], [-1]),
    (aten.conv2d.default, (1, 4, 9, 9), (9, 2, 3, 3), None, [1], [0], [1], 2),
    (aten.max_pool2d.default, (2, 3, 9, 7), [3], [1], [2]),
    (aten.max_pool2d.default, (2, 3, 2, 7), [3]),
    (aten.max_pool2d.default, (2, 3, 9, 7), [3, 3, 3]),
    (aten.max_pool3d.default, (2, 3, 9), [2]),
    (aten.avg_pool2d.default, (2, 3, 9, 7), [3], [-1]),
    (aten.mean.dim, (2, 3), [2]),
    (aten.mean.dim, (2, 3), [0, 0]),
    (aten.group_norm.default, (2, 6, 4), 4),
    (aten.group_norm.default, (2, 6, 4), 3, (5,)),
    (aten.layer_norm.default, (2, 6, 4), [6]),
    (aten.layer_norm.default, (2, 6, 4), [4], (6,)),
    (aten.prelu.default, (2, 3, 4), (2,)),
    (aten.linear.default, (2, 5), (3, 4)),
    (aten.linear.default, (2, 4), (3, 4), (2,)),
    (aten.cat.default, [(2, 3), (2, 4)]),
    (aten.add.Tensor, (2, 3), (2, 4)),
    (aten.add_.Tensor, (2, 1), (2, 3)),
    (aten.cat.default, [(2, 3), (3, 4)], 1),
    (aten.cat.default, [(2, 3), (2, 3)], 2),
    (aten.batch_norm.default, (2, 4, 4), (3,), (3,), (3,), (3,), False, 0.1, 1e-5, False),
]


def made(argument):
    if isinstance(argument, tuple):
        return torch.rand(argument)
    if isinstance(argument, list) and argument and isinstance(argument[0], tuple):
        return [torch.rand(shape) for shape in argument]
    return argument


def hollowed(argument, hollow):
    if isinstance(argument, list):
        return [hollowed(part, hollow) for part in argument]
    return hollow.twin(argument) if isinstance(argument, torch.Tensor) else argument


def names(calls):
    return [f"{call[0].overloadpacket.__name__}-{i}" for i, call in enumerate(calls)]


@pytest.mark.parametrize("kind", [FakeTensors, MetaTensors])
@pytest.mark.parametrize("call", CALLS, ids=names(CALLS))
def test_sizes_are_those_of_the_real_call(call, kind, monkeypatch):
    func, *described = call
    args = [made(argument) for argument in described]
    expected = func(*args)
    hollow = kind()
    # Nothing may be left to torch here, or the rules would not be tested.
    asked = []
    monkeypatch.setattr(hollow, "run", lambda func, *_: asked.append(func))
    given = [hollowed(argument, hollow) for argument in args]
    found = Quick(hollow)(func, given, {})
    assert asked == []
    assert (found.shape, found.dtype, found.stride()) == (expected.shape, expected.dtype, expected.stride())
    assert hollow.is_own(found)
    assert kind is MetaTensors or found.device == expected.device
    assert (found is given[0]) == (expected is args[0])


@pytest.mark.parametrize("kind", [FakeTensors, MetaTensors])
@pytest.mark.parametrize("call", REFUSED, ids=names(REFUSED))
def test_what_torch_refuses_is_left_to_torch(call, kind):
    func, *described = call
    args = [made(argument) for argument in described]
    with pytest.raises((RuntimeError, ValueError, IndexError)):
        func(*args)
    hollow = kind()
    given = [hollowed(argument, hollow) for argument in args]
    assert quick._rule(func)(given) is None or func is aten.add_.Tensor
    with pytest.raises((RuntimeError, ValueError, IndexError, NotPlain)), hollow.running():
        Quick(hollow)(func, given, {})


@pytest.mark.parametrize(
    "change",
    [
        lambda x: x.to(torch.int64),
        lambda x: x.permute(0, 2, 3, 1),
        lambda x: x.contiguous(memory_format=torch.channels_last),
    ],
    ids=["whole numbers", "permuted", "channels last"],
)
def test_anything_out_of_the_ordinary_goes_to_torch(change):
    given = change(torch.ones(2, 3, 4, 5))
    hollow = FakeTensors()
    found = Quick(hollow)(aten.sigmoid.default, [hollow.twin(given)], {})
    expected = given.sigmoid()
    assert (found.shape, found.dtype, found.stride()) == (expected.shape, expected.dtype, expected.stride())


@pytest.mark.parametrize(
    ("func", "kwargs"),
    [
        (aten.exp.out, {"out": torch.empty(0)}),
        (aten.gelu.default, {"approximate": "nothing"}),
        (aten.sum.dim_IntList, {"dtype": torch.int64}),
    ],
)
def test_named_arguments_are_left_to_torch(func, kwargs, monkeypatch):
    hollow, asked = MetaTensors(), []
    monkeypatch.setattr(hollow, "run", lambda func, *_: asked.append(func))
    Quick(hollow)(func, [hollow.twin(torch.rand(2, 3))] + [[1]] * (func is aten.sum.dim_IntList), kwargs)
    assert asked == [func]


def test_types_that_differ_are_left_to_torch():
    hollow = FakeTensors()
    given = [hollow.twin(torch.ones(2, dtype=dtype)) for dtype in (torch.float32, torch.float64)]
    assert Quick(hollow)(aten.add.Tensor, given, {}).dtype == torch.float64
