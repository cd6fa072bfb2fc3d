"""The network: its drawing to scale, and its table folded by module."""

from __future__ import annotations

from striate.analyse import receptive_fields
from striate.graph import times
from striate.numbers import percent
from striate.page.wire import Caption, Section
from striate.report.drawing import drawing
from striate.report.graph_figure import graph_figure
from striate.report.sections.words import BOXES, LINES, not_counted
from striate.report.subject import Subject


def section(subject: Subject) -> Section | None:
    """Return the section, drawn from the table alone."""
    rows, cost = subject.evidence.layers, subject.evidence.cost
    if not rows or cost is None:
        return None
    total = cost.total
    widest = max(rows, key=lambda row: row.cost.params)
    busiest = max(rows, key=lambda row: row.cost.macs)
    sentence = (
        f"{widest.name} holds {percent(widest.cost.params / max(total.params, 1), 0)} of the parameters; "
        f"{busiest.name} does {percent(busiest.cost.macs / max(total.macs, 1), 0)} of the work."
    )
    boxes = drawing(subject.graph, rows)
    table = graph_figure(subject.graph, cost, receptive_fields(subject.graph), subject.findings)
    return Section(
        id="network",
        term="Network",
        judgement=subject.judgement("network"),
        sentence=subject.sentence("network", sentence),
        figures=[*([boxes] if boxes else []), table],
        caption=Caption(
            shown=(BOXES if boxes else "") + LINES,
            should_see="Blocks that get lower slowly and wider as they do, and a field that reaches the input's size "
            "before the last layer.",
            wrong_if="a block drops by more than half at once, the field stays below the size of the object, or one row "
            "holds nearly all parameters.",
            source=f"Traced from the module with a {times(subject.network.input_shape)} input. MACs: convolutions, fully "
            "connected layers and matrix products, forward. Kept: activations kept for the backward pass, float32, one "
            f"image.{not_counted(cost.not_counted)}",
        ),
    )
