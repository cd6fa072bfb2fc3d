"""Addresses of the map of the samples."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Path
from fastapi.responses import Response

from striate.errors import Quoted, UnknownNameError
from striate.events import Events
from striate.studio.job_wire import Job
from striate.studio.looks.look import Looks
from striate.studio.map_wire import ChoiceWanted, Differences, InputPlaced, MapShown, MapWanted
from striate.studio.mapping import answering
from striate.studio.mapping.making import SampleMap, check_wanted, mapped
from striate.studio.routes.route import FILE, IMMUTABLE, Channel, Key, Row, Tensors, tensors
from striate.studio.subject import Subject
from striate.studio.work.jobs import Jobs
from striate.studio.work.longwork import of_job

# Each holds ranks of all units: the older ones are given up.
MOST_MAPS = 2

Part = Annotated[int, Path(ge=0)]
LookKey = Annotated[str, Path(pattern="^[0-9a-f]{4,64}$")]


def add_maps(app: FastAPI, subject: Subject, looks: Looks, jobs: Jobs) -> None:
    """Add what makes a map of the samples, and what is asked of it."""

    @app.post("/api/jobs/map")
    def lay_out(wanted: MapWanted) -> Job:
        check_wanted(subject, wanted)

        def run(events: Events) -> SampleMap:
            # As soon as it begins, and not when it was asked for: several may have waited together.
            _make_room(jobs)
            return mapped(subject, wanted, events=events)

        return jobs.begin("map", {**of_job(subject), **wanted.model_dump()}, run).told()

    @app.get("/api/maps/{key}")
    def shown(key: Key, response: Response) -> MapShown:
        response.headers["cache-control"] = IMMUTABLE
        return answering.shown(_made(jobs, key))

    @app.get("/api/maps/{key}/arrays/{part}", response_class=Tensors, responses=FILE)
    def arrays(key: Key, part: Part) -> Tensors:
        return tensors(answering.part(_made(jobs, key), part))

    @app.get("/api/maps/{key}/units/{row}/{channel}", response_class=Tensors, responses=FILE)
    def unit(key: Key, row: Row, channel: Channel) -> Tensors:
        return tensors(answering.unit_values(subject, _made(jobs, key), row, channel))

    @app.get("/api/maps/{key}/looks/{look}")
    def placed(key: Key, look: LookKey) -> InputPlaced:
        return answering.placed_input(subject, _made(jobs, key), looks.of(look))

    @app.post("/api/maps/{key}/differences")
    def differences(key: Key, wanted: ChoiceWanted) -> Differences:
        return answering.differences(subject, _made(jobs, key), wanted)


def _made(jobs: Jobs, key: str) -> SampleMap:
    """Return the map of a job.

    Raises:
        UnknownNameError: No such job, or it is no map, or not done.
    """
    for work in jobs.all():
        if work.key == key and isinstance(work.result, SampleMap):
            return work.result
    raise UnknownNameError("a map must have been made", got=Quoted(key), hint="Make it: begin the job map.")


def _make_room(jobs: Jobs) -> None:
    """Give up all maps but the newest ones beside which there is room for another."""
    for old in [work for work in jobs.all() if isinstance(work.result, SampleMap)][MOST_MAPS - 1 :]:
        jobs.forget(old.key)
