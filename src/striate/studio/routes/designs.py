"""A network that is being written, and the reports of the one that is watched."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from striate.blueprint.starter import STARTER_TEXT
from striate.studio.design_wire import Designed, DesignWanted, Reports
from striate.studio.paper.designing import designed
from striate.studio.paper.reports import listing, report_of
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
    """Add the reports that lie in the run's folder, and the pages of folders that were named."""

    @app.get("/api/reports")
    def reports() -> Reports:
        return listing(subject.folder, subject.pages)

    @app.get("/api/reports/{key}")
    def report(key: str) -> dict[str, Any]:
        return report_of(subject.folder, key, subject.pages)[0]

    @app.get("/api/reports/{key}/arrays", response_class=Tensors, responses=FILE)
    def report_arrays(key: str) -> Tensors:
        return Tensors(report_of(subject.folder, key, subject.pages)[1], media_type="application/octet-stream")
