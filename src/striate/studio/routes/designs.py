"""A network that is being written, and the reports of the one that is watched."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from striate.blueprint.starter import STARTER_TEXT
from striate.studio.design_wire import Designed, DesignWanted, ReportFile
from striate.studio.paper.designing import designed
from striate.studio.paper.reports import report_of, reports_of
from striate.studio.routes.route import FILE, Tensors
from striate.studio.subject import Subject


def add_designs(app: FastAPI) -> None:
    """Add what is asked about networks on paper."""

    @app.get("/api/design")
    def begin() -> DesignWanted:
        return DesignWanted(text=STARTER_TEXT)

    @app.post("/api/design")
    def design(wanted: DesignWanted) -> Designed:
        return designed(wanted)


def add_reports(app: FastAPI, subject: Subject) -> None:
    """Add the reports that lie in the run's folder."""

    @app.get("/api/reports")
    def reports() -> list[ReportFile]:
        return reports_of(subject.folder)

    @app.get("/api/reports/{name}")
    def report(name: str) -> dict[str, Any]:
        return report_of(subject.folder, name)[0]

    @app.get("/api/reports/{name}/arrays", response_class=Tensors, responses=FILE)
    def report_arrays(name: str) -> Tensors:
        return Tensors(report_of(subject.folder, name)[1], media_type="application/octet-stream")
