"""PAT001: many units with the same strongest images."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Finding, Measure
from striate.lint.rule import PictureRule, register
from striate.numbers import count, percentage
from striate.records import Evidence, TopPatches

_LIMIT = 25.0


@register
class TwinUnits(PictureRule[tuple[TopPatches, ...]]):
    """Many units that answer to the same images.

    ## What it looks for
    The share of a layer's units that share most of their strongest images with another unit.
    The finding names the worst layer. Limit: 25 %, for a note. A warning if that many are copies: they share 95 % of
    their strongest images and answer alike to single images of a class (correlation within classes 0.99). In a layer
    next to the answer the units of one class share its images by nature, and are no copies.

    ## Why it matters
    Units should divide the work. Where many fire for the same images, the layer is wider than
    what it has learned, or a few images are so unlike the rest that they excite everything.

    ## Example
    ```python
    import numpy as np

    from striate.records import Evidence, TopPatches, UnitPatches

    none = np.zeros((0,), np.int64)
    units = tuple(
        UnitPatches(
            unit=n,
            values=np.ones(1, np.float32),
            samples=np.array([n]),
            boxes=np.zeros((1, 4), np.int64),
            class_counts=none,
            purity=0.0,
        )
        for n in range(8)
    )
    Evidence(
        patches=(
            TopPatches(
                layer="conv4",
                field_px=(16, 16),
                units=units,
                counted=50,
                twins=((0, 1, 0.98), (2, 3, 0.96)),
                images=1000,
                copies=((0, 1, 1.0), (2, 3, 0.995)),
            ),
        )
    )
    ```

    ## Use instead
    ```python
    import numpy as np

    from striate.records import Evidence, TopPatches, UnitPatches

    none = np.zeros((0,), np.int64)
    units = tuple(
        UnitPatches(
            unit=n,
            values=np.ones(1, np.float32),
            samples=np.array([n]),
            boxes=np.zeros((1, 4), np.int64),
            class_counts=none,
            purity=0.0,
        )
        for n in range(8)
    )
    Evidence(
        patches=(
            TopPatches(
                layer="conv4",
                field_px=(16, 16),
                units=units,
                counted=50,
                twins=((0, 1, 0.9),),
                images=1000,
            ),
        )
    )
    ```

    ## When to ignore it
    In a last layer with many more units than classes, and when only a few hundred images were
    seen.

    ## Sources
    - Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014,
      figure 2.
    """

    code = "PAT001"
    name = "twin-units"
    severity = "warning"
    also = ("note",)
    section = "patches"

    def look(self, evidence: Evidence) -> tuple[TopPatches, ...] | None:
        """Return the layers with at least two units that ever fired."""
        return tuple(layer for layer in evidence.patches if len(layer.units) > 1) or None

    def judge(self, seen: tuple[TopPatches, ...]) -> Iterator[Finding]:
        """Yield one finding, about the layer with the largest share of twins."""
        copied = max(seen, key=_copied)
        is_grave = _copied(copied) > _LIMIT
        layer = copied if is_grave else max(seen, key=_shared)
        share = _copied(layer) if is_grave else _shared(layer)
        if share <= _LIMIT:
            return
        do_what = "say the same as" if is_grave else "share most of their strongest images with"
        yield self.finding(
            f"{percentage(share)} of the {count(len(layer.units))} units of {layer.layer} that fire {do_what} another unit.",
            f"Narrow {layer.layer}, or look at the shared images first: they may be unlike all others.",
            measure=Measure(value=share, limit=_LIMIT, wrong="above", high=100.0, unit="%"),
            op=layer.layer,
            severity="warning" if is_grave else "note",
        )


def _shared(layer: TopPatches) -> float:
    """Return how many of a layer's units have a twin, percent."""
    return _share(layer, layer.twins)


def _copied(layer: TopPatches) -> float:
    """Return how many of a layer's units have a copy, percent."""
    return _share(layer, layer.copies or ())


def _share(layer: TopPatches, pairs: tuple[tuple[int, int, float], ...]) -> float:
    return 100 * len({unit for first, second, _ in pairs for unit in (first, second)}) / len(layer.units)
