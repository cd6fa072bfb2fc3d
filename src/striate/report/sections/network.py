"""The network: its drawing to scale, and its table folded by module."""

from __future__ import annotations

from striate.analyse import receptive_fields
from striate.graph import times
from striate.page.wire import Caption, Section
from striate.report.figures.drawing import drawing
from striate.report.figures.graph import graph_figure
from striate.report.sections.words import BOXES, SHOULD_SEE, WRONG_IF, leading, lines, not_counted
from striate.report.subject import Subject


def section(subject: Subject) -> Section | None:
    """Return the section, drawn from the table alone."""
    rows, cost = subject.evidence.layers, subject.evidence.cost
    if not rows or cost is None:
        return None
    sentence = leading(rows, cost.total) or "No layer holds a quarter of the parameters or does a quarter of the work."
    boxes = drawing(subject.graph, rows)
    table = graph_figure(subject.graph, cost, receptive_fields(subject.graph), subject.findings)
    return Section(
        id="network",
        term="Network",
        judgement=subject.judgement("network"),
        sentence=subject.sentence("network", sentence),
        figures=[*([boxes] if boxes else []), table],
        caption=Caption(
            shown=(BOXES if boxes else "") + lines(table),
            should_see=SHOULD_SEE,
            wrong_if=WRONG_IF,
            source=f"Traced from the module with a {times(subject.network.input_shape)} input. MACs: convolutions, fully "
            "connected layers and matrix products, forward. Kept: activations kept for the backward pass, float32, one "
            f"image.{not_counted(cost.not_counted)}",
        ),
    )
