"""What is told of each layer while a slider goes through them: how far the classes are apart there, then how well it is drawn."""

from __future__ import annotations

from striate.numbers import measure, percent
from striate.page.map_wire import MapPlacing
from striate.page.map_wire import VectorMap as MapFigure
from striate.page.wire import Page
from striate.records import MappedLayer, VectorMap


def with_separation(page: Page, found: VectorMap) -> Page:
    """Return a map's page whose layers tell their separation beside their map."""
    measured = {layer.layer: separation_of_layer(layer) for layer in found.layers}

    def told(placing: MapPlacing) -> MapPlacing:
        words = f"{measured.get(placing.layer, '')} {placing.judged}".strip()
        return placing.model_copy(update={"judged": words})

    sections = [
        section.model_copy(
            update={
                "figures": [
                    figure.model_copy(update={"placings": [told(placing) for placing in figure.placings]})
                    if isinstance(figure, MapFigure)
                    else figure
                    for figure in section.figures
                ]
            }
        )
        for section in page.sections
    ]
    return page.model_copy(update={"sections": sections})


def separation_of_layer(layer: MappedLayer) -> str:
    """Return how far a layer's vectors are apart, in a sentence; empty where that was not measured."""
    found = layer.separation
    if found is None:
        return ""
    if found.accuracy is not None:
        low, high = (percent(end) for end in found.accuracy.interval)
        return (
            f"{found.neighbours} neighbours vote right for {percent(found.accuracy.value)} (95 % {low} to {high}; guessing "
            f"{percent(found.accuracy.chance, 0)})."
        )
    if found.explained is not None and found.explained_interval is not None:
        low, high = (measure(end) for end in found.explained_interval)
        return f"{found.neighbours} neighbours explain R² {measure(found.explained)} (95 % {low} to {high})."
    return ""
