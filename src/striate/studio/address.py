"""Where a studio listens, and who may come."""

from __future__ import annotations

import errno
import re
import socket
from dataclasses import dataclass

from striate.errors import InputError, Quoted

LOOPBACK = "127.0.0.1"
_OWN, _EVERYWHERE = {LOOPBACK, "localhost", "::1"}, {"0.0.0.0", "::"}  # noqa: S104 - so that they are told apart
# A token shorter than this could be guessed.
LEAST_TOKEN = 16


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
        return self.opened_by(self.token)

    def opened_by(self, token: str) -> str:
        """Return the whole address with a token."""
        host = LOOPBACK if self.host in _EVERYWHERE else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/?token={token}"

    @property
    def names(self) -> frozenset[str]:
        """What a browser may call this machine, beside its numbers."""
        own = () if self.host in _OWN else (socket.gethostname().lower(),)
        return frozenset({self.host.lower(), *own})


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
