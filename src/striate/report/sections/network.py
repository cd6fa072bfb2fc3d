"""The network: its drawing to scale, and its table."""

from __future__ import annotations

from striate.graph import times
from striate.numbers import percent
from striate.page.wire import Block, Caption, Drawing, LayerRow, LayerTable, Section
from striate.records import LayerReading
from striate.report.subject import Subject

_LOG_FROM = 512


def section(subject: Subject) -> Section | None:
    """Return the section, drawn from the table alone."""
    rows, cost = subject.evidence.layers, subject.evidence.cost
    if not rows or cost is None:
        return None
    side = max(subject.network.input_shape[1:])
    total = cost.total
    widest = max(rows, key=lambda row: row.cost.params)
    busiest = max(rows, key=lambda row: row.cost.macs)
    sentence = (
        f"{widest.name} holds {percent(widest.cost.params / max(total.params, 1), 0)} of the parameters; "
        f"{busiest.name} does {percent(busiest.cost.macs / max(total.macs, 1), 0)} of the work."
    )
    return Section(
        id="network",
        term="Network",
        judgement=subject.judgement("network"),
        sentence=subject.sentence("network", sentence),
        figures=[
            _drawing(subject, rows),
            LayerTable(
                rows=[_row(row, side) for row in rows],
                input_side=side,
                params=total.params,
                macs=total.macs,
                kept_bytes=total.kept_bytes,
            ),
        ],
        caption=Caption(
            shown="Every block is drawn to scale: its height is the map's side in pixels, its width the number of "
            "channels; dashed blocks learn nothing. Normalisation and activation are drawn with the layer they follow.",
            should_see="Blocks that get lower slowly and wider as they do, and a field that reaches the input's size "
            "before the last layer.",
            wrong_if="a block drops by more than half at once, the field stays below the size of the object, or one row "
            "holds nearly all parameters.",
            source=f"Traced from the module with a {times(subject.network.input_shape)} input. MACs: convolutions, fully "
            "connected layers and matrix products, forward. Kept: activations kept for the backward pass, float32, one "
            f"image.{_not_counted(cost.not_counted)}",
        ),
    )


def _drawing(subject: Subject, rows: tuple[LayerReading, ...]) -> Drawing:
    shape = subject.network.input_shape
    blocks = [Block(name="input", size=times(shape), channels=shape[0], side=max(shape[1:]), learned=False)]
    for row in rows:
        side = max(row.shape[1:], default=1)
        blocks.append(
            Block(
                name=row.name,
                size=times(row.shape),
                channels=row.shape[0],
                side=side,
                learned=row.is_learned,
            )
        )
    return Drawing(blocks=blocks, log_width=max(block.channels for block in blocks) >= _LOG_FROM)


def _row(row: LayerReading, side: int) -> LayerRow:
    field: int | None = None
    if row.receptive.axes:
        field = max(axis.size_px for axis in row.receptive.axes)
    elif row.receptive.is_global and row.receptive.is_known:
        field = side
    return LayerRow(
        name=row.name,
        kind=row.summary,
        output=times(row.shape),
        field=field,
        field_share=None if field is None else min(field / side, 1.0),
        params=row.cost.params,
        macs=row.cost.macs,
        kept_bytes=row.cost.kept_bytes,
    )


def _not_counted(names: tuple[str, ...]) -> str:
    return f" Not counted, because no kind knows them: {', '.join(names)}." if names else ""
