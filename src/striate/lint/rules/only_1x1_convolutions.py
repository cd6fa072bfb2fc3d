"""RCF002: nothing looks beyond one pixel."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, set_argument
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, plural


@register
class OnlyOneByOneConvolutions(TableRule):
    """Convolutions that are all 1×1.

    ## What it looks for
    A network on maps whose convolutions all have a kernel of one pixel. Limit: a kernel of 2.

    ## Why it matters
    A 1×1 convolution mixes the channels of one pixel. However many are stacked, none learns
    what neighbours have to do with each other: no edge, no corner, no shape.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x4x4; maxpool 2; (conv 1x1 128, relu) x3; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x4x4; conv 3x3 128, relu; (conv 1x1 128, relu) x2; globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    When each pixel is a sample of its own, as in spectra, or when the input is already a
    feature map.

    ## Sources
    - Lin, Chen and Yan, "Network In Network", ICLR 2014, section 3.1.
    """

    code = "RCF002"
    name = "only-1x1-convolutions"
    severity = "warning"

    def applies(self, paper: Paper) -> bool:
        """Return whether there are convolutions on maps."""
        return any(paper.is_map(op.inputs[0]) for op in paper.convolutions)

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding if no kernel is wider than one pixel."""
        widest = max(max(op.attributes["kernel"]) for op in seen.convolutions)
        if widest > 1:
            return
        total, first = len(seen.convolutions), seen.convolutions[0]
        subject = "The only convolution looks" if total == 1 else f"All {plural(total, 'convolution')} look"
        yield self.finding(
            f"{subject} at {count(widest)} px each.",
            "Use 3×3 kernels in at least one layer before the map is pooled or flattened.",
            measure=Measure(value=float(widest), limit=2.0, wrong="below", high=7.0, unit="px"),
            op=first.name,
            cure=Cure(
                edits=(
                    set_argument(first.name, "kernel", (3,) * len(first.attributes["kernel"])),
                    set_argument(first.name, "padding", None),
                )
            ),
        )
