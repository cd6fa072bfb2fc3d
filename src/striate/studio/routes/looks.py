"""Looks: taken, changed, compared, and their pictures."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.concurrency import run_in_threadpool

from striate.studio.looks import given, pictures
from striate.studio.looks.changing import Change
from striate.studio.looks.describing import described, told
from striate.studio.looks.editing import Edit
from striate.studio.looks.look import Look, Looks, unchanged
from striate.studio.routes.route import FILE, Key, Numbers, Row, Side, Tensors, tensors
from striate.studio.subject import Subject
from striate.studio.wire import ChangesWanted, Difference, DrawingWanted, LookMade, SampleWanted

First = Annotated[int, Query(ge=0)]
Last = Annotated[int, Query(ge=0)]
Count = Annotated[int, Query(ge=1, le=64)]
_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}
}


def add_looks(app: FastAPI, subject: Subject, looks: Looks) -> None:
    """Add what is asked about inputs and whole layers."""
    _add_taking(app, subject, looks)
    _add_changing(app, subject, looks)
    _add_pictures(app, subject, looks)


def _add_taking(app: FastAPI, subject: Subject, looks: Looks) -> None:
    @app.post("/api/looks/sample")
    def look_at_sample(wanted: SampleWanted) -> LookMade:
        return told(subject, looks.take(given.of_sample(subject, wanted)))

    @app.post("/api/looks/drawing")
    def look_at_drawing(wanted: DrawingWanted) -> LookMade:
        return told(subject, looks.take(given.of_drawing(subject, wanted)))

    @app.post("/api/looks/drawing/strips", response_class=Tensors, responses=FILE)
    def strips_of_drawing(
        wanted: DrawingWanted, first: First, last: Last, count: Count = 12, side: Side = 28
    ) -> Tensors:
        # What follows a pen: the look, told as `told` in JSON, and its layers with it.
        look = looks.take(given.of_drawing(subject, wanted))
        said = told(subject, look).model_dump_json()
        return tensors(pictures.strips(look, first, last, count=count, side=side, told=said))

    @app.post("/api/looks/picture", openapi_extra=_BODY)
    async def look_at_picture(request: Request) -> LookMade:
        data = await request.body()
        return await run_in_threadpool(lambda: told(subject, looks.take(given.of_picture(subject, data))))

    @app.get("/api/looks/{key}")
    def look(key: Key) -> LookMade:
        return _beside(subject, looks, looks.of(key))


def _add_changing(app: FastAPI, subject: Subject, looks: Looks) -> None:
    @app.post("/api/looks/{key}/changed")
    def changed(key: Key, wanted: ChangesWanted) -> LookMade:
        changes = [Change(row=one.row, channel=one.channel, factor=one.factor) for one in wanted.changes]
        edits = [
            Edit(
                row=one.row,
                channel=one.channel,
                how=one.how,
                factor=one.factor,
                values=tuple((tuple(weight.index), weight.value) for weight in one.values),
            )
            for one in wanted.edits
        ]
        return _beside(subject, looks, looks.change(key, changes, edits))

    @app.get("/api/looks/{key}/minus/{other}")
    def minus(key: Key, other: Key) -> Difference:
        found = looks.difference(key, other)
        first, second = _said(looks.of(key)), _said(looks.of(other))
        return Difference(key=found.key, words=f"{first}, less: {second}.")


def _add_pictures(app: FastAPI, subject: Subject, looks: Looks) -> None:
    @app.get("/api/looks/{key}/input", response_class=Tensors, responses=FILE)
    def seen(key: Key) -> Tensors:
        return tensors(pictures.seen(subject, looks.of(key)))

    @app.get("/api/looks/{key}/strips", response_class=Tensors, responses=FILE)
    def strips(
        key: Key,
        first: First,
        last: Last,
        count: Count = 12,
        side: Side = 28,
    ) -> Tensors:
        return tensors(pictures.strips(looks.of(key), first, last, count=count, side=side))

    @app.get("/api/looks/{key}/walls/{row}", response_class=Tensors, responses=FILE)
    def wall(key: Key, row: Row, side: Side = 28) -> Tensors:
        return tensors(pictures.wall(looks.of(key), row, side=side))

    @app.get("/api/looks/{key}/channels/{row}", response_class=Tensors, responses=FILE)
    def channels(key: Key, row: Row, which: Numbers, side: Side = 28) -> Tensors:
        chosen = [int(number) for number in which.split(",")]
        return tensors(pictures.channels(looks.of(key), row, chosen, side=side))


def _beside(subject: Subject, looks: Looks, look: Look) -> LookMade:
    """Tell a look; one with changes beside the network as it is. Of another version its own address tells."""
    if look.version:
        unchanged(look)
    return described(subject, looks, look)


def _said(look: Look) -> str:
    words = look.words.rstrip(".")
    return f"{words}, in {look.version}" if look.version else words
