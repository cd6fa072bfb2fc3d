"""What a report measures about shortcuts, as far as it can be afforded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from striate.data import Dataset, has_masks, read_masks
from striate.errors import InputError
from striate.events import Events
from striate.explain import shortcut_census
from striate.nets import Network
from striate.records import Shortcuts
from striate.report.gathering.budget import Budget


def shortcuts_of(
    network: Network, dataset: Dataset, samples: Sequence[int], budget: Budget, *, seed: int, events: Events
) -> Shortcuts | None:
    """Return what the answers to some samples follow; None for anything but classes of images."""
    if network.output.kind != "classes" or len(network.input_shape) != 3:
        return None
    return shortcut_census(
        network,
        dataset,
        samples,
        masks=_given(dataset, samples, events),
        most_passes=budget.shortcut_passes,
        seed=seed,
        events=events,
    )


def _given(dataset: Dataset, samples: Sequence[int], events: Events) -> dict[int, NDArray[np.bool_]] | None:
    """Return the objects that the data's own manifest gives, in a column `mask` or `box`; None if it gives none.

    A column of that name may mean something else: what cannot be read as objects is said, and left alone.
    """
    table = Path(dataset.reference)
    if table.suffix.lower() not in (".csv", ".parquet") or not table.is_file():
        return None
    try:
        return read_masks(dataset, table, samples) if has_masks(table) else None
    except InputError as error:
        events.log(f"objects of the manifest not used: {error}")
        return None


def left_out(found: Shortcuts | None) -> tuple[tuple[str, str], ...]:
    """Return that places were not exchanged, with the reason; nothing where shortcuts were not sought."""
    if found is None or not found.unexchanged:
        return ()
    why = {
        "images": "two classes need four images each that are answered right",
        "passes": "they would take many minutes; `striate explain shortcuts` exchanges them",
    }
    return (("Exchanged places", why[found.unexchanged]),)
