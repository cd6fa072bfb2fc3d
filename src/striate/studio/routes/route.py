"""What the studio's addresses are made of, and the kind of answer that holds arrays."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query
from fastapi.responses import Response

# A look's key is that of its values: what it answers never changes.
IMMUTABLE = "private, max-age=31536000, immutable"

Key = Annotated[str, Path(pattern="^[0-9a-f]{4,64}$")]
Row = Annotated[int, Path(ge=0)]
Channel = Annotated[int, Path(ge=0)]
Place = Annotated[str, Query(pattern=r"^(\d{1,6}(,\d{1,6}){0,3})?$")]
About = Annotated[int | None, Query(ge=0)]
Numbers = Annotated[str, Query(pattern=r"^\d{1,6}(,\d{1,6}){0,63}$")]
Side = Annotated[int, Query(ge=1, le=224)]


# What a route that answers with arrays says of itself.
FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A file in the safetensors layout.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class Tensors(Response):
    """A file in the safetensors layout. Its route says so, not the class, else failures would be described as files too."""


def tensors(data: bytes) -> Tensors:
    """Return a file that a browser may keep."""
    return Tensors(data, media_type="application/octet-stream", headers={"cache-control": IMMUTABLE})


def place_of(text: str) -> tuple[int, ...]:
    """Return the place that an address names.

    Example:
        >>> place_of("7,5"), place_of("")
        ((7, 5), ())
    """
    return tuple(int(part) for part in text.split(",")) if text else ()
