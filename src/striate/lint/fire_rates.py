"""How often each design rule fires on networks that are known to be good, as it was measured and committed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from striate import schema
from striate.numbers import percent

SCHEMA_VERSION = 1
FILE = "fire_rates.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """So many of so many, with its 95 % interval (Wilson's)."""

    count: int
    of: int
    low: float
    high: float

    def __str__(self) -> str:
        return (
            f"{self.count} of {self.of} ({percent(self.count / self.of)}; {percent(self.low)} to {percent(self.high)})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FireRates:
    """A measurement of `benchmarks/fire_rates.py`.

    Attributes:
        found: For each network, the rules that fired there, each with its severity ("late-large-stride: warning").
        fired: For each rule, on what share of the networks it fired; exemptions count too.
        troubled: The share of networks with any warning or error that is not exempt. Limits were chosen on them.
        found_held_out: As `found`, for networks no limit was chosen on.
        held_out: As `troubled`, for those; the fair figure.
        exempt: Findings that are true and known ("network: rule"), with the reason.
        versions: Of the packages the networks came from.
        date: When it was measured, as 2026-01-31.
    """

    found: Mapping[str, Sequence[str]]
    fired: Mapping[str, Share]
    troubled: Share
    found_held_out: Mapping[str, Sequence[str]]
    held_out: Share
    exempt: Mapping[str, str]
    versions: str
    date: str


@cache
def fire_rates() -> FireRates:
    """Return the committed measurement."""
    text = files("striate.lint").joinpath(FILE).read_text(encoding="utf-8")
    document = schema.accept(json.loads(text), "fire-rates", SCHEMA_VERSION, where=FILE)
    return FireRates(
        found=document["found"],
        fired={name: Share(**share) for name, share in document["fired"].items()},
        troubled=Share(**document["troubled"]),
        found_held_out=document["found_held_out"],
        held_out=Share(**document["held_out"]),
        exempt=document["exempt"],
        versions=document["versions"],
        date=document["date"],
    )
