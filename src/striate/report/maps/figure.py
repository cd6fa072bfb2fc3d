"""The map of a store as a figure: what goes into one file, and what is left out of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from striate.features.mapping.layer import KEPT_NEIGHBOURS
from striate.numbers import count, measure, percent
from striate.page.map_wire import MapChannel, MapPlacing, VectorMap
from striate.records import vector_map as records
from striate.report.arrays import ArrayStore
from striate.report.figures.class_colours import class_colours
from striate.report.maps.points import MapPoints, read_thumbnails
from striate.report.pictures.thumbnails import spread_evenly, to_pictures

if TYPE_CHECKING:
    from striate.features.store import VectorStore

# Of one file: its size, what pictures may take of it, and what a sheet of pictures may have in a browser.
MOST_BYTES = 40_000_000
MOST_POINT_BYTES = 24_000_000
MOST_SHEET_PIXELS = 16_000_000
SHELL_BYTES = 1_500_000
THUMBNAIL_PX = 32
MOST_SPLITS = 24
# Points whose pictures tell how large pictures are.
_SAMPLED = 100
_TEXT = 4 / 3  # base64
_UNKNOWN = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """The points of a map that go into the file.

    Attributes:
        rows: Indices into the map's ids, in rising order.
        kept_places: Whether the inputs' places go along.
        note: What is left out, in words.
    """

    rows: npt.NDArray[np.int64]
    kept_places: bool
    note: str = ""


def map_figure(found: records.VectorMap, points: MapPoints, store: VectorStore, arrays: ArrayStore) -> VectorMap:
    """Return the figure; its arrays are in `arrays` afterwards.

    The file stays within 40 MB: where there are too many points some are drawn at random, where there are too many pictures
    they are chosen evenly over the map; both are said in the figure's note.

    Args:
        found: The map.
        points: What the store knows of its points.
        store: Where their pictures are.
        arrays: Of the page.
    """
    placings = _placings(found)
    channels = _channels(found, points)
    drawn = _drawn(found, points, len(placings), len(channels))
    reach = max(float(np.nanmax(np.abs(placing.points), initial=1e-9)) for placing in placings)
    rows = drawn.rows
    notes = [drawn.note]
    figure = VectorMap(
        placings=[
            MapPlacing(
                layer=placing.layer,
                method="PCA" if placing.is_pca else "t-SNE",
                settings=placing.settings,
                is_drawn=placing.is_drawn,
                points=arrays.places(f"map-points-{number}", placing.points[rows] / (reach, -reach)),
                judged=placing.judged,
            )
            for number, placing in enumerate(placings)
        ],
        channels=[channel(arrays, rows) for channel in channels],
        ids=[found.ids[row] for row in rows],
        shown=found.judged.layer,
        places=[points.places[row] for row in rows] if drawn.kept_places else [],
    )
    extra, note = _pictures(found, rows, store, arrays)
    notes.append(note)
    near, note = _neighbours(found, rows, arrays)
    notes.append(note)
    return figure.model_copy(update={**extra, **near, "note": " ".join(part for part in notes if part)})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placing:
    layer: str
    is_pca: bool
    settings: str
    is_drawn: bool
    points: npt.NDArray[np.float32]
    judged: str


def _placings(found: records.VectorMap) -> list[_Placing]:
    """Return every picture of the points: of each layer the map drawn, PCA, and what was tried beside it."""
    made: list[_Placing] = []
    for layer in found.layers:
        settings = _settings(layer.perplexity, layer.seed)
        drawn = _Placing(
            layer=layer.layer,
            is_pca=False,
            settings=settings,
            is_drawn=True,
            points=layer.points,
            judged=judged(layer.quality),
        )
        share = percent(sum(layer.pca_shares[:2]), 0)
        pca = replace(
            drawn, is_pca=True, settings="", is_drawn=False, points=layer.pca, judged=judged(layer.pca_quality)
        )
        made += [drawn, replace(pca, judged=f"{share} of the spread. {pca.judged}")]
        for tried in layer.tried:
            # The reference is the drawn map itself where all points were compared.
            if tried.is_reference and len(tried.rows) == len(found.ids):
                continue
            points = np.full((len(found.ids), 2), np.nan, np.float32)
            points[tried.rows] = tried.points
            part = "" if len(tried.rows) == len(found.ids) else f", {count(len(tried.rows))} points"
            words = f"{_settings(tried.perplexity, tried.seed)}{part}"
            agreed = "" if tried.is_reference else f"{percent(tried.overlap, 0)} of neighbours as on the reference. "
            made.append(
                replace(drawn, settings=words, is_drawn=False, points=points, judged=agreed + judged(tried.quality))
            )
    return made


def _settings(perplexity: float, seed: int) -> str:
    return f"perplexity {perplexity:g}, seed {seed}"


def judged(quality: records.MapQuality | None) -> str:
    """Return how well a picture keeps neighbourhoods, in words; empty where it was not measured."""
    if quality is None:
        return ""
    return (
        f"Trustworthiness {measure(quality.trustworthiness)}, continuity {measure(quality.continuity)}, "
        f"{percent(quality.recall, 0)} of the {quality.neighbours} nearest kept."
    )


_Channel = Callable[[ArrayStore, npt.NDArray[np.int64]], MapChannel]


def _channels(found: records.VectorMap, points: MapPoints) -> list[_Channel]:
    made: list[_Channel] = []
    if found.truth != "none":
        made.append(_of_words(label_word(found.truth), np.asarray(found.labels), found.names, _colours(found)))
    if any(points.predictions):
        words, codes = _coded(points.predictions, () if found.truth == "values" else found.names)
        known = _colours(found) if found.truth != "values" else []
        colours = known + [-1] * (len(words) - len(known)) if known else class_colours(codes.tolist(), len(words))
        if len(words) <= len(found.names) + 1000:
            made.append(_of_words("prediction", codes, words, colours))
        if found.truth == "classes":
            wrong = np.where((found.labels < 0) | (codes < 0), _UNKNOWN, codes != found.labels)
            made.append(_of_words("answer", wrong, ("right", "wrong"), [-1, 1], is_flag=True))
    if any(points.splits):
        words, codes = _coded(points.splits, ())
        if len(words) <= MOST_SPLITS:
            made.append(_of_words("split", codes, words, class_colours(codes.tolist(), len(words))))
    for name, values in (("value", points.values), ("loss", points.losses)):
        if np.isfinite(values).any():
            made.append(_of_values(name, values))
    made += _flags(found)
    return made


def _flags(found: records.VectorMap) -> list[_Channel]:
    made: list[_Channel] = []
    for name, words, marked in (
        ("label doubted", ("not doubted", "doubted"), [one.row for one in found.judged.doubtful]),
        ("odd one", ("ordinary", "odd"), [one.row for one in found.judged.odd]),
    ):
        if marked:
            flags = np.zeros(len(found.ids), np.int64)
            flags[marked] = 1
            made.append(_of_words(name, flags, words, [-1, 1], is_flag=True))
    if np.any(found.placed_later):
        later = np.where(found.far, 2, found.placed_later)
        made.append(_of_words("placed", later, ("with the map", "later", "later, far from all"), [-1, 0, 1]))
    return made


def label_word(truth: records.Truth) -> str:
    """Return what the labels of a map are called on its page."""
    return {"classes": "label", "labels": "first label", "values": "tenth", "none": ""}[truth]


def _colours(found: records.VectorMap) -> list[int]:
    return class_colours(np.asarray(found.labels).tolist(), len(found.names))


def _coded(said: Sequence[str | None], known: Sequence[str]) -> tuple[tuple[str, ...], npt.NDArray[np.int64]]:
    """Return words and each point's number among them: the known ones first, then the others in the order of the alphabet."""
    others = sorted({word for word in said if word is not None} - set(known))
    words = (*known, *others)
    number = {word: place for place, word in enumerate(words)}
    return words, np.array([_UNKNOWN if word is None else number[word] for word in said], np.int64)


