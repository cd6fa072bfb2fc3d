"""`explain_similarity`: the part that makes a query and a row of a store similar, with both pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from striate.data.load import BUILT_IN
from striate.errors import DataError, Quoted, StriateError
from striate.events import SILENT, Events
from striate.explain.answers import on_scale
from striate.explain.cover import Pixels
from striate.explain.fills import Fill
from striate.explain.similar_parts import similar_parts
from striate.features.extraction.loading import Loaded
from striate.features.neighbours.query import IMAGE_COLUMNS, Query, checked_network, images_of, load_reference
from striate.features.store.store import VectorStore, told
from striate.nets import Network
from striate.records.neighbours import Metric, SimilarParts, StoredImage

OTHERS = 4
# Rows that are tried for other pictures: some may not be found any more.
_TRIED = 5


def explain_similarity(  # noqa: PLR0913 - all but the two pictures have a default
    store: VectorStore,
    query: Query,
    neighbour: StoredImage,
    *,
    network: Network | str | None = None,
    metric: Metric = "cosine",
    others: int = OTHERS,
    window_px: Pixels | None = None,
    stride_px: Pixels | None = None,
    fill: Fill = "background",
    seed: int = 0,
    events: Events = SILENT,
) -> SimilarParts:
    """Return which parts make two pictures similar, beside what the windows take that matter most in other pictures.

    Args:
        store: The store; both vectors are made anew, as its own were.
        query: A picture, as `query_of` returns it; the vectors are of its layer.
        neighbour: A row of the store, as `search` returns it.
        network: The store's network or where it is now, unless the query has it; None loads it from where the store says.
        metric: What similarity means.
        others: How many other pictures of the store are looked at beside, drawn at random.
        window_px: As for `similar_parts`.
        stride_px: As for `similar_parts`.
        fill: As for `similar_parts`.
        seed: Draws the other pictures.
        events: Hears of each window; may cancel.

    Raises:
        DataError: A picture that cannot be found again, or has changed since its vector was stored.
        InputError: As for `similar_parts`; a network with other weights.

    When it misleads:
        As `similar_parts`.
    """
    owner = query.network or checked_network(store, network)
    own = picture_of(query.image, store) if query.inputs is None else query.inputs[0]
    pictures = [own, picture_of(neighbour, store)]
    beside = _others(store, {query.image.content, neighbour.content}, others, seed)
    on_query, on_neighbour = similar_parts(
        owner, store.spec, query.layer, pictures[0], pictures[1],
        metric=metric, others=beside, window_px=window_px, stride_px=stride_px, fill=fill, events=events,
    )  # fmt: skip
    seen = [_bytes(owner, picture) for picture in pictures]
    return SimilarParts(
        query=query.image,
        neighbour=neighbour,
        metric=metric,
        layer=query.layer.name,
        fill=str(fill),
        query_image=seen[0],
        neighbour_image=seen[1],
        on_query=on_query,
        on_neighbour=on_neighbour,
    )


def picture_of(image: StoredImage, store: VectorStore) -> Tensor:
    """Return a picture as the network sees it, read again from where it came from, (c, h, w).

    Raises:
        DataError: It is not there any more, or is another now.
    """
    found = _read_again(image, store)
    if found.inputs is None:
        raise DataError("a picture must be readable to be explained", got=Quoted(found.error), where=image.place)
    if found.content != image.content:
        raise DataError(
            "a picture must be the one whose vector was stored",
            got=Quoted("a changed one"),
            where=image.path or image.place,
            hint="Run striate extract again: rows of changed files are replaced.",
        )
    return found.inputs[0]


def _read_again(image: StoredImage, store: VectorStore) -> Loaded:
    if image.path:
        if not Path(image.path).is_file():
            raise DataError("a picture must still be there to be explained", got=Quoted("no file"), where=image.path)
        return load_reference(image.path, store.spec)
    data, _, index = image.place.rpartition("/")
    if data not in BUILT_IN or not index.isdecimal():
        raise DataError(
            "a picture must be found again to be explained",
            got=Quoted("no file"),
            where=image.place,
            hint="Rows of files and of built-in data can be.",
        )
    return load_reference(f"{data}:{index}", store.spec)


def _others(store: VectorStore, contents: set[str], count: int, seed: int) -> list[Tensor]:
    """Return other pictures of the store, those that can be read again."""
    if not count:
        return []
    rows = store.count()
    places = np.random.default_rng(seed).choice(rows, min(rows, _TRIED * count), replace=False).tolist()
    with told(store.address):
        found = store.table.take_offsets(places).select([*IMAGE_COLUMNS, "error"]).to_arrow()
    pictures: list[Tensor] = []
    for image in images_of(found.filter(found["error"].is_null())):
        if len(pictures) == count:
            break
        if image.content in contents:
            continue
        try:
            pictures.append(picture_of(image, store))
        except StriateError:
            continue
    return pictures


def _bytes(network: Network, picture: Tensor) -> NDArray[np.uint8]:
    """Return what the network saw on the stored scale, (h, w) or (h, w, 3)."""
    values = (on_scale(network, picture[None])[0].clamp(0, 1) * 255).round().to(torch.uint8).numpy()
    plane = values if values.ndim == 3 else values[:, None]
    seen: NDArray[np.uint8] = plane.transpose(1, 2, 0) if len(plane) == 3 else plane[0]
    return seen
