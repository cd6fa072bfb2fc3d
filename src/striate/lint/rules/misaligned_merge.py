"""RCF003: branches that meet out of place."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.graph import Op
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import figure, listed, plural
from striate.records import Field

_MERGES = frozenset({"add", "mul", "concat"})
_LIMIT = 0.5


@register
class MisalignedMerge(TableRule):
    """Branches that meet out of place.

    ## What it looks for
    A sum, product or concatenation of maps whose units at the same index look at different places:
    the centres of their receptive fields differ, or the branches took different strides. The
    figure is by how many units: of that map, or of the coarser one that an enlarged map was made
    from, whose units count by their mean. Limit: half a unit, as much as pooling with a window of 2
    beside a strided 3×3 convolution, the stem of NASNet, or a map that was halved and enlarged have.

    ## Why it matters
    Where branches meet, their values are taken to speak of the same place. If one of them lies
    beside it, every later layer has to learn the shift, and edges are seen double.

    ## Example
    ```python
    import torch
    from torch import nn

    from striate.trace import trace


    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(8, 8, 3, padding=1)
            self.pool = nn.Sequential(nn.ZeroPad2d((2, 0, 2, 0)), nn.MaxPool2d(3, stride=1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.conv(x) + self.pool(x))


    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), Block(), *head)
    trace(network, (1, 3, 8, 8)).graph
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn

    from striate.trace import trace


    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(8, 8, 3, padding=1)
            self.pool = nn.MaxPool2d(3, stride=1, padding=1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.conv(x) + self.pool(x))


    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 10))
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), Block(), *head)
    trace(network, (1, 3, 8, 8)).graph
    ```

    ## When to ignore it
    Where a shift is the aim.

    ## Sources
    - Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks",
      Distill 2019 (alignment).
    """

    code = "RCF003"
    name = "misaligned-merge"
    severity = "warning"

    def applies(self, paper: Paper) -> bool:
        """Return whether the fields of all branches that meet are known, or some are out of place already."""
        shifts = [_shift(paper, op) for op in paper.graph if op.kind in _MERGES]
        return all(shift is not None for shift in shifts) or any((shift or 0) > _LIMIT for shift in shifts)

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the merge that is furthest out of place."""
        merges = [op for op in seen.graph if op.kind in _MERGES and seen.asks(op)]
        found = [(shift, op) for op in merges if (shift := _shift(seen, op)) is not None and shift > _LIMIT]
        if not found:
            return
        shift, op = max(found, key=lambda pair: pair[0])
        others = [other.name for _, other in found if other is not op]
        more = f" {plural(len(others), 'other merge')} too: {listed(others)}." if others else ""
        yield self.finding(
            f"The branches that meet at {op.name} look at places {figure(shift)} units apart: "
            f"{listed([name for name in dict.fromkeys(op.inputs) if seen.is_map(name)])}.{more}",
            "Use the same padding on both sides of every window in the branches, and odd kernels.",
            measure=Measure(value=shift, limit=_LIMIT, wrong="above", high=max(2.0, shift), unit="units"),
            op=op.name,
        )


def _shift(paper: Paper, op: Op) -> float | None:
    """Return how far apart the centres of what meets are, in units; None if that is not known."""
    if not paper.is_map(op.name) or op.attributes.get("axis", 1) != 1:
        return 0.0
    met = [name for name in dict.fromkeys(op.inputs) if paper.is_map(name)]
    fields = [paper.fields[name] for name in met]
    # Units that differ without a pattern have no centre to compare.
    if not all(field.is_known and all(axis.is_uniform for axis in field.axes) for field in fields):
        return None
    local = [field.axes for field in fields if field.axes]
    if len(local) < 2 or len({len(axes) for axes in local}) > 1:
        return 0.0
    return max(_apart(axis) for axis in zip(*local, strict=True))


def _apart(axis: tuple[Field, ...]) -> float:
    centres = [field.mean_centre_px for field in axis]
    strides = [field.stride for field in axis]
    apart = (max(centres) - min(centres)) / max(field.repeat_px or field.stride for field in axis)
    # Of different steps the units drift apart by one with every index.
    return float(apart + max(strides) / min(strides) - 1)