def _of_words(
    name: str, codes: npt.NDArray[np.integer], words: Sequence[str], colours: list[int], *, is_flag: bool = False
) -> _Channel:
    return lambda arrays, rows: MapChannel(
        name=name,
        kind="flags" if is_flag else "classes",
        array=arrays.codes(f"map-{name}", codes[rows]),
        words=list(words),
        colours=colours,
    )


def _of_values(name: str, values: npt.NDArray[np.float32]) -> _Channel:
    return lambda arrays, rows: MapChannel(name=name, kind="values", array=arrays.numbers(f"map-{name}", values[rows]))


def _drawn(found: records.VectorMap, points: MapPoints, placings: int, channels: int) -> Drawn:
    """Return which points fit: all, or a random part that always holds those the page speaks of."""
    total = len(found.ids)
    names = sum(len(name) + 3 for name in found.ids) / max(total, 1)
    places = sum(len(place.encode()) + 3 for place in points.places) / max(total, 1)
    each = names + _TEXT * (4 * placings + 2 * channels + 4 * KEPT_NEIGHBOURS)
    kept_places = total * (each + places) <= MOST_POINT_BYTES
    most = int(MOST_POINT_BYTES / (each + (places if kept_places else 0)))
    without = "" if kept_places else "Where the inputs lie is left out of this file; the ids find them in the store."
    if total <= most:
        return Drawn(rows=np.arange(total), kept_places=kept_places, note=without)
    spoken = spoken_of(found)
    rest = np.setdiff1d(np.arange(total), spoken)
    chosen = np.random.default_rng(0).choice(rest, most - len(spoken), replace=False)
    note = f"{count(most)} of {count(total)} points are in this file, drawn at random; the figures are of all."
    return Drawn(rows=np.sort(np.r_[spoken, chosen]), kept_places=kept_places, note=f"{note} {without}".strip())


