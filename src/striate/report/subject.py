"""What a report is about, and how its pictures are taken out of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from striate.data import Dataset, Split, prepare
from striate.findings import Finding, by_severity
from striate.graph import Graph
from striate.nets import Network
from striate.page.wire import Judgement, Scale
from striate.records import Evidence
from striate.report.arrays import ArrayStore
from striate.report.pictures.inputs import Picture, as_shown
from striate.report.pictures.shrinking import LARGE, shrunk

# By section, the rules that answer all of what its caption calls wrong. Where a part of that has no rule (a constant map, grain,
# islands of something else), a section never gets the mark that all is well: nobody looked.
_ANSWERED_BY: Mapping[str, frozenset[str]] = {
    "network": frozenset({"top-cannot-see-input", "reduction-too-fast", "fc-holds-most-parameters"}),
    "training": frozenset({"validation-turned-up", "everything-active", "dead-units"}),
    "splits": frozenset({"leak-between-splits"}),
    "filters": frozenset({"filters-as-noisy-as-random", "copied-filters"}),
    "patches": frozenset({"unselective-units", "twin-units", "pixels-give-class-away"}),
    "occlusion": frozenset({"background-matters", "nothing-matters"}),
    "shortcuts": frozenset(
        {"one-place-decides", "patch-decides-class", "background-decides", "pixels-give-class-away"}
    ),
    "backward": frozenset({"vanishing-gradient", "exploding-gradient", "blocked-gradient"}),
    "class-images": frozenset({"class-images-are-noise"}),
    "entering": frozenset({"wrong-preprocessing"}),
    "mistakes": frozenset({"confused-pair", "sure-mistakes"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Everything a section draws from.

    Attributes:
        network: What was looked at.
        dataset: On which data.
        split: Which samples were held out.
        graph: Its table.
        evidence: What was measured.
        findings: What the rules said.
        silent: Names of the rules that looked and found nothing, with their sections.
        skipped: Names of the rules whose evidence was not measured.
        figures: What rules that found nothing measured, in a few words, by name; not all tell.
        store: Where the page's arrays go.
    """

    network: Network
    dataset: Dataset
    split: Split
    graph: Graph
    evidence: Evidence
    findings: tuple[Finding, ...]
    silent: dict[str, str]
    skipped: tuple[str, ...] = ()
    figures: Mapping[str, str] = field(default_factory=dict)
    store: ArrayStore = field(default_factory=ArrayStore)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self.network.output.names

    @property
    def is_values(self) -> bool:
        """Whether the network answers with values, not with classes or labels."""
        return self.network.output.kind == "values"

    @property
    def is_grey(self) -> bool:
        """Whether inputs have one channel."""
        return self.network.input_shape[0] == 1

    @property
    def input_scale(self) -> Scale:
        """How inputs are drawn: as stored, never recoloured."""
        axes = len(self.network.input_shape) - 1
        if axes == 1:
            return Scale(kind="sequential", low=0, high=255, unit="the signal over time, ±4 standard deviations high")
        unit = "brightness of the input"
        if self.network.preprocessing.mel:
            unit = "log power of the sound: time to the right, low bands above"
        if axes == 3:
            unit = "brightness of the input: the slices through its middle, along depth, height and width"
        is_colour = axes == 2 and self.network.input_shape[0] == 3
        return Scale(kind="colour" if is_colour else "grey", low=0, high=255, unit=unit)

    def of(self, section: str) -> tuple[Finding, ...]:
        """Return a section's findings, gravest first."""
        return by_severity(finding for finding in self.findings if finding.section == section)

    def judgement(self, section: str) -> Judgement | None:
        """Return a section's judgement: its gravest finding; "ok" if rules looked for all it calls wrong in vain; else None."""
        found = self.of(section)
        if found:
            return found[0].severity
        needed = _ANSWERED_BY.get(section)
        return "ok" if needed and needed <= self.silent.keys() else None

    def sentence(self, section: str, otherwise: str, *, op: str = "") -> str:
        """Return what a section says first: its gravest finding, or what is true if there is none.

        With `op` only findings about that layer, which is the one drawn, or about the whole network.
        """
        found = [finding for finding in self.of(section) if not op or finding.op in {"", op}]
        return found[0].message if found else otherwise

    def picture(self, sample: int, most: int = LARGE) -> Picture:
        """Return one input as the network receives it, (h, w) or (h, w, 3): images at their size, a curve `most` wide."""
        how = self.network.preprocessing
        rate = self.dataset.samples[sample].sample_rate_hz
        return as_shown(prepare(self.dataset.read(sample), how, sample_rate_hz=rate), how, most)

    def pictures(self, samples: list[int], most: int) -> Picture:
        """Return inputs as the network receives them, (n, h, w) or (n, h, w, 3), no side longer than `most`."""
        return np.stack([shrunk(self.picture(sample, most), most) for sample in samples])

    def name_of(self, target: int) -> str:
        """Return a class's name."""
        return self.classes[target] if 0 <= target < len(self.classes) else str(target)
