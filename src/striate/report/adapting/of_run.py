"""The page of an adaptation, in its run folder: what was measured, and the two networks along their depth."""

from __future__ import annotations

import json
from pathlib import Path

from striate.data import Dataset, shuffled
from striate.errors import StriateError
from striate.events import SILENT, Events
from striate.explain.comparing_networks import compare_networks
from striate.lint import lint
from striate.nets import Network
from striate.records import Evidence
from striate.records.network_comparison import NetworkComparison
from striate.records.plain import from_plain
from striate.records.receipt import ReceiptSection
from striate.report.adapting.page import write_adaptation_page
from striate.runs import Run
from striate.transfer import Adapted
from striate.transfer.apart import read_leaks
from striate.transfer.receipt import RECEIPT

PAGE = "report.html"
_RULES = ("leak-between-splits",)
_IMAGES = 256


def write_adapted_page(found: Adapted, given: Network, dataset: Dataset, *, events: Events = SILENT) -> Path:
    """Write `report.html` into the run folder and return its path.

    Args:
        found: The adaptation.
        given: The pretrained network, which the adapted one is compared with along the depth.
        dataset: The data.
        events: Hears the pass over some 256 images.
    """
    path = found.run.folder / PAGE
    judged = lint(Evidence(leaks=read_leaks(found.run), curve=found.curve), select=_RULES)
    write_adaptation_page(
        found.adaptation,
        path,
        findings=judged.findings,
        receipt=read_receipt(found.run),
        curve=found.curve,
        comparison=_compared(found, given, dataset, events),
    )
    return path


def read_receipt(run: Run) -> tuple[ReceiptSection, ...]:
    """Return the sections of a run's receipt; () if there is none."""
    path = run.folder / RECEIPT
    if not path.is_file():
        return ()
    document = json.loads(path.read_text(encoding="utf-8"))
    return tuple(from_plain(ReceiptSection, section, where=str(path)) for section in document["sections"])


def _compared(found: Adapted, given: Network, dataset: Dataset, events: Events) -> NetworkComparison | None:
    if found.curve is None:
        return None  # nothing of the pretrained part was trained: it is the same, byte for byte
    some = shuffled(tuple(range(len(dataset))), seed=0, epoch=0)[:_IMAGES]
    try:
        return compare_networks(given, found.network, dataset, some, events=events)
    except StriateError as error:
        events.log(f"The two networks were not compared: {error}")
        return None
