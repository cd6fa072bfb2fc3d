"""`Run`: the folder of one command.

runs/a/
    run.json         what was asked, of what, with which versions and seeds, and how it ended
    metrics.jsonl    one line a measurement, appended while the work goes on
    log.jsonl        one line an event
    checkpoint/      where to go on after a kill
    moments/         weights of a few steps of a training, the start among them
    network/         the result, a `Network` folder of its own
    report.html      what `inspect` found
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

from striate import schema
from striate.errors import InputError, Quoted, SchemaError, StorageError
from striate.runs.atomic import remove_parts, write_json, write_text

RunStatus = Literal["running", "done", "stopped", "failed"]
SCHEMA_VERSION = 1
_PACKAGES = ("striate", "torch", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDocument:
    """What `run.json` holds.

    Attributes:
        command: The command's name: "train".
        inputs: What it was given: references with their content keys.
        settings: Every setting that shapes the result.
        status: "running" until the command ends one way or another.
        reason: Why it stopped or failed, one sentence.
        versions: Of Python, Striate, torch and numpy.
        machine: Processor and cores.
        began: Time of the first start, ISO 8601, UTC.
        ended: Time of the last end, "" while running.
    """

    command: str
    inputs: Mapping[str, Any]
    settings: Mapping[str, Any]
    status: RunStatus = "running"
    reason: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)
    began: str = ""
    ended: str = ""


class Run:
    """A run folder; open one with `Run.begin` (make or resume) or `Run.read`.

    Attributes:
        folder: Where it is.
        document: What `run.json` held when it was last written or read.
    """

    def __init__(self, folder: Path, document: RunDocument) -> None:
        self.folder = folder
        self.document = document

    @classmethod
    def begin(
        cls,
        folder: Path | str,
        *,
        command: str,
        inputs: Mapping[str, Any],
        settings: Mapping[str, Any],
    ) -> Run:
        """Make the folder, or go on in it if it holds the same work unfinished or done.

        A finished run stays "done", so that whoever asked can tell; every other one is "running"
        again.

        Raises:
            InputError: The folder holds other work: another command, other inputs or other
                settings.
            StorageError: The disk refused.
        """
        folder = Path(folder)
        inputs, settings = _plain(inputs), _plain(settings)
        if folder.is_dir():
            remove_parts(folder)
        if (folder / "run.json").is_file():
            run = cls.read(folder)
            for name, asked, found in (
                ("command", command, run.document.command),
                ("inputs", inputs, run.document.inputs),
                ("settings", settings, run.document.settings),
            ):
                if asked != found:
                    raise InputError(
                        f"a run folder must be resumed with the same {name}",
                        got=_difference(asked, found),
                        where=str(folder),
                        hint="Choose another --out, or delete that folder.",
                    )
            if run.document.status != "done":
                document = replace(run.document, status="running", reason="", ended="")
                run._write(document)  # noqa: SLF001 - its own class
            return run
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise InputError(
                "--out must be a new, an empty or a run folder",
                got=str(folder),
                hint="Choose another --out.",
            )
        run = cls(
            folder,
            RunDocument(
                command=command,
                inputs=inputs,
                settings=settings,
                versions=_versions(),
                machine={
                    "processor": _processor(),
                    "cores": os.cpu_count(),
                    "system": platform.system(),
                },
                began=_now(),
            ),
        )
        run._write(run.document)
        return run

    @classmethod
    def read(cls, folder: Path | str) -> Run:
        """Return the run a folder holds.

        Raises:
            InputError: There is no run.
            SchemaError: It was written by a version this code cannot read.
        """
        folder = Path(folder)
        path = folder / "run.json"
        if not path.is_file():
            raise InputError("a run folder must hold run.json", got=str(folder))
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as cause:
            raise SchemaError("run.json must be JSON", got=str(cause), where=str(path)) from cause
        document = schema.accept(document, "run", SCHEMA_VERSION, where=str(path))
        document.pop("schema")
        return cls(folder, RunDocument(**document))

    def end(self, status: RunStatus, reason: str = "") -> None:
        """Write how the work ended."""
        self._write(replace(self.document, status=status, reason=reason, ended=_now()))

    def append(self, name: str, row: Mapping[str, Any]) -> None:
        """Append one line of JSON to a file of the run and flush it to the disk."""
        line = json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"
        try:
            with (self.folder / name).open("a", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
        except OSError as cause:
            raise StorageError(
                "the disk must take what is written",
                got=cause.strerror,
                where=str(self.folder / name),
            ) from cause

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return the lines of a file of the run; a last line cut off by a kill is left out."""
        path = self.folder / name
        if not path.is_file():
            return []
        rows = []
        # Bytes: a kill may cut a line inside a character, and text has more line ends than the one
        # that is written.
        lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
        for number, line in enumerate(lines, start=1):
            try:
                rows.append(json.loads(line))
            except ValueError as cause:
                if number == len(lines):
                    break
                raise SchemaError("every line must be JSON", got=line[:40], where=f"{path}:{number}") from cause
        return rows

    def keep_rows(self, name: str, rows: list[dict[str, Any]]) -> None:
        """Replace a file of lines atomically: rows after the last checkpoint are dropped."""
        lines = [json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows]
        write_text(self.folder / name, "".join(lines))

    def _write(self, document: RunDocument) -> None:
        write_json(
            self.folder / "run.json",
            {"schema": schema.stamp("run", SCHEMA_VERSION)} | asdict(document),
        )
        self.document = document


def environment() -> dict[str, str]:
    """Return the versions and the machine in words, for a page."""
    versions = ", ".join(f"{name} {number}" for name, number in _versions().items())
    return {
        "Versions": versions,
        "Machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
    }


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(json.dumps(dict(values), allow_nan=False))
    return plain


def _difference(asked: object, found: object) -> object:
    if isinstance(asked, dict) and isinstance(found, dict):
        first, second = _flat(asked), _flat(found)
        keys = [key for key in {**first, **second} if first.get(key) != second.get(key)]
        return Quoted(", ".join(_differs(key, first.get(key), second.get(key)) for key in keys))
    return f"{asked}, there {found}"


def _differs(key: str, asked: object, found: object) -> str:
    """Return one difference in words; texts too long to read are only named."""
    name = key.rpartition(".")[2]
    if max(len(str(asked)), len(str(found))) > 40:
        return f"another {name}"
    return f"{name} {asked} (there {found})"


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return nested values by dotted names, so that a message names the one that differs."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return flat


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if sys.platform == "linux" and info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
