"""The section on the network before and after: where along its depth it still answers alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from striate.numbers import count, listed, measure, percent, plural
from striate.page.adapt_wire import EstimateChart, EstimateCurve, Estimates
from striate.page.wire import Caption, Cell, Column, Section, Table
from striate.records import LayerComparison, NetworkComparison

# Layers whose similarity stays at or above this are said to have stayed general.
ALIKE = 0.9


def depth_section(found: NetworkComparison | None) -> Section | None:
    """Return the two networks along the depth; None without a comparison, or without a layer both have."""
    if found is None or not found.layers:
        return None
    alone = f" Layers only one of them has: {listed(found.alone, most=6)}." if found.alone else ""
    return Section(
        id="depth",
        term="Before and after",
        judgement=None,
        sentence=depth_sentence(found),
        figures=[Estimates(charts=[_similarity(found), _matched(found), _change(found)], table=_table(found))],
        caption=Caption(
            shown="Each learned layer of the network before and after, on the same images. Similarity: linear CKA, 1 for "
            "features that are equal up to a rotation and one scale. Matched filters: for each filter the best correlation "
            "with one of the other network, mean and quartiles, and what chance gives. Change: size of the weights' change "
            "beside the weights.",
            should_see="High similarity in the first layers, which are general, and a fall towards the end. Frozen layers "
            "are at 1 with a change of 0.",
            wrong_if="the first layers changed most (the rate was too high for them), or frozen layers changed at all.",
            source=f"{plural(found.images, 'image')} of {found.data}, channels averaged over space; unbiased linear CKA with "
            f"95 % jackknife intervals. Generic is said of CKA ≥ {measure(ALIKE, 2)}, a limit of ours.{alone}",
        ),
    )


def depth_sentence(found: NetworkComparison) -> str:
    """Return up to which layer both networks answer alike: the last one whose similarity reaches the limit."""
    known = [layer for layer in found.layers if layer.similarity is not None]
    if not known:
        return "No layer varies over these images, so nothing can be compared."
    alike = [place for place, layer in enumerate(known) if _is_alike(layer)]
    least = min(known, key=lambda layer: layer.similarity or 0.0)
    low = f"the least is {least.similarity:.2f} at {least.name}"
    if len(alike) == len(known):
        return f"All {count(len(known))} layers answer as they did before; {low}."
    if not alike:
        return f"No layer answers as it did before: none has a similarity of {measure(ALIKE, 2)}; {low}."
    # Branches change before the trunk does, so the end is where no layer behind is alike any more.
    last = known[alike[-1]]
    lead = f"The generic layers end with {last.name}, at {percent(last.macs_share, 0)} of the MACs"
    share = f"{count(len(alike))} of the {count(alike[-1] + 1)} layers up to there" if alike[-1] else "it"
    verb = "has" if len(alike) == 1 else "have"
    return f"{lead}: {share} {verb} a similarity of at least {measure(ALIKE, 2)}, none behind; {low}."


def _is_alike(layer: LayerComparison) -> bool:
    return layer.similarity is not None and layer.similarity >= ALIKE


def _line(
    found: NetworkComparison,
    label: str,
    value: Callable[[LayerComparison], float | None],
    band: Callable[[LayerComparison], tuple[float, float] | None] | None = None,
    *,
    is_dashed: bool = False,
) -> EstimateCurve:
    ends = [None if band is None else band(layer) for layer in found.layers]
    return EstimateCurve(
        label=label,
        x=[100 * layer.macs_share for layer in found.layers],
        y=[value(layer) for layer in found.layers],
        low=[] if band is None else [None if pair is None else pair[0] for pair in ends],
        high=[] if band is None else [None if pair is None else pair[1] for pair in ends],
        style="dashed" if is_dashed else "solid",
    )


_X_LABEL = "share of the network's MACs, %"


def _similarity(found: NetworkComparison) -> EstimateChart:
    return EstimateChart(
        title="Similarity",
        unit="linear CKA, 95 % interval",
        x_label=_X_LABEL,
        high=1.0,
        curves=[_line(found, "", lambda layer: layer.similarity, lambda layer: layer.interval)],
        references=[(ALIKE, "alike")],
    )


def _matched(found: NetworkComparison) -> EstimateChart:
    def quartiles(layer: LayerComparison) -> tuple[float, float] | None:
        return None if layer.matched_quartiles is None else (layer.matched_quartiles[0], layer.matched_quartiles[2])

    return EstimateChart(
        title="Matched filters",
        unit="best |correlation|",
        x_label=_X_LABEL,
        low=0.0,
        high=1.0,
        curves=[
            _line(found, "measured", lambda layer: layer.matched, quartiles),
            _line(found, "by chance", lambda layer: layer.matched_by_chance, is_dashed=True),
        ],
    )


def _change(found: NetworkComparison) -> EstimateChart:
    return EstimateChart(
        title="Change of the weights",
        unit="|Δw| / |w|, no unit",
        x_label=_X_LABEL,
        low=0.0,
        curves=[_line(found, "", lambda layer: layer.change)],
    )


def _table(found: NetworkComparison) -> Table:
    columns = [
        Column(label="Layer", align="left"),
        Column(label="MACs", unit="%", decimals=1),
        Column(label="Units"),
        *(Column(label=label, decimals=3) for label in ("CKA", "95 % from", "to")),
        *(Column(label=label, decimals=3) for label in ("Matched", "1st quartile", "median", "3rd", "by chance")),
        Column(label="Change of the weights"),
    ]
    rows: list[list[Cell]] = [_row(layer) for layer in found.layers]
    return Table(columns=columns, rows=rows, caption=f"{found.before} and {found.after}, layer by layer")


def _row(layer: LayerComparison) -> list[Cell]:
    interval: Sequence[Cell] = layer.interval or (None, None)
    quartiles: Sequence[Cell] = layer.matched_quartiles or (None, None, None)
    change = "" if layer.change is None else measure(layer.change)
    return [
        layer.name,
        100 * layer.macs_share,
        layer.units,
        layer.similarity,
        *interval,
        layer.matched,
        *quartiles,
        layer.matched_by_chance,
        change,
    ]
