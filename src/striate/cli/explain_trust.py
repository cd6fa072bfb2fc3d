"""Whether a method's maps depend on what was learned, as `striate explain` asks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from striate.cli.explaining import Explainer
from striate.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from striate.events import Events
    from striate.findings import Finding
    from striate.nets import Network
    from striate.records import Attribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What the test with random weights gave.

    Attributes:
        correlation: Mean rank correlation of |map| with that of the network with all weights drawn anew; None if it could
            not be tested.
        chance: What shifted maps reach.
        reason: Why it could not be tested.
        findings: The rule's.
    """

    correlation: float | None
    chance: float = 0.0
    reason: str = ""
    findings: tuple[Finding, ...] = ()


def trust_of(
    method: Explainer,
    network: Network,
    inputs: Tensor,
    found: tuple[Attribution, ...],
    settings: Mapping[str, Any],
    events: Events,
) -> Trust:
    """Return how alike the first maps stay when all weights are drawn anew."""
    import numpy as np
    import torch

    from striate.explain import randomised_layers
    from striate.lint import lint
    from striate.records import Evidence, SaliencyCensus

    units = torch.tensor([record.targets[0] for record in found], dtype=torch.int64)
    try:
        tested = randomised_layers(
            network, inputs, units, by=method.name, depths=[-1], settings=settings, events=events
        )
    except InputError as error:
        return Trust(correlation=None, reason=error.rule)
    correlation = float(tested.correlations.mean())
    census = SaliencyCensus(
        images=len(found), shares=np.zeros(0, dtype=np.float32), chance=0.0, random_correlation=correlation
    )
    judged = lint(Evidence(saliency_census=census), select=["SAL002"])
    return Trust(correlation=correlation, chance=float(tested.chance.mean()), findings=judged.findings)
