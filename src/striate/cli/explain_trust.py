"""Whether a method's maps depend on what was learned, as `striate explain` asks and tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from striate.cli.explaining import Explainer
from striate.cli.terminal import print_line
from striate.errors import InputError
from striate.findings import Finding
from striate.numbers import measure
from striate.records import Output, Trust

if TYPE_CHECKING:
    from torch import Tensor

    from striate.events import Events
    from striate.nets import Network
    from striate.records import Attribution

# Classes of an image that are tested, and that are told in words.
MOST_UNITS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """The test of one method, and how much of what was asked about it covers.

    Attributes:
        trust: What it found, or why there was none.
        asked: How many classes were asked about, over all images.
        tested: How many of them were tested.
    """

    trust: Trust
    asked: int
    tested: int


def trust_of(
    method: Explainer,
    network: Network,
    inputs: Tensor,
    found: tuple[Attribution, ...],
    settings: Mapping[str, Any],
    events: Events,
) -> Tested:
    """Return how alike the maps stay when all weights are drawn anew, class by class; or why it could not be tested.

    Of each image the first `MOST_UNITS` classes are tested, and what is returned says of how many.
    """
    import torch

    from striate.explain import trust

    # Pictures of all classes of a large network would take as many tests: the first few stand for them.
    units = torch.tensor([record.targets[:MOST_UNITS] for record in found], dtype=torch.int64)
    try:
        seen = trust(network, inputs, units, by=method.name, settings=settings, events=events)
    except InputError as error:
        seen = Trust(method=method.name, reason=error.rule)
    asked = {unit for record in found for unit in record.targets}
    return Tested(trust=seen, asked=len(asked), tested=len(seen.classes))


def show_trust(one: Tested, output: Output, *, is_blind: bool) -> None:
    """Print what the test found, and how many of the classes asked about it was made of."""
    trust = one.trust
    if trust.correlation is None:
        print_line(f"Whether the map depends on what was learned could not be tested: {trust.reason}.")
        return
    low, high = trust.interval
    spread = f", 95 % interval {measure(low, 2)} to {measure(high, 2)}" if trust.images > 1 else ""
    beside = f"(shifted maps: {measure(trust.chance, 2)}{spread})"
    said = f"With all weights drawn anew it is alike by {measure(trust.correlation, 2)} {beside}"
    if is_blind:
        print_line(f"{said}.")
    elif trust.correlation <= trust.chance:
        print_line(f"{said}, no more than shifted: it depends on what was learned.")
    else:
        print_line(f"{said}: it depends on what was learned, and partly on the image alone.")
    if len(trust.classes) > 1:
        rows = trust.classes[:MOST_UNITS]
        told = ", ".join(f"{output.names[row.target]} {measure(row.correlation, 2)}" for row in rows)
        left = len(trust.classes) - len(rows)
        print_line(f"  class by class: {told}" + (f" … and {left} more; --json tells them all" if left else ""))
    if one.tested < one.asked:
        print_line(
            f"  {one.tested} of {one.asked} classes tested; of the others nothing is known: name them by --class."
        )


def plain_trust(one: Tested, output: Output, findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the same as plain values."""
    trust = one.trust
    return {
        "correlation": trust.correlation,
        "chance": trust.chance,
        "interval": list(trust.interval),
        "asked": one.asked,
        "tested": one.tested,
        "classes": [
            {"class": output.names[row.target], "number": row.target, "correlation": row.correlation}
            for row in trust.classes
        ],
        "reason": trust.reason,
        "findings": [finding.message for finding in findings],
    }
