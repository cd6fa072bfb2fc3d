"""A subject behind an address of this machine, and a browser opened on it."""

from __future__ import annotations

import errno
import gc
import re
import secrets
import socket
import time
import webbrowser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from striate.errors import Cancelled, InputError, Quoted
from striate.events import SILENT, Events

if TYPE_CHECKING:
    import uvicorn
    from starlette.datastructures import State
    from starlette.types import ASGIApp

    from striate.studio.entrance import Entrance, Opening
    from striate.studio.subject import Subject

LOOPBACK = "127.0.0.1"
_OWN, _EVERYWHERE = {LOOPBACK, "localhost", "::1"}, {"0.0.0.0", "::"}  # noqa: S104 - so that they are told apart
# A token shorter than this could be guessed.
LEAST_TOKEN = 16
# The page asks twice a second; work stops at its next step.
_HEARD_S, _PATIENCE_S = 2.0, 20.0
# Objects that come before they are looked through, in place of 700 or 2,000: a training may go on meanwhile.
_MOST_NEW = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a studio is.

    Attributes:
        host: Name or number it listens on.
        port: Its port.
        token: Who knows it may look.
    """

    host: str
    port: int
    token: str

    @property
    def url(self) -> str:
        """The whole address, with the token; of a studio that listens everywhere, as this machine reaches it."""
        host = LOOPBACK if self.host in _EVERYWHERE else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/?token={self.token}"

    @property
    def names(self) -> frozenset[str]:
        """What a browser may call this machine, beside its numbers."""
        own = () if self.host in _OWN else (socket.gethostname().lower(),)
        return frozenset({self.host.lower(), *own})


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
        server = _server(inner, address)
        told(address)
        if opens_browser:
            webbrowser.open(address.url)
        # Ctrl-C is how it ends.
        with suppress(KeyboardInterrupt):
            server.run(sockets=[held])
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
        server = _server(entrance, address)
        failed: list[BaseException] = []
        thread = Thread(target=_open, args=(opened, opening, entrance, server, failed), daemon=True)
        told(address)
        if opens_browser:
            webbrowser.open(address.url)
        thread.start()
        with suppress(KeyboardInterrupt):
            server.run(sockets=[held])
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


def _server(app: ASGIApp, address: Address) -> uvicorn.Server:
    """Return the server of an application behind its guard."""
    import uvicorn

    from striate.studio.guard import Guard

    guarded = Guard(app, token=address.token, names=address.names)
    # Without a log of requests, whose first line would hold the token.
    settings = uvicorn.Config(
        guarded, log_level="warning", access_log=False, server_header=False, lifespan="off", ws="none"
    )
    return uvicorn.Server(settings)


def check_token(host: str, token: str) -> None:
    """Refuse a token that could be guessed, that no address can hold, or that is missing where others can come.

    Raises:
        InputError: Any of these.
    """
    if not re.fullmatch(r"[A-Za-z0-9._~-]*", token):
        raise InputError(
            "a token must be letters, digits and . _ ~ -", got=Quoted("other characters"), where="the studio's token"
        )
    if len(token) >= LEAST_TOKEN or (host in _OWN and not token):
        return
    raise InputError(
        f"a studio must have a token of {LEAST_TOKEN} characters or more, if one is given or it is on another host than "
        "this machine's own",
        got=Quoted("a shorter one" if token else "none"),
        where=host,
        hint="Everyone who can guess it could use your network and see your data.",
    )


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        InputError: The port is taken, or no port; the host is not this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, because asyncio switches off the waiting for full packets only then: 40 ms an answer.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        found.listen(128)
    except (OSError, OverflowError) as error:
        found.close()
        if isinstance(error, socket.gaierror) or getattr(error, "errno", 0) == errno.EADDRNOTAVAIL:
            raise InputError("a studio must listen on an address of this machine", got=host, where="host") from error
        raise InputError("a studio must have a free port", got=port, where=host, hint="0 takes any.") from error
    return found
