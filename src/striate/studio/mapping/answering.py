"""What is asked of a map that was made: a unit's values, the units that tell chosen points from others, where an input goes."""

from __future__ import annotations

import numpy as np

from striate.errors import InputError, Quoted
from striate.features.differing import differing_units
from striate.features.extraction.pooling import pooled
from striate.features.mapping import add_to_map
from striate.numbers import count, percent, plural
from striate.observe.units import unit_axes
from striate.report.arrays import ArrayStore
from striate.studio.looks.changing import run_changed
from striate.studio.looks.editing import edited_module
from striate.studio.looks.look import Look
from striate.studio.map_wire import ChoiceWanted, Differences, InputPlaced, MapShown, PlacedAt, UnitDifference
from striate.studio.mapping.making import SampleMap
from striate.studio.subject import Subject


def shown(made: SampleMap) -> MapShown:
    """Return a map as the page begins with it."""
    return MapShown(
        page=made.page.model_dump(mode="json", by_alias=True),
        parts=len(made.parts),
        samples=made.samples.tolist(),
        seen=made.seen,
        units=made.ranks.shape[1],
    )


def part(made: SampleMap, number: int) -> bytes:
    """Return one file of a map's arrays.

    Raises:
        InputError: There is none of that number.
    """
    if not 0 <= number < len(made.parts):
        raise InputError(f"a part's number must be 0 … {len(made.parts) - 1}", got=number)
    return made.parts[number]


def unit_values(subject: Subject, made: SampleMap, row: int, channel: int) -> bytes:
    """Return a unit's value for each point, as safetensors: `values` float32 (n), the mean over its map.

    Raises:
        InputError: No such layer or unit.
    """
    layer = subject.layer(row)
    if not 0 <= channel < layer.channels:
        raise InputError(f"a channel's number must be 0 … {layer.channels - 1}", got=channel, where=layer.reading.name)
    store = ArrayStore()
    store.numbers("values", made.values(layer.reading.name)[:, channel])
    return store.to_safetensors()


def differences(subject: Subject, made: SampleMap, wanted: ChoiceWanted) -> Differences:
    """Return the units that tell the chosen points from all others best.

    Raises:
        InputError: A point or layer that is not there; all points chosen.
    """
    total = len(made.samples)
    if wrong := [point for point in wanted.points if not 0 <= point < total]:
        raise InputError(f"a point's number must be 0 … {total - 1}", got=wrong[0])
    chosen = np.zeros(total, np.bool_)
    chosen[wanted.points] = True
    first, last = 0, made.ranks.shape[1]
    if wanted.row is not None:
        subject.layer(wanted.row)
        first, last = made.bounds[wanted.row : wanted.row + 2]
    found = differing_units(made.ranks[:, first:last], chosen)
    number = np.arange(first, last)
    row_of = np.searchsorted(made.bounds, number, side="right") - 1
    channel_of = number - np.asarray(made.bounds)[row_of]
    share = np.asarray(found.share)
    order = np.argsort(-np.abs(share - 0.5), kind="stable")[: wanted.top]
    values = {int(row): made.values(subject.layers[row].reading.name) for row in sorted(set(row_of[order]))}
    units = [
        UnitDifference(
            row=int(row_of[unit]),
            channel=int(channel_of[unit]),
            share=float(share[unit]),
            low=float(found.low[unit]),
            high=float(found.high[unit]),
            differs=bool(found.differs[unit]),
            chosen_mean=float(values[int(row_of[unit])][chosen, channel_of[unit]].mean()),
            others_mean=float(values[int(row_of[unit])][~chosen, channel_of[unit]].mean()),
        )
        for unit in order
    ]
    looked_at, differing = len(share), int(np.sum(found.differs))
    return Differences(
        chosen=found.chosen,
        others=found.others,
        looked_at=looked_at,
        differing=differing,
        units=units,
        sentence=_sentence(subject, units[0], differing, looked_at),
        correction=f"The intervals hold for all {plural(looked_at, 'unit')} together with 95 % (Bonferroni): each alone with "
        f"{100 * found.level:.6g} %. Newcombe's, by the ranks of the values (Mann-Whitney). The points were chosen on maps of "
        "these same values, so that some difference is expected: it tells which units draw them together, not that the group is "
        "real.",
    )


def placed_input(subject: Subject, made: SampleMap, look: Look) -> InputPlaced:
    """Return where a look's input goes at every layer of a map, among the points nearest to it.

    With changed channels and edited filters it goes where these bring it.

    Raises:
        InputError: A difference of two looks, or one of another version: the points are values of the watched network.
    """
    if look.is_difference or look.version:
        got = "a difference of two" if look.is_difference else f"one of {look.version}"
        raise InputError("a look must be one of the opened network to be placed on its map", got=Quoted(got))
    specs = {layer.name: layer for layer in made.store.spec.layers}
    taps = {layer.reading.name: layer.reading.tap for layer in subject.layers}
    ops = {layer.layer: taps.get(layer.layer, layer.layer) for layer in made.found.layers}
    module = edited_module(subject, look.edits)
    _, values = run_changed(subject, look.inputs, look.changes, module, taps=list(ops.values()))
    axes = unit_axes(subject.recording.graph)
    found = []
    for layer in made.found.layers:
        op = ops[layer.layer]
        vector = pooled(values[op], specs[layer.layer].pooling, axes[op])[0].cpu().numpy()
        added = add_to_map(layer, made.values(layer.layer), vector, limit=made.limits.get(layer.layer))
        made.limits[layer.layer] = added.limit
        found.append(
            PlacedAt(
                layer=layer.layer,
                x=added.place[0],
                y=-added.place[1],
                is_far=added.is_far,
                nearest=list(added.nearest),
            )
        )
    far = [one.layer for one in found if one.is_far]
    altered = [name for name, there in (("channels", look.changes), ("filters", look.edits)) if there]
    which = f"with its {' and '.join(altered)} changed" if altered else "is not among these samples: it"
    words = f"The present input {which} stands among those nearest to it by each layer's vectors."
    if far:
        words += f" At {', '.join(far)} it is farther from them than 99 % of the samples from their own: its place says little."
    return InputPlaced(layers=found, words=words)


def _sentence(subject: Subject, first: UnitDifference, differing: int, looked_at: int) -> str:
    name = f"channel {first.channel} of {subject.layers[first.row].reading.name}"
    if not differing:
        return (
            f"None of {plural(looked_at, 'unit')} surely tells the chosen points from the others; {name} comes nearest."
        )
    is_larger = first.share > 0.5
    share = percent(first.share if is_larger else 1 - first.share)
    ends = (first.low, first.high) if is_larger else (1 - first.high, 1 - first.low)
    return (
        f"{name[:1].upper()}{name[1:]} tells them apart best: of the pairs of a chosen point and another, the share in which the "
        f"chosen one has the {'larger' if is_larger else 'smaller'} value is {share} ({percent(ends[0])} to {percent(ends[1])}). "
        f"{count(differing)} of {plural(looked_at, 'unit')} surely differ."
    )
