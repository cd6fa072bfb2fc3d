"""A view of the studio as one file, at the wire."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from striate.page.frozen import Wire

_SOURCE = r"^(sample:\d{1,9}|look:[0-9a-f]{4,64})$"


class UnitWanted(Wire):
    """A unit at a place of its map."""

    row: int = Field(ge=0)
    channel: int = Field(ge=0)
    at: list[int]


class FreezeWanted(Wire):
    """The view that is to be kept."""

    address: str = Field(max_length=4000, pattern="^#/explore")
    input: str = Field(pattern=_SOURCE)
    look: str = Field(pattern="^[0-9a-f]{4,64}$", description="Of that input, with the changes that are shown.")
    kept: str = Field(default="", pattern=f"{_SOURCE}|^$", description="The input it is compared with.")
    beside: str = Field(default="", max_length=512, description="Name of the version that stands beside it.")
    about: int = Field(ge=0, description="Number of the output that gradients are of.")
    open: int | None = Field(default=None, ge=0, description="Row that is unfolded.")
    units: list[UnitWanted] = Field(max_length=32, description="Units that were looked at, the chosen one first.")


class Frozen(Wire):
    """What is written into the file: the answers that the page would have been given."""

    address: str
    made: str = Field(description="When, and of what, in words.")
    left: list[str] = Field(description="What was too large, in words.")
    answers: dict[str, Any] = Field(description="By name, as the server's JSON.")
    arrays: dict[str, str] = Field(description="By name, base64 of files in the safetensors layout.")
