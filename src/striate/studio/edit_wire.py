"""What the studio's server and its page tell each other of edited filters."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from striate.page.frozen import Wire

How = Literal["zero", "negate", "scale", "flip", "identity", "set"]


class SetWeight(Wire):
    """One weight of a filter, set to a number."""

    index: list[int] = Field(description="Channel it reads, then the place in the kernel.")
    value: float = Field(ge=-1e6, le=1e6)


class EditedFilter(Wire):
    """A unit's weights as they would be; its bias stays."""

    row: int = Field(ge=0)
    channel: int = Field(ge=0)
    how: How = Field(
        description="flip turns the kernel about its middle; identity passes the channel of its own number through."
    )
    factor: float = Field(default=1.0, ge=-1e6, le=1e6, description="Of scale.")
    values: list[SetWeight] = Field(default=[], max_length=1024, description="Of set; other weights stay.")


class SaveWanted(Wire):
    """A look's edited network, as a new one on disk."""

    look: str = Field(pattern="^[0-9a-f]{4,64}$", description="Key of the look whose edits are kept.")
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$", description="Of the new folder.")


class NetworkSaved(Wire):
    """Where an edited network was written."""

    folder: str
    words: str = Field(description="What was edited, in a sentence.")
