"""What stands behind the guard until the studio is there: the page at once, and how far the opening is."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from threading import Lock

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from striate.events import SILENT, Events, Progress
from striate.page import studio_page
from striate.studio.begin_wire import Beginning, Moment

_MOST_MOMENTS, _MOST_LINES = 400, 20
# How long a page that waits is left without news.
_HELD_S = 0.25


class Opening(Events):
    """Hears how far the opening is, tells it to the page, and passes it on.

    Args:
        others: Hears the same: the terminal.
    """

    def __init__(self, others: Events = SILENT) -> None:
        self._others, self._lock = others, Lock()
        self._heard: Progress | None = None
        self._moments: list[Moment] = []
        self._lines: list[str] = []
        self._is_cancelled = False
        self.failure = ""

    def progress(self, progress: Progress) -> None:
        """Keep the newest, and the figures on the way."""
        with self._lock:
            if self._heard is not None and self._heard.task != progress.task:
                self._moments.clear()
            self._heard = progress
            if progress.figures:
                self._moments.append(Moment(done=progress.done, figures=progress.figures))
            if len(self._moments) > _MOST_MOMENTS:
                # Every other one, and the newest in any case.
                self._moments = self._moments[::-2][::-1]
        self._others.progress(progress)

    def log(self, message: str) -> None:
        """Keep a line."""
        with self._lock:
            self._lines = [*self._lines, message][-_MOST_LINES:]
        self._others.log(message)

    def is_cancelled(self) -> bool:
        """Return whether the studio was ended meanwhile."""
        return self._is_cancelled or self._others.is_cancelled()

    def cancel(self) -> None:
        """Ask the work to end at its next step."""
        self._is_cancelled = True

    def told(self, *, is_ready: bool) -> Beginning:
        """Return how far it is."""
        with self._lock:
            heard = self._heard
            return Beginning(
                state="failed" if self.failure else "ready" if is_ready else "opening",
                task=heard.task if heard else "",
                done=heard.done if heard else 0,
                total=heard.total if heard else None,
                unit=heard.unit if heard else "",
                left_s=heard.left_s if heard else None,
                moments=list(self._moments),
                log=list(self._lines),
                failure=self.failure,
            )


class Entrance:
    """The page and how far the opening is; from `enter` on, the studio itself.

    Args:
        opening: What is told.
    """

    def __init__(self, opening: Opening) -> None:
        self._opening = opening
        self.inner: ASGIApp | None = None
        self._entered: Future[None] = Future()
        self._waiting = Starlette(
            routes=[
                Route("/api/beginning", self._beginning),
                Route("/api/{rest:path}", _not_yet, methods=["GET", "POST", "DELETE"]),
                Mount("/", StaticFiles(directory=studio_page(), html=True)),
            ]
        )

    def enter(self, inner: ASGIApp) -> None:
        """Let the studio answer from now on."""
        self.inner = inner
        if not self._entered.done():
            self._entered.set_result(None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on."""
        is_asked = scope["type"] == "http" and scope["path"] == "/api/beginning"
        await (self._waiting if self.inner is None or is_asked else self.inner)(scope, receive, send)

    async def _beginning(self, request: Request) -> JSONResponse:
        if "waits" in request.query_params:
            await asyncio.wait({asyncio.wrap_future(self._entered)}, timeout=_HELD_S)
        return JSONResponse(self._opening.told(is_ready=self.inner is not None).model_dump(mode="json"))


async def _not_yet(_request: Request) -> JSONResponse:
    rule = "the network is still being opened"
    return JSONResponse({"code": "beginning", "message": rule, "hint": "Wait for it."}, status_code=503)
