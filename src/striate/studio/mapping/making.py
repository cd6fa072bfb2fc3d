"""The job that makes a map: one read of some samples, every layer's values pooled, chosen layers laid out and judged."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise

import numpy as np
import numpy.typing as npt

from striate.data import evenly_spread, subset
from striate.errors import InputError
from striate.events import Events, Task
from striate.features import default_feature_layer, map_layers
from striate.features.differing import Ranks, doubled_ranks
from striate.features.extraction import extract
from striate.features.mapping import MapSettings, map_store
from striate.features.store import VectorStore
from striate.lint import lint
from striate.numbers import count, plural
from striate.page.wire import Page
from striate.records import Evidence, VectorMap
from striate.records.vectors import VectorChoice
from striate.report.arrays import ArrayStore
from striate.report.maps.page import map_page
from striate.report.maps.points import read_points
from striate.studio.map_wire import MapWanted
from striate.studio.mapping.folder import PassingFolder
from striate.studio.mapping.layered import Layered
from striate.studio.mapping.parts import in_parts
from striate.studio.mapping.separating import with_separation
from striate.studio.subject import Subject
from striate.studio.work.longwork import data_of

# Ranks kept of all units, two bytes each: of networks with very many units fewer samples are taken.
MOST_RANKS = 2**27
FEWEST = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SampleMap:
    """A map of samples, and what is asked of it.

    Attributes:
        found: The map; its store's name is said in words.
        store: The vectors: of every layer by its name, and of the layers mapped.
        page: The map's page.
        parts: Its arrays, as files in the safetensors layout.
        samples: (n,) number in the data of each point's sample.
        ranks: (n, units) of all layers' units side by side, in the layers' order, see `doubled_ranks`.
        bounds: By the layer's number the first of its units there; one more, their number.
        seen: Which samples these are, in words.
        folder: Where the store is, as long as somebody asks.
        limits: What `add_to_map` found to be far, by layer, once it was asked.
    """

    found: VectorMap
    store: VectorStore
    page: Page
    parts: tuple[bytes, ...]
    samples: npt.NDArray[np.int64]
    ranks: Ranks
    bounds: tuple[int, ...]
    seen: str
    folder: PassingFolder = field(repr=False)
    limits: dict[str, float] = field(default_factory=dict, repr=False)

    def values(self, layer: str) -> npt.NDArray[np.float32]:
        """Return a layer's vectors (n, f), in the order of the points; `layer` is a layer's or an op's name."""
        found = self.store.vectors(layer, columns=("id",))
        place = {one: number for number, one in enumerate(found.column("id"))}
        return found.values[[place[one] for one in self.found.ids]]


def check_wanted(subject: Subject, wanted: MapWanted) -> None:
    """Refuse what cannot be mapped.

    Raises:
        InputError: No data, too few samples, a layer twice or that is not there.
    """
    if len(data_of(subject)) < FEWEST:
        raise InputError(f"a map must have at least {FEWEST} samples", got=len(data_of(subject)))
    for row in wanted.rows:
        subject.layer(row)
    if len(set(wanted.rows)) < len(wanted.rows):
        raise InputError("a map's layers must be named once each", got=wanted.rows)


def mapped(subject: Subject, wanted: MapWanted, *, events: Events) -> SampleMap:
    """Return the map of evenly spread samples of the data: positions as `striate map` gives them for the same vectors and seed.

    Args:
        subject: Network and data.
        wanted: How many samples, which layers, which seed.
        events: Hears of the read, of the ranks and of each layer; may cancel.

    Raises:
        InputError: As `check_wanted`; values that are not finite.
        Cancelled: The watcher asked to stop.
    """
    check_wanted(subject, wanted)
    dataset = data_of(subject)
    most = min(wanted.samples, max(FEWEST, MOST_RANKS // sum(layer.channels for layer in subject.layers)))
    numbers = evenly_spread(len(dataset), most)
    layers, default = _layers(subject, wanted)
    names = [layer.reading.name for layer in subject.layers]
    choice = VectorChoice(layers=tuple(dict.fromkeys((default, *layers, *names))), memory_format="plain")
    folder = PassingFolder()
    address = str(folder.path / "vectors")
    extract(subject.network, subset(dataset, numbers), address, choice, lanes=1, events=events)
    store = VectorStore.open(address)
    settings = MapSettings(seed=wanted.seed, is_compared=False)
    found = map_store(store, layers=layers, settings=settings, events=Layered(events, len(layers)))
    seen = _seen(len(dataset), len(numbers), dataset.name, shortened=most < min(wanted.samples, len(dataset)))
    found = replace(found, store=seen, network=subject.name)
    page, parts = _drawn(found, store)
    number_of = {dataset.samples[number].place: number for number in numbers}
    made = SampleMap(
        found=found,
        store=store,
        page=page,
        parts=parts,
        samples=np.array([number_of[place] for place in read_points(found, store).places], np.int64),
        ranks=np.empty((0, 0), np.uint16),
        bounds=tuple(accumulate((layer.channels for layer in subject.layers), initial=0)),
        seen=seen,
        folder=folder,
    )
    return replace(made, ranks=_ranks(made, names, events))


def _layers(subject: Subject, wanted: MapWanted) -> tuple[tuple[str, ...], str]:
    """Return the layers that are laid out, from the input on, and the one that is judged."""
    graph = subject.recording.graph
    readings = tuple(layer.reading for layer in subject.layers)
    if wanted.rows:
        names = tuple(subject.layer(row).reading.name for row in sorted(wanted.rows))
        return names, names[-1]
    return map_layers(readings, graph), default_feature_layer(readings, graph)


def _ranks(made: SampleMap, names: list[str], events: Events) -> Ranks:
    task = Task("ranking the units", total=len(names), unit="layer", events=events)
    found = np.empty((len(made.samples), made.bounds[-1]), np.uint16)
    for name, (first, last) in zip(names, pairwise(made.bounds), strict=True):
        found[:, first:last] = doubled_ranks(made.values(name))
        task.advance()
    return found


def _drawn(found: VectorMap, store: VectorStore) -> tuple[Page, tuple[bytes, ...]]:
    arrays = ArrayStore()
    report = lint(Evidence(vector_map=found), select=["MAP003"])
    points = read_points(found, store)
    page = map_page(found, points, store, arrays, findings=report.findings, silent=report.silent)
    return with_separation(page, found), in_parts(arrays)


def _seen(total: int, some: int, data: str, *, shortened: bool) -> str:
    if some == total:
        return f"all {plural(total, 'sample')} of {data}"
    words = f"{count(some)} of {count(total)} samples of {data}, evenly spread"
    return f"{words} (more would not fit beside so many units)" if shortened else words
