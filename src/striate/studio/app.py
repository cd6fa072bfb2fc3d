"""The studio's server: what the page asks for, answered from one subject."""

from __future__ import annotations

from fastapi import FastAPI

from striate.studio.first import create_first
from striate.studio.routes.designs import add_designs, add_reports
from striate.studio.routes.exports import add_exports
from striate.studio.routes.jobs import add_jobs
from striate.studio.routes.maps import add_maps
from striate.studio.routes.neurons import add_neurons
from striate.studio.routes.tours import add_tours
from striate.studio.routes.trainings import add_trainings
from striate.studio.routes.units import add_units
from striate.studio.routes.versions import add_versions
from striate.studio.subject import Subject


def create_app(subject: Subject) -> FastAPI:
    """Return the application of a subject, without its guard.

    Args:
        subject: What is watched.
    """
    app = create_first(subject)
    add_rest(app)
    return app


def add_rest(app: FastAPI) -> None:
    """Add all that the page does not ask first.

    Args:
        app: Of `create_first`; it may be answering already.
    """
    state = app.state
    subject, looks, jobs = state.subject, state.looks, state.jobs
    add_versions(app, state.versions, looks)
    add_neurons(app, subject, looks)
    add_exports(app, subject, looks)
    add_tours(app, subject, looks)
    add_jobs(app, subject, looks, jobs)
    add_maps(app, subject, looks, jobs)
    add_units(app, subject, looks, jobs)
    add_trainings(app, subject, state.trainings)
    add_designs(app)
    add_reports(app, subject)
    state.rest.release()
