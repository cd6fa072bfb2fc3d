"""All held-out images placed by the distance of their features."""

from __future__ import annotations

import numpy as np

from striate.numbers import count, percent
from striate.page.wire import Caption, Cell, Column, Map, MapLayer, Section, Table
from striate.records import FeatureMap
from striate.report.shrinking import THUMBNAIL
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
        figures=[
            Map(
                layers=[
                    MapLayer(
                        name=layer.layer,
                        points=subject.store.numbers(f"map-points-{place}", layer.points),
                        separation=percent(layer.separation),
                    )
                    for place, layer in enumerate(found.layers)
                ],
                images=subject.store.images("map-images", subject.pictures([int(i) for i in found.samples], THUMBNAIL)),
                scale=subject.input_scale,
                labels=subject.store.numbers("map-labels", found.labels),
                wrong=subject.store.images("map-wrong", found.wrong),
                classes=classes,
                table=_table(found, classes),
            )
        ],
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


def _table(found: FeatureMap, classes: list[str]) -> Table:
    points = found.layers[-1].points
    order = np.argsort(-found.wrong.astype(int), kind="stable")
    rows: list[list[Cell]] = [
        [
            int(found.samples[place]),
            classes[int(found.labels[place])],
            "wrong" if found.wrong[place] else "right",
            float(points[place, 0]),
            float(points[place, 1]),
        ]
        for place in order
    ]
    return Table(
        columns=[
            Column(label="Sample"),
            Column(label="Class", align="left"),
            Column(label="Answer", align="left"),
            Column(label="x", decimals=3),
            Column(label="y", decimals=3),
        ],
        rows=rows,
        caption="Points of the last layer, wrong answers first",
    )
