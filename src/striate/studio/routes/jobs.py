"""Addresses of long work, and of the units that a survey saw."""

from __future__ import annotations

from fastapi import FastAPI

from striate.errors import InputError, Quoted, UnknownNameError
from striate.records.unit_survey import Survey
from striate.studio.job_wire import Job, OcclusionWanted, SurveyWanted, Unit
from striate.studio.job_wire import Jobs as AllJobs
from striate.studio.looks.describing import told
from striate.studio.looks.look import Looks, unchanged
from striate.studio.routes.route import FILE, Channel, Key, Row, Tensors, tensors
from striate.studio.subject import Subject
from striate.studio.work import longwork, unit_pages
from striate.studio.work.jobs import Jobs
from striate.studio.work.unit_work import Grown

_PIECES = {
    "survey": "a survey, whose units are asked for singly",
    "map": "a map, which is asked for by its own address",
}


def add_jobs(app: FastAPI, subject: Subject, looks: Looks, jobs: Jobs) -> None:
    """Add what begins, watches and ends long work."""

    @app.post("/api/jobs/occlusion")
    def cover(wanted: OcclusionWanted) -> Job:
        longwork.check_occlusion(subject)
        look = unchanged(looks.of(wanted.look))
        outputs = [answer.number for answer in told(subject, look).answers]
        sides = {"window_px": wanted.window_px, "stride_px": wanted.stride_px}
        settings = {"look": look.key, **sides}
        work = jobs.begin(
            "occlusion", settings, lambda events: longwork.covered(subject, look, outputs, events=events, **sides)
        )
        return work.told()

    @app.post("/api/jobs/survey")
    def survey(wanted: SurveyWanted) -> Job:
        longwork.data_of(subject)
        settings = {**longwork.of_job(subject), "samples": wanted.samples}
        work = jobs.begin("survey", settings, lambda events: longwork.surveyed(subject, wanted.samples, events=events))
        return work.told()

    @app.get("/api/jobs")
    def known() -> AllJobs:
        return AllJobs(jobs=[work.told() for work in jobs.all()])

    @app.get("/api/jobs/{key}")
    def job(key: Key) -> Job:
        return jobs.of(key).told()

    @app.delete("/api/jobs/{key}")
    def end(key: Key) -> Job:
        work = jobs.of(key)
        work.cancel()
        return work.told()

    @app.get("/api/jobs/{key}/result", response_class=Tensors, responses=FILE)
    def result(key: Key) -> Tensors:
        work = jobs.of(key)
        found = work.result.pictures if isinstance(work.result, Grown) else work.result
        if work.state != "done" or not isinstance(found, bytes):
            got = _PIECES.get(work.kind, f"one that is {work.state}")
            raise InputError("a job must be done, and make pictures, to have a file", got=Quoted(got))
        return tensors(found)

    _add_units(app, subject, jobs)


def _add_units(app: FastAPI, subject: Subject, jobs: Jobs) -> None:
    @app.get("/api/units/{row}/{channel}")
    def unit(row: Row, channel: Channel) -> Unit:
        return unit_pages.unit(subject, newest_survey(jobs), row, channel)

    @app.get("/api/units/{row}/{channel}/inputs", response_class=Tensors, responses=FILE)
    def strongest_inputs(row: Row, channel: Channel) -> Tensors:
        # Of the newest survey: another one may find others, so that a browser must not keep them.
        found = tensors(unit_pages.strongest_inputs(subject, newest_survey(jobs), row, channel))
        found.headers["cache-control"] = "no-store"
        return found


def newest_survey(jobs: Jobs) -> Survey:
    """Return the newest survey.

    Raises:
        UnknownNameError: None is done yet.
    """
    for work in jobs.all():
        if isinstance(work.result, Survey):
            return work.result
    raise UnknownNameError(
        "units must be surveyed to be known", got=Quoted("no survey yet"), hint="Begin the job survey first."
    )
