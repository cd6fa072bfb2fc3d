"""What a network costs and sees, in four figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a network costs and sees, at a stated batch.

    Attributes:
        params: Trained numbers.
        macs: Multiply-accumulates of one forward pass.
        kept_bytes: Activations kept for the backward pass.
        field_px: Receptive field of the last map, per axis; () where it is not known or everything.
    """

    params: int
    macs: int
    kept_bytes: int
    field_px: tuple[int, ...]
