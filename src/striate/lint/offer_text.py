"""Cures in words: what a change would do, with its measured effect, in one line for terminal and page."""

from __future__ import annotations

from striate.graph import times
from striate.lint.curing import Offer
from striate.numbers import count, storage
from striate.records import Figures


def offer_text(offer: Offer) -> str:
    """Return a cure with its effect in one line."""
    if offer.after is None:
        return f"No cure: {offer.cure}; {offer.obstacle}."
    same = ", the same function" if offer.cure.is_same_function else ""
    effect = f"Cure: {offer.cure}{same}: {effect_text(offer.before, offer.after)}"
    return f"{effect}; but {offer.obstacle}." if offer.obstacle else f"{effect}."


def effect_text(before: Figures, after: Figures) -> str:
    """Return what changes between two networks, figure by figure.

    Example:
        >>> old = Figures(params=10, macs=300, kept_bytes=4096, field_px=(3, 3))
        >>> effect_text(old, Figures(params=8, macs=300, kept_bytes=4096, field_px=(5, 5)))
        'parameters 10 → 8, field 3×3 → 5×5 px'
    """
    figures = [
        ("parameters", before.params, after.params, count),
        ("MACs", before.macs, after.macs, count),
        ("kept", before.kept_bytes, after.kept_bytes, storage),
    ]
    changes = [f"{name} {text(old)} → {text(new)}" for name, old, new, text in figures if old != new]
    if before.field_px != after.field_px:
        changes.append(f"field {_field(before.field_px)} → {_field(after.field_px)} px")
    return ", ".join(changes) or "costs and field stay as they are"


def _field(sizes: tuple[int, ...]) -> str:
    return times(sizes) if sizes else "unknown"
