"""A network that is being written, and the reports of one, at the wire."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from striate.page.frozen import Wire
from striate.studio.wire import Failure


class ReportFile(Wire):
    """A report in the run's folder, or a page in another that was named."""

    key: str = Field(description="What it is asked for by: its name in the run's folder, else made of where it lies.")
    name: str
    title: str
    folder: str = Field(description="Where it lies; empty in the run's folder.")
    size_bytes: int


class Reports(Wire):
    """The reports of the run's folder by name, then pages of the folders that were named, the newest first."""

    files: list[ReportFile]
    folders: list[str] = Field(description="Those that were named.")
    left_out: int = Field(description="Older files of HTML in those folders that were not opened.")
    is_whole: bool = Field(description="Whether those folders were gone through to their end.")


class DesignWanted(Wire):
    """A network as one writes it: a line of text or YAML, and the conditions of its training step."""

    text: str = Field(max_length=200_000)
    batch: int = Field(default=1, ge=1, le=65536)
    optimizer: Literal["sgd", "momentum", "adam", "adamw", "rmsprop"] = "adam"
    values: dict[str, str] = Field(default_factory=dict, max_length=64, description="Choices made: {'w': '48'}.")


class OpenChoice(Wire):
    """Something the network leaves open."""

    name: str
    values: list[str]


class ReachedRow(Wire):
    """A layer before the place where sizes clash."""

    name: str
    summary: str
    shape: str
    params: int
    macs: int


class Remedy(Wire):
    """A cure of a finding, and the network with it."""

    rule: str
    words: str = Field(description="What is changed, with its effect on parameters, MACs and memory.")
    text: str = Field(description="The network with it, in one line.")


class Designed(Wire):
    """What is true of a network on paper; with a `failure`, how far it could be read."""

    failure: Failure | None
    where: str = Field(description="Place of the failure, as its message has it; empty without one.")
    reached: list[ReachedRow]
    choices: list[OpenChoice] = Field(description="What is open; it must be chosen before anything can be counted.")
    remedies: list[Remedy]
    page: dict[str, Any] | None = Field(description="A `Page` of the report, as `striate check --page` writes it.")
    text: str = Field(description="The network in one line; empty if it does not read.")
    yaml: str
    source: str = Field(description="PyTorch source; empty while something is open or clashes.")
