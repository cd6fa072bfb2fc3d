"""Addresses of guided tours."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Path, Query

from striate.studio.looks.look import Looks
from striate.studio.subject import Subject
from striate.studio.tour_wire import Tour, TourName
from striate.studio.tours.stage import Stage
from striate.studio.tours.walking import tour_names, walked


def add_tours(app: FastAPI, subject: Subject, looks: Looks) -> None:
    """Add the tours; after `add_neurons`, whose passes they ask."""

    @app.get("/api/tours")
    def tours() -> list[TourName]:
        return tour_names()

    @app.get("/api/tours/{name}")
    def tour(
        name: Annotated[str, Path(pattern="^[a-z-]{1,40}$")],
        look: Annotated[str, Query(pattern="^([0-9a-f]{4,64})?$")] = "",
    ) -> Tour:
        present = looks.of(look) if look else None
        return walked(Stage(subject, looks, app.state.passes, present), name)
