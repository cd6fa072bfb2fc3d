"""One line of the table of the zoos."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ZooRow:
    """What one network of timm or torchvision costs for one image of its own size.

    Attributes:
        reference: As `load_network` takes it: "timm:resnet50".
        input: Input shape without the batch.
        params: Number of parameters; None if it could not be built.
        macs: Multiply-accumulates of one forward pass; None where an op is of no known kind.
        field_px: Receptive field of the last map, its longer side; None where it is unknown.
        is_global: Whether some paths to that map see the whole input besides.
        note: Why a figure is missing; empty if none is.
    """

    reference: str
    input: tuple[int, ...]
    params: int | None = None
    macs: int | None = None
    field_px: int | None = None
    is_global: bool = False
    note: str = ""
