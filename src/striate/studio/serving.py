"""A subject behind an address of this machine, and a browser opened on it."""

from __future__ import annotations

import asyncio
import gc
import re
import secrets
import socket
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

from striate.errors import Cancelled
from striate.events import SILENT, Events
from striate.studio.address import LOOPBACK, Address, check_token, listening

if TYPE_CHECKING:
    import uvicorn
    from starlette.datastructures import State
    from starlette.types import ASGIApp

    from striate.studio.entrance import Entrance, Opening
    from striate.studio.subject import Subject

# The page asks twice a second; work stops at its next step.
_HEARD_S, _PATIENCE_S, _LOOK_S = 2.0, 20.0, 0.5
# Objects that come before they are looked through, in place of 700 or 2,000: a training may go on meanwhile.
_MOST_NEW = 100_000


def serve(
    subject: Subject,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    token: str = "",
    opens_browser: bool = True,
    told: Callable[[Address], None] = lambda _: None,
) -> None:
    """Serve a studio until it is interrupted.

    Args:
        subject: What is watched.
        host: Only this machine's own, unless a token is given.
        port: 0 takes a free one.
        token: Drawn anew if empty.
        opens_browser: Whether the address is opened.
        told: Hears the address, once it answers.

    Raises:
        InputError: Another host without a token of yours; a token that is too short, or that no address can hold; a port that
            is taken; a host that is not this machine.
    """
    from striate.studio.app import create_app

    check_token(host, token)
    with listening(host, port) as held:
        address = Address(host=host, port=held.getsockname()[1], token=token or secrets.token_urlsafe(24))
        inner = create_app(subject)
        server, once = _server(inner, address)
        told(address)
        if opens_browser:
            webbrowser.open(address.opened_by(once))
        _run(server, held)
        _close(inner.state)


def serve_opening(
    opened: Callable[[Events], Subject],
    *,
    events: Events = SILENT,
    host: str = LOOPBACK,
    port: int = 0,
    token: str = "",
    opens_browser: bool = True,
    told: Callable[[Address], None] = lambda _: None,
) -> None:
    """Serve a page at once that tells how far the opening is, and the studio as soon as it is there.

    Args:
        opened: Opens it, in a thread of its own; hears whom to tell, and ends when it is cancelled.
        events: Hears the same as the page.
        host: As for `serve`.
        port: As for `serve`.
        token: As for `serve`.
        opens_browser: As for `serve`.
        told: As for `serve`.

    Raises:
        InputError: As for `serve`.
        StriateError: Whatever the opening raised, once the page was told.
    """
    from striate.studio.entrance import Entrance, Opening

    check_token(host, token)
    with listening(host, port) as held:
        address = Address(host=host, port=held.getsockname()[1], token=token or secrets.token_urlsafe(24))
        opening = Opening(events)
        entrance = Entrance(opening)
        server, once = _server(entrance, address)
        failed: list[BaseException] = []
        thread = Thread(target=_open, args=(opened, opening, entrance, server, failed), daemon=True)
        told(address)
        if opens_browser:
            webbrowser.open(address.opened_by(once))
        thread.start()
        _run(server, held)
        opening.cancel()
        thread.join(_PATIENCE_S)
        if (state := getattr(entrance.inner, "state", None)) is not None:
            _close(state)
    if failed:
        raise failed[0]


def _open(
    opened: Callable[[Events], Subject],
    opening: Opening,
    entrance: Entrance,
    server: uvicorn.Server,
    failed: list[BaseException],
) -> None:
    try:
        with seldom_collected():
            subject = opened(opening)
            from striate.studio.first import create_first

            app = create_first(subject)
            entrance.enter(app)
            try:
                # The first strip is drawn meanwhile.
                from striate.studio.app import add_rest

                add_rest(app)
            finally:
                # A server ends once nobody waits for an answer.
                app.state.rest.release()
    except Cancelled:
        return
    except Exception as error:  # noqa: BLE001 - raised where the studio was asked for, once the page has heard of it
        failed.append(error)
        opening.failure = re.sub(r" \[[a-z-]+\]$", "", str(error))
        time.sleep(_HEARD_S)
        server.should_exit = True


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let the garbage collector work seldom within the block, and never again on what the block leaves behind.

    While torch and the studio are loaded it would walk through a million objects several times, and find nothing: a second; and
    afterwards once in a while as long as one stroke of a drawing may take. The little garbage among it stays: to look for it
    takes 0.3 s, in which nothing else is answered, just when the page begins to ask.
    """
    before = gc.get_threshold()
    gc.set_threshold(_MOST_NEW, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.freeze()


def _close(state: State) -> None:
    """End what a studio began: its jobs, and its trainings, each with a checkpoint."""
    state.jobs.close()
    state.trainings.close()


def _server(app: ASGIApp, address: Address) -> tuple[uvicorn.Server, str]:
    """Return the server of an application behind its guard, and a token of one entry: others read how a browser is called."""
    import uvicorn

    from striate.studio.guard import Guard

    once = secrets.token_urlsafe(24)
    guarded = Guard(app, token=address.token, once=once, names=address.names)
    # Without a log of requests, whose first line would hold the token.
    settings = uvicorn.Config(
        guarded, log_level="warning", access_log=False, server_header=False, lifespan="off", ws="none"
    )
    return uvicorn.Server(settings), once


def _run(server: uvicorn.Server, held: socket.socket) -> None:
    """Let a server answer until Ctrl-C; in a thread of its own where an event loop runs already, as in a notebook."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        with suppress(KeyboardInterrupt):
            server.run(sockets=[held])
        return
    ended = Event()

    def answer() -> None:
        try:
            server.run(sockets=[held])
        finally:
            ended.set()

    Thread(target=answer, daemon=True).start()
    try:
        # Waiting without an end cannot be interrupted everywhere, and a join that is interrupted takes the thread for ended.
        while not ended.wait(_LOOK_S):
            pass
    except KeyboardInterrupt:
        server.should_exit = True
        ended.wait(_PATIENCE_S)
