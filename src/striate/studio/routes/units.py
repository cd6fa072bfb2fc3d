"""Addresses of one unit: its filter, how it answers to the data, images grown for it, what covering does to it."""

from __future__ import annotations

from fastapi import FastAPI

from striate.errors import InputError, Quoted
from striate.studio.edit_wire import NetworkSaved, SaveWanted
from striate.studio.job_wire import Job
from striate.studio.looks import filters
from striate.studio.looks.look import Looks
from striate.studio.routes.jobs import newest_survey
from striate.studio.routes.route import FILE, Channel, Key, Row, Tensors, tensors
from striate.studio.subject import Subject
from striate.studio.unit_wire import GrownImage, UnitFigures, UnitFilter, UnitImageWanted, UnitOcclusionWanted
from striate.studio.work import saving, unit_figures, unit_work
from striate.studio.work.jobs import Jobs
from striate.studio.work.longwork import of_job


def add_units(app: FastAPI, subject: Subject, looks: Looks, jobs: Jobs) -> None:
    """Add what a unit's own page asks."""

    @app.get("/api/units/{row}/{channel}/filter")
    def unit_filter(row: Row, channel: Channel) -> UnitFilter:
        return filters.told_filter(subject, row, channel)

    @app.get("/api/units/{row}/{channel}/filter/pictures", response_class=Tensors, responses=FILE)
    def filter_pictures(row: Row, channel: Channel) -> Tensors:
        found = tensors(filters.filter_pictures(subject, row, channel))
        # The address does not say whose weights they are.
        found.headers["cache-control"] = "no-store"
        return found

    @app.get("/api/units/{row}/{channel}/figures")
    def unit_in_figures(row: Row, channel: Channel) -> UnitFigures:
        return unit_figures.figures(subject, newest_survey(jobs), row, channel)

    @app.post("/api/networks")
    def save(wanted: SaveWanted) -> NetworkSaved:
        return saving.save_edited(subject, looks.of(wanted.look), wanted.name)

    _add_work(app, subject, jobs)


def _add_work(app: FastAPI, subject: Subject, jobs: Jobs) -> None:
    @app.post("/api/jobs/unit-image")
    def grow(wanted: UnitImageWanted) -> Job:
        unit_work.check_image(subject, wanted)
        settings = {**of_job(subject), **wanted.model_dump()}
        about = f"{wanted.row}/{wanted.channel}"
        return jobs.begin(
            "unit-image", settings, lambda events: unit_work.grown(subject, wanted, events=events), about
        ).told()

    @app.post("/api/jobs/unit-occlusion")
    def cover(wanted: UnitOcclusionWanted) -> Job:
        unit_work.check_occlusion(subject, wanted)
        settings = {**of_job(subject), **wanted.model_dump()}
        about = f"{wanted.row}/{wanted.channel}/{wanted.sample}"
        return jobs.begin(
            "unit-occlusion", settings, lambda events: unit_work.covered(subject, wanted, events=events), about
        ).told()

    @app.get("/api/jobs/{key}/grown")
    def grown(key: Key) -> GrownImage:
        work = jobs.of(key)
        if not isinstance(work.result, unit_work.Grown):
            raise InputError("a job must have grown an image, and be done", got=Quoted(f"{work.kind}, {work.state}"))
        return work.result.told