def spoken_of(found: records.VectorMap) -> npt.NDArray[np.int64]:
    """Return the points that sections of the page are about: doubted, odd, at a border."""
    last = found.judged
    rows = [one.row for one in last.doubtful] + [one.row for one in last.odd]
    if last.separation is not None:
        rows += [int(row) for pair in last.separation.overlaps for row in pair.border[:50]]
    return np.unique(np.array(rows, np.int64))


def _pictures(
    found: records.VectorMap, rows: npt.NDArray[np.int64], store: VectorStore, arrays: ArrayStore
) -> tuple[dict[str, object], str]:
    used = sum(array.nbytes for array in arrays.arrays.values()) * _TEXT + SHELL_BYTES
    ids = [found.ids[row] for row in rows]
    sample = read_thumbnails(ids[:: max(1, len(ids) // _SAMPLED)], store)
    if not sample:
        return {}, "The store holds no pictures of these points."
    shape = to_pictures(list(sample.values()), THUMBNAIL_PX)[0].shape[1:]
    room = int((MOST_BYTES - used - len(ids) * 120) / (_TEXT * int(np.prod(shape))))
    most = max(0, min(room, MOST_SHEET_PIXELS // (shape[0] * shape[1]), len(ids)))
    first = np.flatnonzero(np.isin(rows, spoken_of(found)))
    chosen = spread_evenly(found.judged.points[rows], most, first.tolist())
    stored = read_thumbnails([ids[place] for place in chosen], store)
    at = [place for place in chosen if ids[place] in stored]
    pictures, scale, kept = to_pictures([stored[ids[place]] for place in at], THUMBNAIL_PX)
    if not kept:
        return {}, "The store's small pictures cannot be read."
    note = ""
    if len(kept) < len(ids):
        note = (
            f"{count(len(kept))} of {count(len(ids))} points have a picture in this file, chosen evenly over the map."
        )
    return {
        "pictures": arrays.images("map-pictures", pictures),
        "pictured": arrays.numbers("map-pictured", np.array([at[place] for place in kept])),
        "scale": scale,
    }, note


def _neighbours(
    found: records.VectorMap, rows: npt.NDArray[np.int64], arrays: ArrayStore
) -> tuple[dict[str, object], str]:
    """Return the nearest points by the judged layer's vectors, as far as they are in the file."""
    layer = found.judged
    near = np.asarray(layer.neighbours, np.int64)
    if not near.size:
        return {}, "Neighbours by the vectors are not known: nobody is nearer than another."
    place = np.full(len(found.ids), _UNKNOWN)
    place[rows] = np.arange(len(rows))
    return {
        "neighbours": arrays.numbers("map-neighbours", place[near[rows]]),
        "neighbours_of": f"{layer.layer}, by the angle between centred vectors"
        + (f", over {layer.placed_by}" if layer.placed_by else ""),
    }, "" if len(rows) == len(found.ids) else "Neighbours by the vectors are shown where they are in this file."
