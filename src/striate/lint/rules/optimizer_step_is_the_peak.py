"""MEM002: memory peaks in the optimiser, because parameters outweigh activations."""

from __future__ import annotations

from collections.abc import Iterator

from striate.analyse import memory_ledger
from striate.findings import Finding, Measure
from striate.graph import DTYPE_BYTES
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, percentage, storage

_BATCH = 32
_SMALLEST_BYTES = 64 * 2**20


@register
class OptimizerStepIsThePeak(TableRule):
    """Parameters that outweigh all activations.

    ## What it looks for
    When a training step with Adam holds most, by the memory ledger: the table's batch if it is one for
    training, 32 images otherwise. If that is in the optimiser, and not at the end of the forward
    pass, the batch is not what fills the memory. The figure is what the batch keeps for the backward
    pass, as a share of the gradients and temporaries that the optimiser holds in its step. Limit:
    100 %, in networks with at least 64 MiB of parameters.

    ## Why it matters
    Adam holds four copies of every parameter: itself, its gradient and two means. Where these are
    the peak, smaller batches save nothing; a smaller head, a fused step or SGD does.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 64, relu; maxpool 2; conv 3x3 128, relu; maxpool 2;"
        "conv 3x3 512, relu; (conv 3x3 1024, relu) x3; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 64, relu; maxpool 2; conv 3x3 128, relu; maxpool 2;"
        "(conv 3x3 256, relu) x3; globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    With batches far larger than the one that is told, or an optimiser without state.

    ## Sources
    - Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015, algorithm 1.
    - Rajbhandari et al., "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models", SC
      2020, section 3.
    """

    code = "MEM002"
    name = "optimizer-step-is-the-peak"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding if memory peaks in the optimiser."""
        conditions = seen.graph.conditions
        batch = conditions.batch if conditions.mode == "train" or conditions.batch > 1 else _BATCH
        if seen.cost.total.params * DTYPE_BYTES[conditions.dtype] < _SMALLEST_BYTES:
            return
        ledger = memory_ledger(seen.graph, optimizer="adam", batch=batch)
        if ledger.when != "optimizer":
            return
        step_bytes = ledger.at_peak["gradients"] + ledger.at_peak["transient"]
        share = 100 * ledger.saved_bytes / step_bytes
        largest = max(seen.cost.ops, key=lambda name: seen.cost.ops[name].params)
        yield self.finding(
            f"With a batch of {count(batch)}, memory peaks in the step of Adam, at {storage(ledger.peak_bytes)}: the batch "
            f"keeps {percentage(share)} of the {storage(step_bytes)} that gradients and temporaries take there.",
            f"Use a fused Adam or SGD, or fewer parameters in {largest}; a smaller batch saves nothing.",
            measure=Measure(value=share, limit=100.0, wrong="below", high=200.0, unit="%"),
            op=largest,
        )
