"""Addresses of neurons, orders of channels, and passes back."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Path, Query

from striate.studio.looks import going_back, laws, neurons, onward, orders
from striate.studio.looks.going_back import Start
from striate.studio.looks.look import Looks, unchanged
from striate.studio.looks.passes import Passes
from striate.studio.routes.route import FILE, About, Channel, Key, Place, Row, Side, Tensors, place_of, tensors
from striate.studio.subject import Subject
from striate.studio.unit_wire import Law, Onward
from striate.studio.wire import BackwardMade, Neuron, Paths


def add_neurons(app: FastAPI, subject: Subject, looks: Looks) -> None:
    """Add what is asked about single units of a look."""
    passes = Passes(subject)
    app.state.passes = passes

    @app.get("/api/looks/{key}/neurons/{row}/{channel}")
    def neuron(
        key: Key,
        row: Row,
        channel: Channel,
        at: Place = "",
        by: Literal["contribution", "weight", "gradient"] = "contribution",
        about: About = None,
        top: Annotated[int, Query(ge=1, le=4096)] = 12,
    ) -> Neuron:
        with passes.of(looks.of(key)) as seen:
            return neurons.neuron(seen, row, channel, place_of(at), by=by, about=about, top=top)

    @app.get("/api/looks/{key}/effective/{row}/{channel}", response_class=Tensors, responses=FILE)
    def effective(key: Key, row: Row, channel: Channel, at: Place = "") -> Tensors:
        with passes.of(looks.of(key)) as seen:
            return tensors(neurons.effective(seen, row, channel, place_of(at)))

    @app.get("/api/looks/{key}/paths/{row}/{channel}")
    def paths(key: Key, row: Row, channel: Channel, at: Place = "", k: Annotated[int, Query(ge=1, le=64)] = 3) -> Paths:
        with passes.of(looks.of(key)) as seen:
            return neurons.paths(seen, row, channel, place_of(at), count=k)

    @app.get("/api/looks/{key}/onward/{row}/{channel}")
    def ways(
        key: Key,
        row: Row,
        channel: Channel,
        at: Place = "",
        about: About = None,
        k: Annotated[int, Query(ge=1, le=64)] = 3,
    ) -> Onward:
        with passes.of(looks.of(key)) as seen:
            return onward.ways_onward(seen, row, channel, place_of(at), about=about, count=k)

    @app.get("/api/looks/{key}/orders/{row}", response_class=Tensors, responses=FILE)
    def order(
        key: Key,
        row: Row,
        by: Literal["activation", "class", "gradient", "similarity", "alike"] = "activation",
        about: About = None,
        other: Annotated[str, Query(pattern="^([0-9a-f]{4,64})?$")] = "",
    ) -> Tensors:
        look, beside = looks.of(key), looks.of(other) if other else None
        if look.version and by == "class":
            # The weights that read its channels are not the watched network's.
            unchanged(look)
        output = int(look.scores.argmax()) if about is None else about
        return tensors(orders.ordered(subject, look, passes, row, by=by, about=output, other=beside))

    _add_backward(app, looks, passes)
    _add_laws(app, looks, passes)


def _start(
    about: About = None,
    row: Annotated[int | None, Query(ge=0)] = None,
    channel: Annotated[int, Query(ge=0)] = 0,
    at: Place = "",
) -> Start:
    """Return where a pass back begins: at an output's score, or at a unit of a row."""
    return Start(about=about, row=row, channel=channel, at=place_of(at))


Begin = Annotated[Start, Depends(_start)]


def _add_backward(app: FastAPI, looks: Looks, passes: Passes) -> None:
    @app.get("/api/looks/{key}/backward")
    def backward(key: Key, start: Begin) -> BackwardMade:
        with passes.of(looks.of(key)) as seen:
            return going_back.backward(seen, start)

    @app.get("/api/looks/{key}/backward/strips", response_class=Tensors, responses=FILE)
    def strips(
        key: Key,
        start: Begin,
        first: Annotated[int, Query(ge=0)],
        last: Annotated[int, Query(ge=0)],
        count: Annotated[int, Query(ge=1, le=64)] = 12,
        side: Side = 28,
    ) -> Tensors:
        look = looks.of(key)
        with passes.of(look) as seen:
            return tensors(going_back.backward_strips(seen, look, start, first, last, count=count, side=side))

    @app.get("/api/looks/{key}/backward/walls/{wall}", response_class=Tensors, responses=FILE)
    def backward_wall(key: Key, wall: Annotated[int, Path(ge=0)], start: Begin, side: Side = 28) -> Tensors:
        look = looks.of(key)
        with passes.of(look) as seen:
            return tensors(going_back.backward_wall(seen, look, start, wall, side=side))


def _place_back(row: Row, channel: Channel, at: Place = "", about: About = None, weight: Place = "") -> laws.Wanted:
    """Return the unit whose gradient is taken apart, and the weight that is told as a sum."""
    return laws.Wanted(row=row, channel=channel, at=place_of(at), about=about, weight=place_of(weight) or None)


Back = Annotated[laws.Wanted, Depends(_place_back)]


def _add_laws(app: FastAPI, looks: Looks, passes: Passes) -> None:
    kept = laws.Laws()

    @app.get("/api/looks/{key}/law/{row}/{channel}")
    def law(key: Key, wanted: Back) -> Law:
        with passes.of(unchanged(looks.of(key))) as seen:
            return kept.of(key, seen, wanted)[0]

    @app.get("/api/looks/{key}/law/{row}/{channel}/arrays", response_class=Tensors, responses=FILE)
    def law_arrays(key: Key, wanted: Back) -> Tensors:
        with passes.of(unchanged(looks.of(key))) as seen:
            return tensors(kept.of(key, seen, wanted)[1])
