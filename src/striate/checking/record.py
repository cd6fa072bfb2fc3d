"""`Check`: everything that is read off a network's table, and what the rules say about it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from striate.analyse import largest_batch, memory_ledger, savings
from striate.blueprint import Blueprint
from striate.findings import Finding
from striate.graph import Graph
from striate.lint import LintReport, Offer, Subject, offers
from striate.records import CostTable, LayerReading, MemoryLedger, Receptive, Saving


@dataclass(frozen=True, kw_only=True)
class Check:
    """What `check` found.

    Attributes:
        subject: The name, and where the ops are written if it came from a file.
        graph: The table in eval mode.
        trained: The table of a training step.
        cost: Parameters, MACs, bytes moved and kept, per op and in all.
        layers: One row a layer.
        fields: Receptive field per op.
        memory: What a training step holds, and when most.
        memory_limit_bytes: What `largest_batch` has to fit into.
        report: Everything the rules said: also what is allowed, allowances that no longer apply, and rules that raised.
        notes: What must be known of how the table came about: run on values, hooks left out.
        plan: The blueprint, if it is one.
    """

    subject: Subject
    graph: Graph
    trained: Graph
    cost: CostTable
    layers: tuple[LayerReading, ...]
    fields: Mapping[str, Receptive]
    memory: MemoryLedger
    memory_limit_bytes: int
    report: LintReport
    notes: tuple[str, ...] = ()
    plan: Blueprint | None = None

    @property
    def name(self) -> str:
        """The reference, or the module's class."""
        return self.subject.name

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Judgements, gravest first."""
        return self.report.findings

    @property
    def silent(self) -> tuple[str, ...]:
        """Names of the rules that looked and found nothing."""
        return self.report.silent

    @cached_property
    def largest_batch(self) -> int:
        """Images at once whose training step fits into the limit; 0 if not even one does."""
        held = self.memory
        return largest_batch(
            self.trained,
            self.memory_limit_bytes,
            optimizer=held.optimizer,
            implementation=held.implementation,
            precision=held.precision,
            checkpoint=held.checkpoint,
        )

    @cached_property
    def savings(self) -> tuple[Saving, ...]:
        """What would lower the peak of a training step, best first."""
        held = self.memory
        return savings(
            self.trained,
            optimizer=held.optimizer,
            implementation=held.implementation,
            precision=held.precision,
            checkpoint=held.checkpoint,
        )

    @cached_property
    def inference(self) -> MemoryLedger:
        """What a forward pass without gradients holds, and when most."""
        return memory_ledger(self.graph, precision=self.memory.precision, training=False)

    def offers(self) -> tuple[Offer, ...]:
        """Return the cures of a blueprint's findings, each with its effect; none for a module."""
        return () if self.plan is None else offers(self.plan, self.report)

    def document(self) -> dict[str, Any]:
        """Return everything as plain values, as `striate check --json` prints it."""
        from striate.checking.document import document

        return document(self)


def machine_memory_bytes() -> int:
    """Return the memory this machine has; 8 GiB where it does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return 8 * 2**30
