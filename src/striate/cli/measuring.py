"""What `check` can only find out by running the network: time per op, and the effective field."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from striate.checking import Check
from striate.cli.terminal import console
from striate.numbers import percent

if TYPE_CHECKING:
    from striate.records import EffectiveField, TimeLedger


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured; None where it was not asked for."""

    times: TimeLedger | None = None
    field: EffectiveField | None = None

    def document(self) -> dict[str, Any]:
        """Return it as plain values, without the map of the field."""
        plain: dict[str, Any] = {}
        if self.times is not None:
            plain["time"] = self.times.document()
        if self.field is not None:
            plain["effective_field"] = {key: value for key, value in asdict(self.field).items() if key != "magnitude"}
        return plain


def measured(found: Check, *, time: bool, effective: bool, quiet: bool) -> Measured:
    """Run the network that was checked, under the conditions it was checked for.

    Raises:
        InputError: It cannot be built or run.
    """
    from striate.cli.watch import Watcher
    from striate.explain import effective_field
    from striate.nets import load_network
    from striate.trace import trace
    from striate.trace.timing import time_ledger

    network = load_network(found.plan or found.subject.name)
    conditions = found.graph.conditions
    with Watcher(quiet=quiet) as watcher:
        field = effective_field(network, events=watcher) if effective else None
        times = None
        if time:
            recording = trace(network.module, next(iter(conditions.inputs.values())))
            times = time_ledger(
                network.module, recording, mode="train", optimizer=found.memory.optimizer, events=watcher
            )
    return Measured(times=times, field=field)


def show_measured(figures: Measured) -> None:
    """Show what was measured."""
    if figures.field is not None:
        console().print(field_text(figures.field))
    if figures.times is not None:
        from striate.cli.timetable import show_times

        show_times(figures.times)


def field_text(found: EffectiveField) -> str:
    """Return an effective field in a sentence."""
    text = (
        f"Of {found.layer}, the middle unit's effective field is {found.side_px} px wide (95 % of the gradient, "
        f"{found.images} images of noise)"
    )
    if found.share is None or found.theoretical_px is None:
        return f"{text}."
    return f"{text}: {percent(found.share, 0)} of the {found.theoretical_px} px it could see."
