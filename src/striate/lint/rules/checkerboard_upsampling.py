"""SHP010: a transposed convolution whose windows overlap unevenly."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.graph import Op, times
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed


@register
class CheckerboardUpsampling(TableRule):
    """A transposed convolution that writes some places more often than others.

    ## What it looks for
    A transposed convolution with a stride above 1 that does not divide its kernel. The figure is
    how many windows more reach one place than another, along the axis where it is worst. Limit: 0.

    ## Why it matters
    Places that more windows write to get larger values, in a regular pattern: a checkerboard over
    everything the network draws, which training can weaken but seldom removes.

    ## Example
    ```python
    from torch import nn

    from striate.trace import trace

    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 3, 3, stride=2, padding=1, output_padding=1),
    )
    trace(network, (1, 3, 12, 12)).graph
    ```

    ## Use instead
    ```python
    from torch import nn

    from striate.trace import trace

    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(8, 8, 3, padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(8, 3, 4, stride=2, padding=1),
    )
    trace(network, (1, 3, 12, 12)).graph
    ```

    ## When to ignore it
    When the map is not drawn but read by further convolutions that were trained to even it out.

    ## Sources
    - Odena, Dumoulin and Olah, "Deconvolution and Checkerboard Artifacts", Distill 2016.
    """

    code = "SHP010"
    name = "checkerboard-upsampling"
    severity = "warning"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding for all such layers."""
        found = [op for op in seen.convolutions if op.kind == "convtranspose" and _excess(op) and seen.asks(op)]
        if not found:
            return
        op = found[0]
        others = [other.name for other in found[1:]]
        more = f" {listed(others)} {'do' if len(others) > 1 else 'does'} the same." if others else ""
        kernel, stride = op.attributes["kernel"], op.attributes["stride"]
        yield self.finding(
            f"{op.name} writes some places {count(_excess(op))} time more often than others: kernel {times(kernel)}, "
            f"stride {times(stride)}.{more}",
            f"Use a kernel of {count(2 * max(stride))}, a multiple of the stride, or enlarge the map and convolve it.",
            measure=Measure(value=float(_excess(op)), limit=0.0, wrong="above", high=float(max(kernel))),
            op=op.name,
        )


def _excess(op: Op) -> int:
    """Return how many windows more one place gets than another: 1 along an axis where the stride does not divide."""
    pairs = zip(op.attributes["kernel"], op.attributes["stride"], strict=True)
    return max(int(stride > 1 and kernel % stride > 0) for kernel, stride in pairs)
