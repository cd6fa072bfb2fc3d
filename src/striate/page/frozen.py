"""What every wire model is: frozen, written out whole, and refusing what it does not know."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Judgement = Literal["ok", "note", "warning", "error"]
Cell = str | int | float | None


class Wire(BaseModel):
    """Frozen, and refuses words it does not know.

    A default is written out as well, so the page never guesses.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)
