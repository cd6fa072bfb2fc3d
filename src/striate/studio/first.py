"""What the page asks first, answered while the rest of the studio is still being loaded."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.routing import Router
from starlette.types import Receive, Scope, Send

from striate.errors import InputError, Quoted, StriateError
from striate.page import studio_page
from striate.studio.looks.describing import explored
from striate.studio.looks.look import Looks
from striate.studio.looks.samples import sample_pictures
from striate.studio.routes.looks import add_looks
from striate.studio.routes.route import FILE, Side, Tensors, tensors
from striate.studio.subject import Subject
from striate.studio.trainings.work import Trainings
from striate.studio.versions.held import Versions
from striate.studio.wire import Explored, Failure
from striate.studio.work.jobs import Jobs

# Marks what was held once.
_HELD = "striate.held"
# Any other error of ours says that a request cannot be answered as it is.
_STATUS = {"unknown-name": 404, "run": 500, "storage": 500}
_CODES = {404: "unknown-name", 405: "usage"}
_FAILURES: dict[int | str, dict[str, Any]] = {400: {"model": Failure}, 404: {"model": Failure}, 422: {"model": Failure}}


def create_first(subject: Subject) -> FastAPI:
    """Return an application that tells the network and takes looks; whatever else is asked waits for `app.state.rest.release()`.

    Args:
        subject: What is watched.
    """
    app = FastAPI(title="Striate studio", docs_url=None, redoc_url=None, redirect_slashes=False, responses=_FAILURES)
    versions = Versions(subject)
    app.state.subject, app.state.versions = subject, versions
    app.state.looks = looks = Looks(subject, in_version=versions.look)
    app.state.jobs, app.state.trainings = Jobs(), Trainings(subject)
    app.state.rest = Rest(app.router)
    _add_failures(app)
    _add_network(app, subject)
    add_looks(app, subject, looks)
    return app


class Rest:
    """Answers with the page's files, and holds what no address answers until the rest of the addresses is there.

    Args:
        router: Where they are added.
    """

    def __init__(self, router: Router) -> None:
        self._router, self._unknown = router, router.default
        self._page = StaticFiles(directory=studio_page(), html=True)
        self._released: Future[None] = Future()
        router.default = self

    def release(self) -> None:
        """Hold nothing any more; the addresses are there, or will never be."""
        if not self._released.done():
            self._released.set_result(None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or wait and ask the addresses once more."""
        if not scope["path"].startswith("/api/"):
            await self._page(scope, receive, send)
        elif _HELD in scope:
            await self._unknown(scope, receive, send)
        else:
            # Unlike a timeout or a shield, who goes away while it waits takes nothing with it.
            await asyncio.wait({asyncio.wrap_future(self._released)})
            await self._router({**scope, _HELD: True}, receive, send)


def _add_network(app: FastAPI, subject: Subject) -> None:
    @app.get("/api/network")
    def network() -> Explored:
        return explored(subject)

    @app.get("/api/samples", response_class=Tensors, responses=FILE)
    def samples(
        first: Annotated[int, Query(ge=0)] = 0, count: Annotated[int, Query(ge=1, le=200)] = 14, side: Side = 28
    ) -> Tensors:
        return tensors(sample_pictures(subject, first, count, side=side))


def _add_failures(app: FastAPI) -> None:
    @app.exception_handler(StriateError)
    async def told_failure(_request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, StriateError)  # noqa: S101 - what the handler is registered for
        return JSONResponse(_failure(error.code, str(error), error.hint), status_code=_STATUS.get(error.code, 422))

    @app.exception_handler(RequestValidationError)
    async def told_invalid(_request: Request, error: Exception) -> JSONResponse:
        found = error.errors()[0] if isinstance(error, RequestValidationError) else {}
        place = ".".join(str(part) for part in found.get("loc", ()))
        wrong = InputError("a request must be as the page makes it", got=Quoted(found.get("msg", "")), where=place)
        return JSONResponse(_failure("input", str(wrong)), status_code=422)

    @app.exception_handler(StarletteHTTPException)
    async def told_http(request: Request, error: Exception) -> JSONResponse:
        status = error.status_code if isinstance(error, StarletteHTTPException) else 400
        rule = f"a request must be one the studio answers; got {request.method} {request.url.path}."
        return JSONResponse(_failure(_CODES.get(status, "input"), rule), status_code=status)

    @app.exception_handler(Exception)
    async def told_bug(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse(_failure("bug", f"our fault: {type(error).__name__}: {error}."), status_code=500)


def _failure(code: str, message: str, hint: str = "") -> dict[str, str]:
    return Failure(code=code, message=message, hint=hint).model_dump()
