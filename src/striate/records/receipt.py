"""A receipt: what is claimed of an adapted network, and whether it was checked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """One claim.

    Attributes:
        label: What it is about: "Frozen tensors".
        value: What is claimed, with units: "212 of 214, hashes equal before and after".
        checked: True where it was checked and holds, False where it was checked and does not; None for what is only told.
        how: How it was checked, in a sentence; "" where it was not.
    """

    label: str
    value: str
    checked: bool | None = None
    how: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptSection:
    """Claims that belong together.

    Attributes:
        title: "Loaded", "Frozen", "Trained", "Data", "Versions" …
        rows: In the order they are read.
    """

    title: str
    rows: tuple[ReceiptRow, ...]
