"""What a map of a store will cost, told before it is made."""

from __future__ import annotations

from collections.abc import Sequence

from striate.features.mapping.forecast import forecast_map
from striate.features.mapping.from_store import continued_map, picture_pixels
from striate.features.mapping.layer import MapSettings
from striate.features.store import VectorStore
from striate.features.store.asking import without_error


def told_beforehand(
    store: VectorStore,
    *,
    layers: Sequence[str] = (),
    where: str = "",
    afresh: bool = False,
    settings: MapSettings | None = None,
) -> tuple[str, ...]:
    """Return what `map_store` will cost with the same arguments, and why a map that is there is not continued.

    Raises:
        UnknownNameError: A layer the store has not.
        StorageError: The store cannot be read.

    Cost:
        Under a second, and the ids of the rows.
    """
    how = settings or MapSettings()
    chosen = [store.layer(name) for name in layers] if layers else store.spec.layers
    ids = store.rows(("id",), without_error(where))["id"].to_pylist()
    if len(ids) < 2:
        return ()
    old, anew = (None, "") if afresh or where else continued_map(store, [one.name for one in chosen], how, ids)
    told = forecast_map(
        len(ids),
        tuple(one.size for one in chosen),
        pixels=picture_pixels(store, where),
        perplexity=how.perplexity,
        is_compared=how.is_compared,
        is_continued=old is not None,
    )
    return (anew, told.words()) if anew else (told.words(),)
