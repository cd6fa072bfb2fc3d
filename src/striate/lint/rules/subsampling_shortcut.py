"""SHP012: a shortcut that reads one pixel of four."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.paper import CONVOLUTIONS, Paper
from striate.lint.reading import other_windows, skipped_share
from striate.lint.rule import TableRule, register
from striate.numbers import listed, percentage, plural


@register
class SubsamplingShortcut(TableRule):
    """A strided 1×1 shortcut.

    ## What it looks for
    A convolution whose stride steps over values, beside another branch that reads them: the 1×1
    shortcut with stride 2 of residual networks. The figure is the share of its input that it never
    reads. Limit: 0 %.

    ## Why it matters
    The shortcut is there to pass everything on, and passes on one pixel of four. Pooling 2×2
    before a 1×1 convolution with stride 1 passes on all of them at almost no cost, and was measured
    to be more accurate.

    ## Example
    ```python
    import torch
    from torch import nn

    from striate.trace import trace


    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.long = nn.Conv2d(16, 32, 3, stride=2, padding=1)
            self.short = nn.Conv2d(16, 32, 1, stride=2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.long(x) + self.short(x))


    head = (nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
    network = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), Block(), *head)
    trace(network, (1, 3, 16, 16)).graph
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn

    from striate.trace import trace


    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.long = nn.Conv2d(16, 32, 3, stride=2, padding=1)
            self.short = nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(16, 32, 1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.long(x) + self.short(x))


    head = (nn.Conv2d(32, 32, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(32, 10))
    network = nn.Sequential(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), Block(), *head)
    trace(network, (1, 3, 16, 16)).graph
    ```

    ## When to ignore it
    With pretrained weights, in networks that are compared with published ones, and in those whose
    branches are folded into one convolution for use (RepVGG, MobileOne).

    ## Sources
    - He et al., "Bag of Tricks for Image Classification", CVPR 2019, section 4.1 (ResNet-D).
    """

    code = "SHP012"
    name = "subsampling-shortcut"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding for all such shortcuts."""
        found = []
        for op in seen.graph:
            window = seen.window(op) if op.kind in CONVOLUTIONS else None
            if window is None or skipped_share(window) == 0 or not seen.is_map(op.name) or not seen.asks(op):
                continue
            beside = other_windows(seen, op)
            # Alone it is stride-above-kernel that speaks.
            if beside is None or min(skipped_share(other) for _, other in beside) == 0:
                found.append((100 * skipped_share(window), op))
        if not found:
            return
        share, op = max(found, key=lambda pair: pair[0])
        others = [other.name for _, other in found if other is not op]
        more = f" {plural(len(others), 'other')} too: {listed(others)}." if others else ""
        yield self.finding(
            f"{op.name} never reads {percentage(share)} of its input.{more}",
            f"Put average pooling of {max(op.attributes['stride'])} before {op.name}, and give it a stride of 1.",
            measure=Measure(value=share, limit=0.0, wrong="above", high=100.0, unit="%"),
            op=op.name,
        )
