"""What a training step or a forward pass holds in memory, and when most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Phase = Literal["forward", "backward", "optimizer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLedger:
    """Memory of one step, after the first: bytes by what they are for, and the peak. `memory_ledger` says how it counts.

    Attributes:
        batch: Images at once.
        training: Whether it is a training step; else a forward pass without gradients.
        optimizer: The optimiser, and `implementation` how torch runs it.
        precision: "full", or "mixed" for autocast to half precision.
        checkpoint: Module paths whose insides are computed again in the backward pass.
        parameters_bytes: All parameters.
        buffers_bytes: Running statistics and other state that is not trained.
        gradients_bytes: Gradients of the trained parameters, all at once.
        optimizer_bytes: State the optimiser keeps from step to step.
        input_bytes: The network's inputs.
        saved: Bytes each op keeps for the backward pass, a value that several keep at the first; ops that keep nothing
            are left out.
        peak_bytes: Most that is held at one time.
        when: Part of the step in which that is.
        at: Op during which that is; in the optimiser's step, the parameter it is at.
        at_peak: What the peak consists of: parameters, buffers, optimizer, input, gradients, activations (kept for the
            backward pass), transient (everything else: values on their way, their gradients, temporaries).
        not_counted: Ops nobody knows: of these only the output is counted.
    """

    batch: int
    training: bool
    optimizer: str
    implementation: str
    precision: str
    checkpoint: tuple[str, ...]
    parameters_bytes: int
    buffers_bytes: int
    gradients_bytes: int
    optimizer_bytes: int
    input_bytes: int
    saved: Mapping[str, int]
    peak_bytes: int
    when: Phase
    at: str
    at_peak: Mapping[str, int]
    not_counted: tuple[str, ...]

    @property
    def saved_bytes(self) -> int:
        """Activations kept for the backward pass, all at once."""
        return sum(self.saved.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """One way to need less memory.

    Attributes:
        name: Its key ("checkpoint-blocks").
        what: What to do, in a sentence.
        peak_bytes: Peak after it.
        saved_bytes: How much lower that is; never negative.
        costs: What one pays for it, in a few words.
    """

    name: str
    what: str
    peak_bytes: int
    saved_bytes: int
    costs: str
