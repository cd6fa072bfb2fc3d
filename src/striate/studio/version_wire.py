"""Other versions of the network, at the wire."""

from __future__ import annotations

from pydantic import Field

from striate.page.frozen import Wire
from striate.studio.wire import Answer


class VersionRow(Wire):
    """Weights that can stand beside those that are watched."""

    name: str = Field(description="By which it is asked for, and which an address holds.")
    words: str = Field(description="When in its training it was: 'after epoch 2'; or what it is called.")
    run: str = Field(description="Name of the training it is of; empty for a network that was named beside.")
    step: int | None = Field(description="Steps it had been trained; None where nobody counted.")


class Beside(Wire):
    """An input in another version: its layers are asked for by the key, on the rows of the watched network."""

    key: str
    version: str
    words: str = Field(description="What the version is, in words.")
    params: int
    answers: list[Answer] = Field(description="The version's own, as of any look.")
    alone: list[int] = Field(
        description="Rows that have no layer of their name and shape in the version: nothing is shown."
    )
    others: list[str] = Field(description="Layers of the version that have no row here.")
    shares_outputs: bool = Field(description="Whether both answer with outputs of the same names, in the same order.")
