"""`inspect`: from a network and data to one report."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from striate import schema
from striate.blueprint import Blueprint
from striate.data import Dataset, ReadAs, Split, load_data
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events
from striate.features import find_leaks, likeness
from striate.findings import Allowance, Finding
from striate.lint import RULES, Allowed, Failure, Unused, lint
from striate.nets import Network, load_network
from striate.nets.begun_anew import origins_of
from striate.records import Evidence, Leaks
from striate.report.composing import compose
from striate.report.gathering.following import follow
from striate.report.gathering.gather import gather
from striate.report.gathering.score_record import score_record
from striate.report.held_out import run_of, training_of
from striate.report.html import write_report
from striate.report.subject import Subject
from striate.runs import Run
from striate.trace import trace
from striate.transfer.adapting import COMMAND as ADAPTING

if TYPE_CHECKING:
    from torch import nn

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What `inspect` found.

    Attributes:
        path: The report.
        findings: Judgements, gravest first.
        silent: Names of the rules that looked and found nothing.
        skipped: Names of the rules whose evidence was not measured.
        allowed: Findings that the network's blueprint allows, each with its reason.
        unused: Allowances of the blueprint that cover nothing any more.
        failures: Rules that raised; the others ran.
        evidence: Everything that was measured.
        verdict: The report's first sentence.
        seconds: How long it took.
    """

    path: Path
    findings: tuple[Finding, ...]
    silent: tuple[str, ...]
    skipped: tuple[str, ...]
    allowed: tuple[Allowed, ...]
    unused: tuple[Unused, ...]
    failures: tuple[Failure, ...]
    evidence: Evidence
    verdict: str
    seconds: float

    def document(self) -> dict[str, Any]:
        """Return verdict, main figures and findings as plain values, as `striate inspect --json` prints them."""
        board, cost = self.evidence.scoreboard, self.evidence.cost
        return {
            "schema": schema.stamp("inspection", SCHEMA_VERSION),
            "report": str(self.path),
            "verdict": self.verdict,
            "score": None
            if board is None
            else {
                "name": board.main_name,
                "value": board.main,
                "interval": list(board.interval),
                "mae": board.mae,
            },
            "totals": None if cost is None else {"params": cost.total.params, "macs": cost.total.macs},
            "findings": [finding.row() for finding in self.findings],
            "silent": list(self.silent),
            "skipped": list(self.skipped),
            "allowed": [covered.finding.row() | {"reason": covered.allowance.reason} for covered in self.allowed],
            "unused_allowances": [asdict(unused.allowance) | {"why": unused.why} for unused in self.unused],
            "failures": [asdict(failure) for failure in self.failures],
            "seconds": self.seconds,
        }


