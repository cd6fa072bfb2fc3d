"""Files to take away: a look's numbers for PyTorch."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.responses import Response

from striate.studio.freeze_wire import FreezeWanted
from striate.studio.looks import taking_away
from striate.studio.looks.freezing import Freezer
from striate.studio.looks.look import Looks
from striate.studio.looks.passes import Passes
from striate.studio.routes.route import FILE, Channel, Key, Place, Row, Tensors, place_of, tensors
from striate.studio.subject import Subject

_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"description": "One HTML file.", "content": {"text/html": {"schema": {"type": "string"}}}}
}


class Page(Response):
    """A file that is a page. Its route says so, not the class, as of `Tensors`."""


def add_exports(app: FastAPI, subject: Subject, looks: Looks) -> None:
    """Add what is taken away as a file; after `add_neurons`, whose passes it asks."""
    passes: Passes = app.state.passes

    @app.get("/api/looks/{key}/files", response_class=Tensors, responses=FILE)
    def whole(key: Key) -> Tensors:
        return tensors(taking_away.look_file(subject, looks.of(key)))

    @app.get("/api/looks/{key}/files/{row}", response_class=Tensors, responses=FILE)
    def layer(key: Key, row: Row) -> Tensors:
        return tensors(taking_away.layer_file(subject, looks.of(key), row))

    @app.get("/api/looks/{key}/files/{row}/{channel}", response_class=Tensors, responses=FILE)
    def unit(key: Key, row: Row, channel: Channel, at: Place = "") -> Tensors:
        look = looks.of(key)
        with passes.of(look) as seen:
            return tensors(taking_away.unit_file(subject, look, seen, row, channel, place_of(at)))

    @app.post("/api/view", response_class=Page, responses=_PAGE)
    def view(wanted: FreezeWanted) -> Page:
        made = Freezer(subject, looks, passes, app.state.versions).html(wanted)
        # Never a page of this address: it is a file for elsewhere.
        headers = {"content-disposition": "attachment; filename=view.html"}
        return Page(made, media_type="text/html", headers=headers)
