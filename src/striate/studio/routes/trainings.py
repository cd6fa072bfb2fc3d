"""Addresses of trainings of the watched network."""

from __future__ import annotations

from fastapi import FastAPI

from striate.studio.subject import Subject
from striate.studio.training_wire import TrainingRow, TrainingShown, TrainingWanted
from striate.studio.training_wire import Trainings as AllTrainings
from striate.studio.trainings.describing import overview, shown
from striate.studio.trainings.work import Trainings


def add_trainings(app: FastAPI, subject: Subject, trainings: Trainings) -> None:
    """Add what begins, tells, stops and goes on with trainings."""

    @app.get("/api/trainings")
    def known() -> AllTrainings:
        return overview(subject, trainings)

    @app.post("/api/trainings")
    def begin(wanted: TrainingWanted) -> TrainingRow:
        return trainings.told(trainings.begin(wanted))

    @app.get("/api/trainings/{name}")
    def training(name: str) -> TrainingShown:
        return shown(subject, trainings, name)

    @app.post("/api/trainings/{name}/resume")
    def resume(name: str) -> TrainingRow:
        return trainings.told(trainings.resume(name))

    @app.delete("/api/trainings/{name}")
    def stop(name: str) -> TrainingRow:
        return trainings.told(trainings.stop(name))
