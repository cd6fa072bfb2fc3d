"""SHP004: a large step late in the network."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, set_argument
from striate.graph import times
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.lint.steps import late_limit, late_strides
from striate.numbers import count


@register
class LateLargeStride(TableRule):
    """A large stride late in the network.

    ## What it looks for
    A convolution or pooling with a stride above 2 (above 4 for one axis of space), when at
    least half of the convolutions, and two of them, stand before it and a map comes out. A
    window that covers the whole map is a global pooling and does not count.

    ## Why it matters
    In the first layers neighbours say nearly the same, and much can be dropped. Late maps are
    small and each place says something of its own: a large step throws away what the network
    worked for.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; (conv 3x3 32, relu) x2; maxpool 2; (conv 3x3 64, relu) x2;"
        "conv 5x5 128 stride 3, relu; (conv 3x3 128, relu) x2; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; conv 5x5 32 stride 2, relu; conv 3x3 32, relu; maxpool 2;"
        "(conv 3x3 64, relu) x2;"
        "maxpool 2; (conv 3x3 128, relu) x2; globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    With very large inputs whose last maps are still large, and where a fixed small output is
    wanted.

    ## Sources
    - He and Sun, "Convolutional Neural Networks at Constrained Time Cost", CVPR 2015, section
      3.4.
    - Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016, principle 1.
    """

    code = "SHP004"
    name = "late-large-stride"
    severity = "warning"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the largest of the late strides."""
        late = {name: stride for name, stride in late_strides(seen).items() if seen.asks(seen.ops[name])}
        if not late:
            return
        name = max(late, key=lambda key: late[key])
        op, stride, limit = seen.ops[name], late[name], late_limit(seen)
        yield self.finding(
            f"{op.name} steps by {count(stride)} px late in the network: "
            f"{times(seen.read_by(op)[2:])} becomes {times(op.shape[2:])}.",
            f"Use a stride of at most {limit} here, and reduce in the first layers instead.",
            measure=Measure(
                value=float(stride),
                limit=float(limit),
                wrong="above",
                high=float(max(8, stride)),
                unit="px",
            ),
            op=op.name,
            cure=Cure(
                edits=(set_argument(op.name, "stride", tuple(min(step, limit) for step in op.attributes["stride"])),),
            ),
        )
