"""The strongest patches of a survey, as `PatchCollector` records them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from striate.observe.survey.settings import response_orders
from striate.observe.top_patches import Kept, first_two, strongest_patches
from striate.observe.twins import copies
from striate.records import LayerReading, Output, TopPatches
from striate.records.unit_survey import Survey, SurveyedLayer


def patches_of(survey: Survey, readings: tuple[LayerReading, ...], output: Output) -> tuple[TopPatches, ...]:
    """Return one record a layer of a survey, in the network's order.

    Boxes reach beyond the image where the field does, unlike the survey's own.

    Args:
        survey: The survey.
        readings: The network's layers.
        output: The network's output: classes are counted if it has some.
    """
    known = {reading.name: reading for reading in readings}
    order = np.argsort(survey.samples)
    found = []
    for layer in survey.layers:
        targets = np.zeros_like(layer.samples)
        if survey.targets is not None and layer.samples.size:
            targets = survey.targets[order[np.searchsorted(survey.samples[order], layer.samples)]]
        kept = Kept(
            values=layer.values,
            samples=layer.samples,
            places=layer.places,
            targets=targets,
            sizes=layer.sizes,
            whole=first_two(survey.input_px),
            images=len(survey.samples),
        )
        patches = strongest_patches(known[layer.layer], kept, output, counted=survey.settings["counted"])
        found.append(replace(patches, copies=_copies(survey, layer, patches)))
    return tuple(found)


def _copies(survey: Survey, layer: SurveyedLayer, patches: TopPatches) -> tuple[tuple[int, int, float], ...] | None:
    """Return the twins that say the same; None where no responses were kept of every image they are kept of."""
    kept = response_orders(len(survey.samples))
    if layer.statistics is None or len(layer.statistics.responses) != len(kept):
        return None
    return copies(patches.twins, layer.statistics.responses, None if survey.targets is None else survey.targets[kept])
