"""All held-out images placed by the distance of their features."""

from __future__ import annotations

import numpy as np

from striate.numbers import count, percent
from striate.page.map_wire import MapChannel, MapPlacing, VectorMap
from striate.page.wire import Caption, Section
from striate.records import FeatureMap
from striate.report.figures.class_colours import class_colours
from striate.report.pictures.shrinking import THUMBNAIL
from striate.report.subject import Subject


def section(subject: Subject) -> Section | None:
    """Return the section if the map was made."""
    found = subject.evidence.feature_map
    if found is None or not found.layers:
        return None
    first, last = found.layers[0], found.layers[-1]
    is_values = subject.is_values
    classes = [f"tenth {number + 1}" for number in range(10)] if is_values else list(subject.classes)
    if subject.network.output.kind == "labels":
        classes.append("no label")
    overlap = ""
    if found.overlap is not None:
        one, other, share = found.overlap
        overlap = (
            f" Here {classes[one]} and {classes[other]} mix most: {percent(share)} of the neighbours of {classes[one]} are "
            f"{classes[other]}."
        )
    return Section(
        id="map",
        term=f"Map of {count(len(found.samples))} samples",
        # The rules about the map compare classes; of values nothing is judged.
        judgement=None if is_values else subject.judgement("map"),
        sentence=subject.sentence(
            "map",
            f"The ten nearest neighbours vote for the right {'tenth' if is_values else 'class'} for "
            f"{percent(first.separation)} of the samples in {first.layer}, for {percent(last.separation)} at {last.layer}.",
        ),
        figures=[_figure(subject, found, classes)],
        caption=Caption(
            shown="Each sample stands where its feature vector puts it: near means similar, far means little. "
            + (
                "The colours are tenths of the value. "
                if is_values
                else "Ringed ones are answered wrongly. The share is how often the ten nearest neighbours vote for the right "
                "class. "
            )
            + "Distances between islands carry no meaning.",
            should_see="The tenths in order, along a band."
            if is_values
            else "One island a class, and errors at the shores.",
            wrong_if=(
                "tenths that lie far apart in value lie side by side."
                if is_values
                else "islands form by something other than class, such as source, brightness or date, or classes "
                f"overlap.{overlap}"
            ),
            source=f"t-SNE, perplexity {found.perplexity:g}, seed {found.seed}, started from principal components, each "
            "layer turned to fit the one before. Maps are pooled to at most 4×4 cells a channel.",
        ),
    )


def _figure(subject: Subject, found: FeatureMap, classes: list[str]) -> VectorMap:
    store = subject.store
    channels = [
        MapChannel(
            name="tenth" if subject.is_values else "label",
            kind="classes",
            array=store.numbers("map-labels", found.labels),
            words=classes,
            colours=class_colours(found.labels.tolist(), len(classes)),
        )
    ]
    if not subject.is_values:
        channels.append(
            MapChannel(
                name="answer",
                kind="flags",
                array=store.numbers("map-wrong", found.wrong),
                words=["right", "wrong"],
                colours=[-1, 1],
            )
        )
    rows = np.arange(len(found.samples))
    return VectorMap(
        placings=[
            MapPlacing(
                layer=layer.layer,
                method="t-SNE",
                settings="",
                is_drawn=True,
                points=store.places(f"map-points-{place}", layer.points),
                judged=f"{percent(layer.separation)} by their neighbours",
            )
            for place, layer in enumerate(found.layers)
        ],
        channels=channels,
        ids=[f"sample {int(sample)}" for sample in found.samples],
        pictures=store.images("map-images", subject.pictures([int(i) for i in found.samples], THUMBNAIL)),
        pictured=store.numbers("map-pictured", rows),
        scale=subject.input_scale,
    )
