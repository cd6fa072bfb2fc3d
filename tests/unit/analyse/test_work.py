"""Every way of multiplying has its name."""

import pytest

from striate.analyse.work import work_of
from striate.graph import Op


def op(kind, shape, **attributes):
    return Op(name="op", kind=kind, inputs=("x",), shape=shape, attributes=attributes)


@pytest.mark.parametrize(
    ("row", "source", "expected"),
    [
        (op("conv", (1, 8, 4, 4), kernel=(1, 1), groups=1), (1, 4, 4, 4), "convolution 1×1"),
        (op("conv", (1, 8, 4, 4), kernel=(3, 3), groups=1), (1, 4, 4, 4), "convolution 3×3"),
        (op("conv", (1, 8, 4), kernel=(5,), groups=1), (1, 4, 4), "convolution 5"),
        (op("conv", (1, 8, 4, 4), kernel=(3, 3), groups=4), (1, 4, 4, 4), "depthwise convolution"),
        (op("conv", (1, 8, 4, 4), kernel=(3, 3), groups=2), (1, 4, 4, 4), "grouped convolution"),
        # One channel in one group is an ordinary convolution.
        (op("conv", (1, 8, 4, 4), kernel=(3, 3), groups=1), (1, 1, 4, 4), "convolution 3×3"),
        (op("convtranspose", (1, 8, 4, 4), kernel=(2, 2), groups=1), (1, 4, 2, 2), "transposed convolution"),
        (op("linear", (1, 8)), (1, 4), "fully connected"),
        (op("linear", (1, 49, 8)), (1, 49, 4), "fully connected at every place"),
        (op("matmul", (1, 2, 8, 8)), (1, 2, 8, 4), "matrix product"),
        (op("attention", (1, 2, 8, 8)), (1, 2, 8, 8), "attention"),
        (op("relu", (1, 8)), (1, 8), ""),
    ],
    ids=[
        "1x1",
        "3x3",
        "1-D",
        "depthwise",
        "grouped",
        "one channel",
        "transposed",
        "fc",
        "tokens",
        "product",
        "attention",
        "none",
    ],
)
def test_an_op_is_named_by_how_it_multiplies(row, source, expected):
    assert work_of(row, (source,)) == expected
