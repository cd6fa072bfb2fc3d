"""What the network ignores: answers and layers when images are shifted, turned, scaled or lit otherwise."""

from __future__ import annotations

from striate.numbers import count, measure, percent
from striate.page.wire import Caption, Figure, Section, TableFigure
from striate.records import Invariance, Stability
from striate.report.figures.invariance import answers_table, depth_figure
from striate.report.subject import Subject


def section(subject: Subject) -> Section | None:
    """Return the section if images were changed."""
    layers, answers = subject.evidence.invariance, subject.evidence.stability
    figures: list[Figure] = []
    if layers is not None and layers.layers:
        figures.append(depth_figure(layers))
    if answers is not None:
        figures.append(TableFigure(table=answers_table(answers)))
    if not figures:
        return None
    return Section(
        id="invariance",
        term="Invariance",
        judgement=subject.judgement("invariance"),
        sentence=subject.sentence("invariance", _otherwise(layers, answers)),
        figures=figures,
        caption=Caption(
            shown="How far the features of each layer move when the image is changed: 0 is the same image, 1 another one. Where "
            "maps are moved along, what is left is what the layer does not carry with the image.",
            should_see="Distances that fall with depth for what should not matter: a shift by a pixel, a little less light. Maps "
            "that go with the image near 0 in the first layers.",
            wrong_if="the last layers move farther than the pixels do, or answers change with one pixel.",
            source=(
                f"{count(layers.images)} held-out images; distance between features over the mean distance of images of "
                f"{'different classes' if _has_classes(layers) else 'one another'}; what becomes free at borders repeats them; "
                "between places maps are interpolated. "
                if layers is not None
                else ""
            )
            + ("" if answers is None else "Intervals of 95 %, Wilson, one trial an image. ")
            + "What is turned or mirrored may be another thing.",
        ),
    )


def _has_classes(found: Invariance) -> bool:
    return any(row.same_class is not None for row in found.layers)


def _otherwise(layers: Invariance | None, answers: Stability | None) -> str:
    said = []
    row = None if answers is None else answers.by_pixel
    if row is not None and row.images:
        said.append(
            f"A {row.change} changes {percent(row.mean_changed)} of the answers, in one direction at least that to "
            f"{count(row.changed)} of {count(row.images)} images."
        )
    if layers is not None and len(layers.layers) > 1 and layers.changes[0].startswith("shift"):
        first, last = layers.layers[0], layers.layers[-1]
        what = "It" if said else f"A {layers.changes[0]}"
        said.append(
            f"{what} moves the pixels {measure(first.distance[0], 2)} of the way to another image, {last.layer} "
            f"{measure(last.distance[0], 2)}."
        )
    return " ".join(said)
