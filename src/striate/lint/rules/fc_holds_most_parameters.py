"""CST001: one fully connected layer holds most of the network."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, before
from striate.graph import size, times
from striate.lint.head import HEAVY_SHARE, flattened, is_large_end, is_narrow_end
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, percentage


@register
class FcHoldsMostParameters(TableRule):
    """A fully connected layer that holds most parameters.

    ## What it looks for
    In a network with convolutions, the fully connected layer with the most parameters, as a
    share of all. What large-final-representation and narrow-final-representation name is left to
    them. Limit: 60 %.

    ## Why it matters
    Such a layer has weights of its own for every place of the map: it ties the network to one
    input size, overfits first, and fills memory with copies for the optimiser. Global average
    pooling needs none of them.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 3x3 16, relu; maxpool 2; fc 64, relu; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 3x3 16, relu; maxpool 2; (conv 3x3 32, relu) x3; globalavgpool;"
        "fc 64, relu; classes 10"
    )
    ```

    ## When to ignore it
    When position matters to the answer, as for centred digits, and memory does not.

    ## Sources
    - Lin, Chen and Yan, "Network In Network", ICLR 2014, section 3.2.
    - Springenberg et al., "Striving for Simplicity", ICLR 2015 workshop.
    """

    code = "CST001"
    name = "fc-holds-most-parameters"
    severity = "note"

    def applies(self, paper: Paper) -> bool:
        """Return whether there is a convolution the share could lie in instead."""
        return bool(paper.convolutions)

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding about the largest fully connected layer."""
        total = seen.cost.total.params
        layers = [op for op in seen.graph if op.kind == "linear" and seen.asks(op)]
        layers = [op for op in layers if not is_large_end(seen, op) and not is_narrow_end(seen, op)]
        held = {op.name: seen.cost.ops[op.name].params for op in layers}
        if not held or not total:
            return
        name = max(held, key=lambda key: held[key])
        share = 100 * held[name] / total
        if share <= HEAVY_SHARE:
            return
        op = seen.ops[name]
        read = flattened(seen, op)
        tie = f" and ties the network to {times(seen.input[2:])} inputs" if read else ""
        if read:
            channels, places = read[1][1], size(read[1][2:])
            left = total - channels * (places - 1) * op.shape[-1]
            todo = f"Put global average pooling before {name}: {count(total)} parameters would become {count(left)}."
        else:
            todo = f"Narrow {name}, or the layer before it."
        yield self.finding(
            f"{name} holds {percentage(share)} of the parameters{tie}.",
            todo,
            measure=Measure(value=share, limit=HEAVY_SHARE, wrong="above", high=100.0, unit="%"),
            op=name,
            cure=Cure(edits=(before(name, "globalavgpool"),)) if read else None,
        )
