"""Whether a method's maps depend on what was learned, as `striate explain` asks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from striate.cli.explaining import Explainer
from striate.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from striate.events import Events
    from striate.nets import Network
    from striate.records import Attribution, Trust


def trust_of(
    method: Explainer,
    network: Network,
    inputs: Tensor,
    found: tuple[Attribution, ...],
    settings: Mapping[str, Any],
    events: Events,
) -> Trust:
    """Return how alike the maps stay when all weights are drawn anew, class by class; or why it could not be tested."""
    import torch

    from striate.explain import trust
    from striate.records import Trust

    # Pictures of all classes of a large network would take as many tests: the first few stand for them.
    units = torch.tensor([record.targets[:MOST_UNITS] for record in found], dtype=torch.int64)
    try:
        return trust(network, inputs, units, by=method.name, settings=settings, events=events)
    except InputError as error:
        return Trust(method=method.name, reason=error.rule)


MOST_UNITS = 12
