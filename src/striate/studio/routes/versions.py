"""Addresses of other versions of the network: which there are, and an input in one of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query

from striate.studio.looks.look import Looks
from striate.studio.routes.route import FILE, Key, Tensors, tensors
from striate.studio.version_wire import Beside, VersionRow
from striate.studio.versions.describing import row_of, told_beside
from striate.studio.versions.filters import first_filters
from striate.studio.versions.held import Versions

Name = Annotated[str, Query(max_length=512, description="Name of a version; empty for the watched network itself.")]


def add_versions(app: FastAPI, versions: Versions, looks: Looks) -> None:
    """Add what is asked about versions."""
    subject = app.state.subject

    @app.get("/api/versions")
    def known() -> list[VersionRow]:
        return [row_of(version) for version in versions.all()]

    @app.get("/api/versions/filters", response_class=Tensors, responses=FILE)
    def filters(version: Name = "") -> Tensors:
        found = tensors(first_filters(versions.subject(version) if version else subject))
        # A training that goes on writes other weights under the same name.
        found.headers["cache-control"] = "no-store"
        return found

    @app.get("/api/looks/{key}/beside")
    def beside(key: Key, version: Name) -> Beside:
        look, other = versions.beside(looks, key, version)
        return told_beside(subject, look, other, versions.of(version))
