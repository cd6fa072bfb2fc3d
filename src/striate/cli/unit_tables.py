"""A layer and its units in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from striate.cli.terminal import print_line
from striate.graph import times
from striate.numbers import measure, percent, plural

if TYPE_CHECKING:
    from striate.records.unit_survey import SurveyedLayer
    from striate.report.units.inspection import UnitInspection

_MOST = 10


def show_units(found: UnitInspection) -> None:
    """Print the judgement of one unit, or of a layer with its most coherent units."""
    layer = found.layer
    field = times(layer.field_px) if layer.has_boxes else "the whole image"
    print_line(f"{layer.layer}: {plural(layer.units, 'unit')}, field {field} px, {plural(layer.images, 'image')} seen.")
    if layer.broken:
        print_line(f"{plural(layer.broken, 'image')} left out: values that are not finite.")
    if len(found.judged) == 1:
        one = found.judged[0]
        for line in _unit_lines(layer, one.unit):
            print_line(line)
        for verdict in one.verdicts:
            print_line(f"  {verdict}")
    else:
        for line in _layer_lines(found):
            print_line(line)
    for path in found.written:
        print_line(f"Wrote {path}.")


def _unit_lines(layer: SurveyedLayer, unit: int) -> list[str]:
    found = layer.statistics
    if found is None:
        return []
    low, middle, high = (found.quantiles[unit, found.quantile_shares.index(share)] for share in (0.05, 0.5, 0.95))
    quantiles = " / ".join(measure(float(value), 2) for value in (low, middle, high))
    share = percent(float(found.active_share[unit]))
    largest = measure(float(layer.maximum[unit]))
    told = f"Unit {unit}: above zero at {share} of the positions read, largest {largest}"
    lines = [f"{told}, quantiles 5 / 50 / 95 %: {quantiles} (each to 6 %)."]
    if found.explained is not None and found.explained[unit] == found.explained[unit]:
        text = f"Classes explain {percent(float(found.explained[unit]))} of the variance of its mean over images"
        if found.class_counts is not None:
            # Of classes that say nothing, the mean of η².
            chance = (int((found.class_counts > 0).sum()) - 1) / max(int(found.class_counts.sum()) - 1, 1)
            text += f" (by chance {percent(chance)})"
        if found.selectivity is not None and found.selectivity[unit] == found.selectivity[unit]:
            text += f"; selectivity {found.selectivity[unit]:.2f}"
        lines.append(f"{text}.")
    return lines


def _layer_lines(found: UnitInspection) -> list[str]:
    from striate.report.units.inspection import layer_figures

    layer, figures = found.layer, layer_figures(found.layer)
    lines = []
    if layer.is_rectified:
        lines.append(
            f"Dead {figures['dead']}, always on {figures['always_on']} of {layer.units}; above zero at"
            f" {percent(figures['active_share'])} of the positions read."
        )
    if figures["participation"] is not None:
        lines.append(
            f"Its {figures['channels']} channels vary in {measure(figures['participation'])} directions (participation ratio);"
            f" {figures['rank_99']} hold 99 % of the variance, rank {figures['rank']} of {plural(figures['rows'], 'row')}."
        )
    if figures["neighbour_correlation"] is not None:
        lines.append(f"Neighbouring positions: median correlation {figures['neighbour_correlation']:.2f}.")
    judged = [one for one in found.judged if one.coherence is not None and one.chance_coherence is not None]
    if judged:
        alike = sum(one.coherence > one.chance_coherence[1] for one in judged)  # type: ignore[operator, index]
        lines.append(f"Images alike beyond chance: {alike} of {plural(len(judged), 'unit')} (by chance 2 of 100).")
    divided = sum(one.two_groups_p is not None and one.two_groups_p < 0.01 for one in found.judged)
    lines.append(f"Two different things: {plural(divided, 'unit')} (by chance 1 of 100).")
    pairs = {tuple(sorted((one.unit, other))) for one in found.judged for other, _ in one.twins}
    lines.append(f"Pairs that answer to the same images: {len(pairs)}.")
    best = sorted(judged, key=lambda one: -(one.coherence or 0.0))[:_MOST]
    lines += [f"  unit {one.unit}: {' '.join(one.verdicts[:2])}" for one in best]
    return lines
