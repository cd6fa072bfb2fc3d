"""MEM002: memory peaks in the optimiser, because parameters outweigh activations."""

from __future__ import annotations

from collections.abc import Iterator

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
    What a batch keeps for the backward pass, against the parameters: the table's batch if it is one
    for training, 32 images otherwise. Below the size of the parameters, memory peaks in the step of
    Adam, which needs room for one more copy of them, and not at the end of the forward pass. The
    figure is the activations as a share of the parameters. Limit: 100 %, in networks with at least
    64 MiB of parameters.

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
        """Yield a finding if a batch keeps less than the parameters weigh."""
        conditions = seen.graph.conditions
        batch = conditions.batch if conditions.mode == "train" or conditions.batch > 1 else _BATCH
        kept = seen.cost.total.kept_bytes * batch / conditions.batch
        params = seen.cost.total.params * DTYPE_BYTES[conditions.dtype]
        if params < _SMALLEST_BYTES or kept >= params:
            return
        share = 100 * kept / params
        largest = max(seen.cost.ops, key=lambda name: seen.cost.ops[name].params)
        yield self.finding(
            f"What a batch of {count(batch)} keeps is {percentage(share)} of the parameters, {storage(kept)} against "
            f"{storage(params)}: with Adam, memory peaks in its step.",
            f"Use a fused Adam or SGD, or fewer parameters in {largest}; a smaller batch saves nothing.",
            measure=Measure(value=share, limit=100.0, wrong="below", high=200.0, unit="%"),
            op=largest,
        )