def inspect(
    network: str | Path | Blueprint | nn.Module | Network,
    data: str | Path | Dataset,
    *,
    out: Path | str | None = None,
    seed: int = 0,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    events: Events = SILENT,
) -> Inspection:
    """Look at a network from every side on held-out data, and write one HTML file that opens from disk.

    Args:
        network: A run folder (its own split is used again), or anything `load_network` takes.
        data: A data reference or a `Dataset`.
        out: The HTML file; `report.html` in the run folder, or in the current folder without a run.
        seed: Of the map, the class images and the samples drawn.
        select: Rules to ask; all if empty.
        ignore: Rules not to ask.
        events: Hears progress by task; may cancel.

    Raises:
        InputError: Network and data do not belong together; nothing of that name.
        StorageError: The disk refused; an old report is still there.

    Example:
        >>> found = inspect("runs/a", "digits")   # doctest: +SKIP
        >>> found.verdict                         # doctest: +SKIP
        'It answers 98.6 % of 1000 held-out digits right, but 9 units of fc1 are dead.'
    """
    began = time.monotonic()
    run = run_of(network)
    path = _path(out, run)
    found = load_network(network)
    read_as = ReadAs(axes=found.preprocessing.stored_axes)
    dataset = data if isinstance(data, Dataset) else load_data(data, read_as=read_as, events=events)
    curve, split = training_of(run, dataset)
    leaks = _leaks(run, dataset, split, events)
    found = matched(found, dataset)
    recording = trace(found.module, (1, *found.input_shape))
    evidence = replace(gather(found, dataset, split, recording, seed=seed, events=events), curve=curve, leaks=leaks)
    evidence = replace(
        evidence,
        origins=origins_of(found, recording.graph),
        through_training=follow(run, dataset, found, events),
        score_record=score_record(found, dataset, evidence.scoreboard),
    )
    report = lint(evidence, graph=recording.graph, select=tuple(select), ignore=tuple(ignore), allow=_allowances(found))
    for line in (*report.unused, *report.failures):
        events.log(str(line))
    subject = Subject(
        network=found,
        dataset=dataset,
        split=split,
        graph=recording.graph,
        evidence=evidence,
        findings=report.findings,
        silent={name: RULES[name].section for name in report.silent},
        skipped=report.skipped,
        figures=report.figures,
    )
    name = str(network) if isinstance(network, str | Path) else type(found.module).__name__
    seconds = time.monotonic() - began
    page = compose(subject, name=name, seconds=seconds)
    write_report(path, page, subject.store)
    events.log(f"wrote {path}")
    return Inspection(
        path=path,
        findings=report.findings,
        silent=report.silent,
        skipped=report.skipped,
        allowed=report.allowed,
        unused=report.unused,
        failures=report.failures,
        evidence=evidence,
        verdict=page.verdict,
        seconds=seconds,
    )


def _allowances(network: Network) -> tuple[Allowance, ...]:
    """Return what a network's blueprint allows, with the reasons; a module's own code has no place to say so."""
    origin = network.origin
    return Blueprint.from_yaml(origin.text).allow if origin.kind == "blueprint" else ()


def _path(out: Path | str | None, run: Run | None) -> Path:
    """Return the file to write, before anything is measured for it."""
    # The report of an adaptation's folder is that of the adaptation.
    name = "inspection.html" if run is not None and run.document.command == ADAPTING else "report.html"
    path = Path(out) if out is not None else (run.folder if run else Path()) / name
    path = path / "report.html" if path.is_dir() else path
    if path.exists() and not path.is_file():
        raise InputError("a report must be written to a file", got=str(path))
    return path


def _leaks(run: Run | None, dataset: Dataset, split: Split, events: Events) -> Leaks | None:
    """Return what of the held-out part a training has as good as seen; None for a split that no training had."""
    if run is None or dataset.fingerprint != run.document.inputs["data"]["fingerprint"]:
        return None
    return find_leaks(dataset, split, likeness(dataset, events=events))


def matched(network: Network, dataset: Dataset) -> Network:
    """Return the network with the data's names on its outputs; refuse pairs that do not belong together."""
    theirs, ours = network.output, dataset.output
    mixes = network.input_shape[0] in {1, 3} or dataset.sample_rate_hz
    if not mixes and network.input_shape[0] != dataset.shape[0]:
        raise InputError(
            "network and data must have the same channels",
            got=Quoted(f"network {network.input_shape[0]}, data {dataset.shape[0]}"),
        )
    if theirs.count != ours.count or (theirs.kind != ours.kind and network.origin.kind == "blueprint"):
        raise InputError(
            "network and data must have the same outputs",
            got=Quoted(f"network {theirs.count} {theirs.kind}, data {ours.count} {ours.kind}"),
            hint="Train the network on this data first, or choose its own.",
        )
    if not theirs.is_called(ours.names):
        differing = next((a, b) for a, b in zip(theirs.names, ours.names, strict=True) if a != b)
        raise InputError(
            "network and data must call their outputs the same, in the same order",
            got=Quoted(f"network {differing[0]!r}, data {differing[1]!r}"),
            hint="Rename the classes; a renamed folder shifts all that follow it.",
        )
    return replace(network, output=ours)
