"""What would lower the peak of a training step, each way tried on the table, best first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from striate.analyse.memory.batches import at_batch
from striate.analyse.memory.blocks import blocks
from striate.analyse.memory.ledger import memory_ledger
from striate.analyse.memory.smaller import halved_early, in_place
from striate.graph import Graph
from striate.records.ledger import Saving

# Of the peak: what saves less is not worth a line.
_LEAST = 0.01


@dataclass(frozen=True, slots=True)
class _Way:
    name: str
    what: str
    costs: str
    peak_bytes: Callable[[], int]


def savings(
    graph: Graph,
    *,
    optimizer: str = "adam",
    implementation: str = "for-loop",
    precision: str = "full",
    checkpoint: Sequence[str] = (),
) -> tuple[Saving, ...]:
    """Return ways to need less memory for a training step, best first; what saves less than 1 % is left out.

    Each is the peak of `memory_ledger` with that one thing changed.

    When it misleads:
        Ways do not add up. Another optimiser and smaller maps change what is learned, not only the memory.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> plan = Blueprint.from_text("input 3x64x64; (conv 3 32, batchnorm, relu) x2; globalavgpool; classes 10")
        >>> [(way.name, way.saved_bytes > 0) for way in savings(plan.graph(batch=8, mode="train"))][:2]
        [('halve-maps-early', True), ('half-batch', True)]
    """
    before = memory_ledger(
        graph, optimizer=optimizer, implementation=implementation, precision=precision, checkpoint=checkpoint
    ).peak_bytes
    found = []
    for way in _ways(graph, optimizer, implementation, precision, tuple(checkpoint)):
        after = way.peak_bytes()
        if before - after >= _LEAST * before:
            found.append(
                Saving(name=way.name, what=way.what, peak_bytes=after, saved_bytes=before - after, costs=way.costs)
            )
    return tuple(sorted(found, key=lambda saving: saving.peak_bytes))


def _ways(
    graph: Graph, optimizer: str, implementation: str, precision: str, checkpoint: tuple[str, ...]
) -> Iterator[_Way]:
    def peak(
        table: Graph = graph,
        optimizer: str = optimizer,
        implementation: str = implementation,
        precision: str = precision,
        checkpoint: tuple[str, ...] = checkpoint,
    ) -> Callable[[], int]:
        return lambda: (
            memory_ledger(
                table, optimizer=optimizer, implementation=implementation, precision=precision, checkpoint=checkpoint
            ).peak_bytes
        )

    paths = blocks(graph)
    if paths and not checkpoint:
        what = f"Compute the {len(paths)} blocks again in the backward pass (torch.utils.checkpoint)."
        yield _Way("checkpoint-blocks", what, "about a third more time", peak(checkpoint=paths))
    if precision == "full" and graph.conditions.dtype == "float32":
        what = "Train in mixed precision (torch.autocast, bfloat16)."
        yield _Way(
            "mixed-precision", what, "a little accuracy at times; slow without hardware for it", peak(precision="mixed")
        )
    batch = graph.conditions.batch
    if batch > 1:
        what = f"Halve the batch to {batch // 2}."
        yield _Way("half-batch", what, "noisier steps and batch statistics", peak(at_batch(graph, batch // 2)))
    if optimizer in {"adam", "adamw"}:
        what = "Use SGD with momentum instead of Adam."
        yield _Way("sgd-momentum", what, "another learning rate to find", peak(optimizer="momentum"))
    if implementation != "fused" and optimizer != "rmsprop":
        yield _Way("fused-optimizer", "Use the fused optimiser (fused=True).", "nothing", peak(implementation="fused"))
    yield _Way("activations-in-place", "Put activations in place.", "nothing", peak(in_place(graph)))
    smaller = halved_early(graph)
    if smaller is not None:
        what = "Double the stride of the first convolution: every later map is a quarter."
        yield _Way("halve-maps-early", what, "accuracy on small things", peak(smaller))
