"""CST004: parameters that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed, plural


@register
class UnusedParameters(TableRule):
    """Parameters that no operation reads.

    ## What it looks for
    Parameters of the module that took no part in the run: of layers that were built and never
    called. In a table for evaluation, heads whose name begins with "aux" do not count: they are for
    training. Not asked where the calls depend on data: another run may take another branch.
    Limit: none at all.

    ## Why it matters
    They get no gradient, yet weigh on files and memory, are moved by weight decay, and make
    distributed training stop and complain. As a rule a line is missing in `forward`.

    ## Example
    ```python
    import torch
    from torch import nn

    from striate.trace import trace


    class Forgetful(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(3, 8, 3, padding=1)
            self.second = nn.Conv2d(8, 8, 3, padding=1)
            self.last = nn.Linear(8, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(torch.relu(self.first(x)).mean((2, 3)))


    trace(Forgetful(), (1, 3, 6, 6)).graph
    ```

    ## Use instead
    ```python
    import torch
    from torch import nn

    from striate.trace import trace


    class Complete(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv2d(3, 8, 3, padding=1)
            self.second = nn.Conv2d(8, 8, 3, padding=1)
            self.last = nn.Linear(8, 10)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = torch.relu(self.second(torch.relu(self.first(x))))
            return self.last(x.mean((2, 3)))


    trace(Complete(), (1, 3, 8, 8)).graph
    ```

    ## When to ignore it
    When another path through the network, for other inputs or for training, reads them.

    ## Sources
    - PyTorch documentation, "DistributedDataParallel", 2024 (find_unused_parameters).
    """

    code = "CST004"
    name = "unused-parameters"
    severity = "warning"

    def applies(self, paper: Paper) -> bool:
        """Return whether the table holds for every run: what this one left, another may read."""
        return not paper.is_one_run

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding for all of them."""
        is_training = seen.graph.conditions.mode == "train"
        idle = {key: number for key, number in seen.graph.idle if is_training or not _is_auxiliary(key)}
        if not idle:
            return
        layers = list(dict.fromkeys(key.rpartition(".")[0] or key for key in idle))
        total = sum(idle.values())
        yield self.finding(
            f"{plural(total, 'parameter')} of {count(seen.cost.total.params)} took no part in the run: "
            f"{listed(layers)}.",
            f"Put {layers[0]} into the forward pass, or remove it.",
            measure=Measure(
                value=float(total), limit=0.0, wrong="above", high=float(seen.cost.total.params), unit="parameters"
            ),
            op="",
        )


def _is_auxiliary(key: str) -> bool:
    return any(part.lower().startswith("aux") for part in key.split("."))
