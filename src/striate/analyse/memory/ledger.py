"""What a training step holds in memory, op by op, and when it is most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from striate.analyse.memory.batches import at_batch
from striate.analyse.memory.blocks import blocks, spans
from striate.analyse.memory.half import in_half
from striate.analyse.memory.heap import PURPOSES, Heap
from striate.analyse.memory.optimizers import check_optimizer, state_bytes, temporary_bytes
from striate.analyse.memory.step import Step
from striate.analyse.memory.storage import parameters, rows
from striate.errors import InputError
from striate.graph import Graph
from striate.records.ledger import MemoryLedger

_MOST = 2**20


def memory_ledger(
    graph: Graph,
    *,
    optimizer: str = "adam",
    implementation: str = "for-loop",
    precision: str = "full",
    checkpoint: Sequence[str] | Literal["blocks"] = (),
    training: bool = True,
    batch: int | None = None,
) -> MemoryLedger:
    """Return what one step holds in memory and when that is most, without running anything.

    The step is replayed over the table: gradients set to None, forward pass, a cross-entropy on every output, backward
    pass with each value given back after its last use and each gradient added where it can be, the optimiser's update.
    It is a step after the first, so that the optimiser has its state.

    Args:
        graph: A table. For a step, of the train mode where the network then does more (side heads, stochastic depth); a
            table of the eval mode counts dropout as if it were on.
        optimizer: "sgd", "momentum" (SGD with it), "adam", "adamw" or "rmsprop", with torch's other defaults.
        implementation: "for-loop" is what torch takes on a CPU, "foreach" on a GPU; "fused" must be asked for.
        precision: "full" (as the table says), or "mixed": products in bfloat16, as `torch.autocast` has it on a CPU, with
            half copies of the weights.
        checkpoint: Module paths, each wrapped into `torch.utils.checkpoint` (not reentrant); or "blocks" for the
            network's blocks as `blocks` finds them.
        training: False for a forward pass in eval mode without gradients.
        batch: Another batch than the table's.

    Returns:
        The ledger, in bytes.

    Raises:
        InputError: Unknown optimiser, implementation or precision; a path that is no module of the table.

    When it misleads:
        What kernels take for themselves while they run is not included, as no table can see it. Over real Adam steps of
        16 networks at batch 8 on a CPU (torch 2.14, 1 thread) the allocator's peak was 0.0 to 1.0 % higher for 14, 2.3 %
        for ConvNeXt (29 MB) and 3.5 % for HRNet-W18-small (19 MB, the size of its last convolution's weights). A GPU's
        caching allocator rounds up and cuDNN takes workspace. A value counts as held until the module it was handed to
        returns, else until its last reader; a list or a variable that holds it longer is not seen, which matters without
        gradients only: the forward pass of DenseNet is told up to 5 % too low, that of functional code 29 to 32 % in
        three small networks (in `x = relu(self.conv(x))` the old `x` lives until the new one is bound). A part run under
        `torch.no_grad()` counts as if it were trained.

    Source:
        `torch/csrc/autograd` for what is added in place and what is shared; `derivatives.yaml` for what is kept;
        `torch/optim`. Checked against a dispatch mode that follows every storage.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 1x4x4; fc 3; classes 2").graph(batch=2, mode="train")
        >>> ledger = memory_ledger(graph)
        >>> ledger.parameters_bytes, ledger.optimizer_bytes, ledger.when   # 4·(51 + 8); two moments, four counters
        (236, 488, 'optimizer')
    """
    check_optimizer(optimizer, implementation)
    if precision not in ("full", "mixed"):
        raise InputError("precision must be full or mixed", got=precision)
    if batch is not None:
        graph = at_batch(graph, batch)
    paths = blocks(graph) if checkpoint == "blocks" else tuple(checkpoint)
    run = in_half(graph) if precision == "mixed" else graph
    known = parameters(graph)
    trained = {key: size_bytes for key, (size_bytes, is_trained) in known.items() if is_trained and training}
    # Parameters no op reads never get a gradient.
    idle_bytes = 4 * sum(count for _, count in graph.idle) if graph.idle_bytes is None else graph.idle_bytes
    fixed = {
        "parameters": idle_bytes + sum(size_bytes for size_bytes, _ in known.values()),
        "buffers": 4 * graph.buffers if graph.buffer_bytes is None else graph.buffer_bytes,
        "optimizer": state_bytes(optimizer, list(trained.values())),
        "input": sum(map(graph.conditions.input_bytes, graph.conditions.inputs)),
    }
    heap = Heap()
    for purpose, size_bytes in fixed.items():
        heap.hold(PURPOSES.index(purpose), size_bytes)
    heap.mark("")  # so much there is before anything runs
    table = rows(run)
    step = Step(
        run, table, heap, gradient_bytes=trained, training=training, spans=spans(run, paths) if training else ()
    )
    step.forward()
    if training:
        step.backward()
        heap.phase = "optimizer"
        taken, index = temporary_bytes(optimizer, implementation, list(trained.values()))
        heap.mark(list(trained)[index] if trained else "", taken)
    return MemoryLedger(
        batch=graph.conditions.batch,
        training=training,
        optimizer=optimizer,
        implementation=implementation,
        precision=precision,
        checkpoint=paths,
        parameters_bytes=fixed["parameters"],
        buffers_bytes=fixed["buffers"],
        gradients_bytes=sum(trained.values()),
        optimizer_bytes=fixed["optimizer"],
        input_bytes=fixed["input"],
        saved=step.saved,
        peak_bytes=heap.peak_bytes,
        when=heap.when,
        at=heap.where,
        at_peak=dict(zip(PURPOSES, heap.at_peak, strict=True)),
        not_counted=tuple(row.op.name for row in table if row.kind is None),
    )


def largest_batch(
    graph: Graph,
    limit_bytes: int,
    *,
    optimizer: str = "adam",
    implementation: str = "for-loop",
    precision: str = "full",
    checkpoint: Sequence[str] | Literal["blocks"] = (),
    training: bool = True,
) -> int:
    """Return the largest batch whose peak is at most so many bytes; 0 if not even one image fits.

    Arguments and errors as for `memory_ledger`. The search ends at 1,048,576 images, which then means "at least".

    Example:
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 1x8x8; conv 3 4, relu; classes 2").graph(mode="train")
        >>> most = largest_batch(graph, 10**6)
        >>> [memory_ledger(graph, batch=batch).peak_bytes <= 10**6 for batch in (most, most + 1)]
        [True, False]
    """

    def peak(batch: int) -> int:
        return memory_ledger(
            graph,
            optimizer=optimizer,
            implementation=implementation,
            precision=precision,
            checkpoint=checkpoint,
            training=training,
            batch=batch,
        ).peak_bytes

    low, low_peak = 1, peak(1)
    if low_peak > limit_bytes:
        return 0
    high, high_peak = 2, peak(2)
    # The peak is straight in the batch, piece by piece: a line through two points finds the place in a few steps.
    while high_peak <= limit_bytes:
        if high == _MOST:
            return _MOST
        slope = max((high_peak - low_peak) // (high - low), 1)
        low, low_peak = high, high_peak
        high = min(low + (limit_bytes - low_peak) // slope + 1, _MOST)
        high_peak = peak(high)
    while high - low > 1:
        guess = low + (limit_bytes - low_peak) * (high - low) // max(high_peak - low_peak, 1)
        batch = min(max(guess, low + 1), high - 1)
        taken = peak(batch)
        if taken <= limit_bytes:
            low, low_peak = batch, taken
        else:
            high, high_peak = batch, taken
    return low
