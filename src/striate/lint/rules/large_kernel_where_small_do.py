"""CST002: a large dense kernel inside the network."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from striate.findings import Cure, Finding, Measure, replaced
from striate.graph import Op, times
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count


@register
class LargeKernelWhereSmallDo(TableRule):
    """A large kernel where small ones would do.

    ## What it looks for
    A dense convolution of 7×7 or more after the first convolution, on a map, where layers of
    3×3 that see as far need fewer weights. Depthwise and grouped convolutions, long thin
    kernels, and signals (where small kernels save nothing) do not count. Limit: a side of 5.

    ## Why it matters
    Three layers of 3×3 see as far as one of 7×7 with 27 instead of 49 weights for each pair of
    channels, and have two more activations between them.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 16, relu; maxpool 2; conv 7x7 16, relu; globalavgpool;"
        "classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 16, relu; maxpool 2; (conv 3x3 16, relu) x3;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    Where a wide field in one step is the aim and was measured to pay.

    ## Sources
    - Simonyan and Zisserman, "Very Deep Convolutional Networks", ICLR 2015, section 2.3.
    """

    code = "CST002"
    name = "large-kernel-where-small-do"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the largest such kernel."""
        large = [op for op in seen.convolutions[1:] if seen.is_map(op.name) and _small_do(op) and seen.asks(op)]
        if not large:
            return
        op = max(large, key=lambda conv: prod(conv.attributes["kernel"]))
        kernel = op.attributes["kernel"]
        layers = _layers(kernel)
        yield self.finding(
            f"{op.name} has a kernel of {times(kernel)}: {count(layers)} layers of "
            f"{times((3,) * len(kernel))} see as far with {count(layers * 3 ** len(kernel))} "
            "instead "
            f"of {count(prod(kernel))} weights for each pair of channels.",
            f"Replace {op.name} by {count(layers)} layers of {times((3,) * len(kernel))}, each with its activation.",
            measure=Measure(
                value=float(max(kernel)),
                limit=5.0,
                wrong="above",
                low=1.0,
                high=float(max(11, *kernel)),
                unit="px",
            ),
            op=op.name,
            cure=_cure(op, layers),
        )


def _cure(op: Op, layers: int) -> Cure:
    """Return the small layers; the last one takes the step, so that they see exactly as far."""
    attributes = op.attributes
    options = ["" if attributes["bias"] else " bias off"]
    if max(attributes["dilation"]) > 1:
        options.insert(0, f" dilation {'x'.join(map(str, attributes['dilation']))}")
    small = f"conv {'x'.join('3' * len(attributes['kernel']))} {attributes['width']}"
    step = f" stride {'x'.join(map(str, attributes['stride']))}" if max(attributes["stride"]) > 1 else ""
    rest = "".join(options)
    return Cure(edits=(replaced(op.name, [*[small + rest] * (layers - 1), small + step + rest]),))


def _layers(kernel: tuple[int, ...]) -> int:
    return max(kernel) // 2


def _small_do(op: Op) -> bool:
    kernel = op.attributes["kernel"]
    is_large = op.kind == "conv" and op.attributes["groups"] == 1 and min(kernel) > 5
    return is_large and _layers(kernel) * 3 ** len(kernel) < prod(kernel)
