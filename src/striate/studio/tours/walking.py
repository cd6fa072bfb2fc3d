"""A tour through the network that is watched: every step with its address, its words filled in, and what was measured."""

from __future__ import annotations

from urllib.parse import quote

from striate.graph import times
from striate.numbers import measure
from striate.studio.looks.changing import Change
from striate.studio.looks.look import Look
from striate.studio.tour_wire import StepLeft, Tour, TourName, TourStep
from striate.studio.tours.files import NAMES, StepFile, tour_file
from striate.studio.tours.measuring import At, Measured, measured
from striate.studio.tours.stage import NotHereError, Place, Stage, Unit


def tour_names() -> list[TourName]:
    """Return what tours there are."""
    return [TourName(name=name, title=tour_file(name).title, about=tour_file(name).about) for name in NAMES]


def walked(stage: Stage, name: str) -> Tour:
    """Return a tour; steps that this network or these data have nothing for are left out, and why is said.

    Args:
        stage: Where it plays.
        name: One of `NAMES`.

    Raises:
        UnknownNameError: There is no such tour.
    """
    file = tour_file(name)
    steps, left = [], []
    for step in file.steps:
        try:
            steps.append(_walked(stage, step))
        except NotHereError as reason:
            left.append(StepLeft(title=step.title, why=str(reason)))
    return Tour(name=name, title=file.title, about=file.about, steps=steps, left_out=left)


def _walked(stage: Stage, step: StepFile) -> TourStep:
    place = stage.input(step.input)
    row = stage.row(step.layer) if step.layer else None
    unit = None if row is None else stage.unit(place.look, row, step.channel, step.place)
    kept = stage.input("other") if step.keeps else None
    look = place.look
    if step.silences and unit is not None:
        look = stage.looks.change(look.key, [Change(row=unit.row, channel=unit.channel, factor=0.0)])
    at = At(stage=stage, look=look, before=place.look, unit=unit)
    found = measured(step.measured, at) if step.measured else Measured(words="", holds=True)
    words = _words(stage, place, unit, row, kept)
    return TourStep(
        title=step.title,
        words=step.words.format_map(words),
        look_for=step.look_for.format_map(words),
        points_at=step.points_at,
        address=_address(stage, step, place, unit, row, kept),
        measured=found.words,
        holds=found.holds,
    )


def _words(stage: Stage, place: Place, unit: Unit | None, row: int | None, kept: Place | None) -> dict[str, str]:
    network, look = stage.subject.network, place.look
    at = () if unit is None else unit.at
    names = ("plane", "row", "column")[-len(at) :] if len(at) > 1 else ("place",)
    where = ", ".join(f"{name} {index}" for name, index in zip(names, at, strict=False)) if at else "its one place"
    return {
        "shape": times(network.input_shape),
        "input": _sentence(look),
        "kept": "" if kept is None else _sentence(kept.look)[:1].lower() + _sentence(kept.look)[1:],
        "answer": network.output.names[int(look.scores.argmax())],
        "layer": "" if row is None else stage.subject.layers[row].reading.name,
        "channel": "" if unit is None else str(unit.channel),
        "value": "" if unit is None else measure(unit.value),
        "place": where,
    }


def _sentence(look: Look) -> str:
    return look.words.split(";")[0].rstrip(".") + "."


def _address(stage: Stage, step: StepFile, place: Place, unit: Unit | None, row: int | None, kept: Place | None) -> str:
    name = "" if row is None else stage.subject.layers[row].reading.name
    said: dict[str, str] = {"input": place.source}
    if unit is not None and step.chooses:
        said |= {"layer": name, "unit": str(unit.channel)}
        if unit.at:
            said["at"] = ",".join(map(str, unit.at))
        if not step.opens:
            said["open"] = ""
    elif step.opens:
        said["open"] = name
    if step.by != "contribution":
        said["by"] = step.by
    if step.shown != "values":
        said["shown"] = step.shown
    if step.silences and unit is not None:
        said["changed"] = f"{name}:{unit.channel}:0"
    if kept is not None:
        said |= {"kept": kept.source, "less": "kept"}
    return "&".join(f"{key}={quote(value, safe=':,;/')}" for key, value in said.items())
