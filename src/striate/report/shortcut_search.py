"""`find_shortcuts`: what the held-out answers of a network follow besides the object, with the rules' judgement."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from striate import schema
from striate.data import Dataset, ReadAs, load_data, read_masks
from striate.errors import InputError
from striate.events import SILENT, Events
from striate.explain import shortcut_census
from striate.lint import LintReport, lint
from striate.nets import Network, load_network
from striate.records import Counted, Evidence, Predictions, Shortcuts
from striate.report.held_out import run_of, training_of
from striate.report.inspection import matched

SCHEMA_VERSION = 1
IMAGES, PASSES = 200, 12_000
_RULES = "SHC"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortcutSearch:
    """What `find_shortcuts` found.

    Attributes:
        shortcuts: What was measured.
        report: What the rules say of it.
        dataset: The data, whose indices samples are named by.
        classes: Their names.
    """

    shortcuts: Shortcuts
    report: LintReport
    dataset: Dataset
    classes: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """Return it as plain values, as `striate explain shortcuts --json` prints it."""
        found = self.shortcuts
        exchange, behind, covered = found.exchange, found.background, found.on_object
        return {
            "schema": schema.stamp("shortcuts", SCHEMA_VERSION),
            "images": found.images,
            "right": found.right,
            "findings": [finding.row() for finding in self.report.findings],
            "found_nothing": dict(self.report.figures),
            "skipped": list(self.report.skipped),
            "patches": [
                {
                    "class": self.classes[patch.target],
                    "cut_from": self.dataset.samples[patch.sample].place,
                    "box": list(patch.box),
                    "turned": _counted(patch.turned),
                    "elsewhere": _counted(patch.elsewhere),
                    "turned_samples": [self.dataset.samples[sample].place for sample, _ in patch.turned_samples],
                    "turned_with": [self.dataset.samples[donor].place for _, donor in patch.turned_samples],
                }
                for patch in (exchange.patches if exchange is not None else ())
            ],
            "telling_pixels": None
            if exchange is None or exchange.telling is None
            else {"count": exchange.telling.count, "told": exchange.telling.told}
            | {"others": _counted(exchange.telling.others), "own": _counted(exchange.telling.own)},
            "background": None
            if behind is None
            else {"known_share": behind.known_share, "is_given": behind.is_given, "chance": behind.chance}
            | {name: _counted(getattr(behind, name)) for name in ("alone", "moved", "kept", "own")},
            "on_object": None
            if covered is None
            else {
                "share": float(covered.shares.mean()),
                "area": float(covered.areas.mean()),
                "shifted": float(covered.shifted.mean()),
                "images": len(covered.samples),
            },
        }


def find_shortcuts(
    network: str | Path | Network,
    data: str | Path | Dataset,
    *,
    masks: str | Path = "",
    images: int = IMAGES,
    passes: int = PASSES,
    seed: int = 0,
    events: Events = SILENT,
) -> ShortcutSearch:
    """Look for shortcuts on held-out images, and judge what is found.

    By a run, the held-out part of the data is looked at; by any other network, a new split's.

    Args:
        network: A run folder, or anything `load_network` takes.
        data: A data reference or a `Dataset`.
        masks: Where the objects are, see `striate.data.read_masks`; "" to find them by brightness or colour.
        images: At most so many, evenly spread.
        passes: Forward passes that may go into exchanging places.
        seed: Decides who gets whose pixels.
        events: Hears of each pass; may cancel.

    Raises:
        InputError: As `shortcut_census`; other classes than the data's, or in another order; no image.
        DataError: Masks that cannot be read, or of another size than their images.
    """
    if images < 1:
        raise InputError("images must be at least 1", got=images)
    run = run_of(network)
    loaded = load_network(network)
    read_as = ReadAs(axes=loaded.preprocessing.stored_axes)
    dataset = data if isinstance(data, Dataset) else load_data(data, read_as=read_as, events=events)
    loaded = matched(loaded, dataset)
    held_out = training_of(run, dataset)[1].test
    places = np.unique(np.linspace(0, len(held_out) - 1, min(images, len(held_out))).round().astype(int))
    indices = [held_out[place] for place in places.tolist()]
    given = read_masks(dataset, masks, indices) if masks else None
    found = shortcut_census(loaded, dataset, indices, masks=given, most_passes=passes, seed=seed, events=events)
    nothing = np.zeros(0, dtype=np.int64)
    names = Predictions(output=dataset.output, samples=nothing, truth=nothing, scores=nothing)
    report = lint(Evidence(shortcuts=found, predictions=names), select=[_RULES])
    return ShortcutSearch(shortcuts=found, report=report, dataset=dataset, classes=dataset.output.names)


def _counted(found: Counted) -> dict[str, Any]:
    return {"hits": found.hits, "trials": found.trials, "interval": list(found.interval())}
