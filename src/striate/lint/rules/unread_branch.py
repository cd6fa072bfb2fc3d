"""CST005: work whose result nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.paper import LEARNED, Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed, percentage


@register
class UnreadBranch(TableRule):
    """A branch that nothing reads.

    ## What it looks for
    Learned layers that run, but from which no way leads to an output. The figure is their share of
    all multiply-accumulates. Not asked where the calls depend on data: another run may read it.
    Limit: 0 %.

    ## Why it matters
    The work is done for nothing, and the layers get no gradient: they stay as random as they began.
    As a rule a result was overwritten, or left out of a sum.

    ## Example
    ```python
    import torch
    from torch import nn

    from striate.trace import trace


    class Overwritten(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(3, 8, 3, padding=1)
            self.left = nn.Conv2d(8, 8, 3, padding=1)
            self.right = nn.Conv2d(8, 8, 3, padding=1)
            self.last = nn.Linear(8, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = torch.relu(self.first(x))
            y = self.left(x)
            y = torch.relu(self.right(x))
            return self.last(y.mean((2, 3)))


    trace(Overwritten(), (1, 3, 8, 8)).graph
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn

    from striate.trace import trace


    class Summed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(3, 8, 3, padding=1)
            self.left = nn.Conv2d(8, 8, 3, padding=1)
            self.right = nn.Conv2d(8, 8, 3, padding=1)
            self.last = nn.Linear(8, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = torch.relu(self.first(x))
            y = torch.relu(self.left(x) + self.right(x))
            return self.last(y.mean((2, 3)))


    trace(Summed(), (1, 3, 8, 8)).graph
    ```

    ## When to ignore it
    When the result is stored on the module or leaves the network by another way.

    ## Sources
    - Humbatova et al., "Taxonomy of Real Faults in Deep Learning Systems", ICSE 2020.
    """

    code = "CST005"
    name = "unread-branch"
    severity = "warning"

    def applies(self, paper: Paper) -> bool:
        """Return whether the table holds for every run: what this one left, another may read."""
        return not paper.is_one_run

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding for all such layers."""
        read = set(seen.graph.outputs)
        for op in reversed(seen.graph.ops):
            if op.name in read:
                read.update(op.inputs)
        dead = [op.name for op in seen.graph if op.kind in LEARNED and op.name not in read and seen.asks(op)]
        if not dead:
            return
        total = seen.cost.total.macs
        macs = sum(seen.cost.ops[name].macs for name in dead)
        share = 100 * macs / total if total else 0.0
        yield self.finding(
            f"Nothing reads what {listed(dead)} {'makes' if len(dead) == 1 else 'make'}: {percentage(share)} of the "
            f"work, {count(macs)} MACs.",
            f"Add the result of {dead[-1]} to what is read, or remove it.",
            measure=Measure(value=share, limit=0.0, wrong="above", high=100.0, unit="%"),
            op=dead[0],
        )
