"""SHP001: a window that steps over values."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Edit, Finding, Measure, set_argument
from striate.graph import Op, times
from striate.lint.paper import CONVOLUTIONS, Paper
from striate.lint.reading import other_windows, skipped_share
from striate.lint.rule import TableRule, register
from striate.numbers import listed, percentage


@register
class StrideAboveKernel(TableRule):
    """A stride larger than the kernel.

    ## What it looks for
    A convolution or pooling whose window steps over values that nothing else reads either, be
    it by a stride above its kernel or by stride and dilation falling in step. The figure is the
    share of its input that is never read. Limit: 0 %.

    ## Why it matters
    What lies between the steps was computed and is thrown away unseen; a shift of the image by
    one pixel brings other values to light, so the answer depends on where the object happens to
    lie.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 3x3 8, relu; conv 1x1 16 stride 2, relu;"
        "(conv 3x3 16, relu) x3; globalavgpool;"
        "classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 3x3 8, relu; conv 3x3 16 stride 2, relu;"
        "(conv 3x3 16, relu) x3; globalavgpool;"
        "classes 10"
    )
    ```

    ## When to ignore it
    Where thinning out is the aim, as in a fixed subsampling of an oversampled signal. The 1×1
    shortcuts with stride 2 of residual networks do not count: the other branch reads
    everything.

    ## Sources
    - He et al., "Bag of Tricks for Image Classification", CVPR 2019, section 4.1 (ResNet-D).
    """

    code = "SHP001"
    name = "stride-above-kernel"
    severity = "warning"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the op that skips most."""
        found: list[tuple[float, Op]] = []
        for op in seen.graph:
            window = seen.window(op)
            if window is None or skipped_share(window) == 0 or not seen.is_map(op.name) or not seen.asks(op):
                continue
            windows = other_windows(seen, op)
            if windows is not None:
                found.append((min(skipped_share(other) for _, other in windows), op))
        found = [(share, op) for share, op in found if share > 0]
        if not found:
            return
        share, op = max(found, key=lambda pair: pair[0])
        others = [other.name for _, other in found if other is not op]
        more = f" {listed(others)} skip too." if len(others) > 1 else f" {others[0]} skips too." if others else ""
        kernel, stride = op.attributes["kernel"], op.attributes["stride"]
        dilation = op.attributes["dilation"]
        has_holes = max(stride) <= max(kernel)
        what = f"kernel {times(kernel)}, stride {times(stride)}"
        yield self.finding(
            f"{op.name} never reads {percentage(100 * share)} of its input: "
            f"{what}{f', dilation {times(dilation)}' if has_holes else ''}.{more}",
            f"Use a stride of 1, or a dilation that shares no factor with {max(stride)}."
            if has_holes
            else f"Use a stride of at most {min(kernel)}, or a kernel of at least {max(stride)}.",
            measure=Measure(value=100 * share, limit=0.0, wrong="above", high=100.0, unit="%"),
            op=op.name,
            cure=Cure(edits=tuple(edit for _, other in found for edit in _edits(other))),
        )


def _edits(op: Op) -> list[Edit]:
    """Let the kernel reach from step to step; a convolution's gets a middle, and padding that keeps it."""
    kernel, stride = op.attributes["kernel"], op.attributes["stride"]
    if op.kind in CONVOLUTIONS:
        reaching = tuple(k if k >= s else s + 1 - s % 2 for k, s in zip(kernel, stride, strict=True))
        dilations = [set_argument(op.name, "dilation", None)] if max(op.attributes["dilation"]) > 1 else []
        return [set_argument(op.name, "kernel", reaching), set_argument(op.name, "padding", None), *dilations]
    reaching = tuple(max(k, s) for k, s in zip(kernel, stride, strict=True))
    return [set_argument(op.name, "kernel", reaching)]
