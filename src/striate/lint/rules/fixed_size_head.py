"""HED001: a head that fixes the size of the input."""

from __future__ import annotations

from collections.abc import Iterator

from striate.analyse import map_lengths
from striate.findings import Cure, Finding, Measure, before
from striate.graph import size, times
from striate.lint.head import HEAVY_SHARE, MANY_VALUES, flattened
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count

_POOLS = frozenset({"globalavgpool", "globalmaxpool"})
_FAR_PX = 64


@register
class FixedSizeHead(TableRule):
    """A fully connected layer that fixes the input size.

    ## What it looks for
    A fully connected layer that reads a map of more than one place, flattened, where nothing pools
    it to a fixed grid before. The figure is the places of that map. Limit: 1. Where the layer also
    holds most parameters, fc-holds-most-parameters says so; where the vector is huge,
    large-final-representation does.

    ## Why it matters
    Such a layer has weights for every place, so another input size does not fit: "mat1 and mat2
    shapes cannot be multiplied" is the commonest error of all. Global pooling, or the layer written
    as a convolution, lets the network run on any size.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; (conv 3x3 16, relu; maxpool 2) x2; conv 3x3 32, relu; conv 3x3 16, relu;"
        "classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; (conv 3x3 16, relu; maxpool 2) x2; (conv 3x3 32, relu) x2;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    When all inputs have one size, and where in the image something stands matters to the answer.

    ## Sources
    - Long, Shelhamer and Darrell, "Fully Convolutional Networks for Semantic Segmentation", CVPR
      2015, section 3.
    - Lin, Chen and Yan, "Network In Network", ICLR 2014, section 3.2.
    """

    code = "HED001"
    name = "fixed-size-head"
    severity = "note"

    def applies(self, paper: Paper) -> bool:
        """Return whether there are maps to be flattened."""
        return bool(paper.convolutions)

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding about the first such layer."""
        heads = ((op, flattened(seen, op)) for op in seen.graph if seen.asks(op))
        op, read = next(((op, read) for op, read in heads if read is not None), (None, None))
        if op is None or read is None:
            return
        name, shape = read
        source = seen.ops.get(name)
        share = 100 * seen.cost.ops[op.name].params / max(seen.cost.total.params, 1)
        is_told = share > HEAVY_SHARE or size(shape[1:]) > MANY_VALUES
        if is_told or (source is not None and source.kind in _POOLS):
            return
        places = size(shape[2:])
        fit = [_fitting(seen, name, axis) for axis in range(len(shape) - 2)]
        takes = f"inputs of {'×'.join(fit)}" if all(fit) else "few other inputs"
        yield self.finding(
            f"{op.name} has weights for each of the {count(places)} places of {name}, {times(shape[2:])}: the network "
            f"takes {takes} only.",
            f"Put global average pooling before {op.name}, or write it as a convolution of {times(shape[2:])}.",
            measure=Measure(
                value=float(places), limit=1.0, wrong="above", low=1.0, high=float(max(64, places)), unit="places"
            ),
            op=op.name,
            cure=Cure(edits=(before(op.name, "globalavgpool"),)),
        )


def _fitting(paper: Paper, name: str, axis: int) -> str:
    """Return the sides of the input, at most 64 px away, for which a map keeps its length; "" if no rule tells."""
    side = paper.input[2 + axis]
    tried = range(max(1, side - _FAR_PX), side + _FAR_PX + 1)
    lengths = dict(zip(tried, map_lengths(paper.graph, name, axis, tried), strict=False))
    if lengths.get(side) != paper.shapes[name][2 + axis]:
        return ""
    first = last = side
    while lengths.get(first - 1) == lengths[side]:
        first -= 1
    while lengths.get(last + 1) == lengths[side]:
        last += 1
    return f"{count(first)}…{count(last)}" if first < last else count(first)
