"""Who may ask: this machine's own page, opened with its token; nobody else's page, and nothing too large."""

from __future__ import annotations

import hmac
import ipaddress
import json
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES = 64 * 2**20
# Everything but a picture is a few words, or a drawing.
MOST_WORDS_BYTES = 2 * 2**20
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
_PICTURES = "/api/looks/picture"


class Guard:
    """Stands before an application and lets only its own page through.

    A request must name this machine (else a foreign name could be made to point here), must not come from another page's
    script, and must carry the token: in the opened address once, from then on in a cookie that scripts cannot read. A body is
    taken in whole before it is handed on, so that one without an end is refused however it is sent.

    Args:
        app: What is guarded.
        token: The secret.
        once: Another that opens the page one single time, for what others on this machine may read: the call of a browser.
        names: What the Host header may say beside numbers and `localhost`; a port may follow, whichever.
        most_body_bytes: Of a picture.
        most_words_bytes: Of any other request.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str,
        once: str = "",
        names: frozenset[str] = frozenset(),
        most_body_bytes: int = MOST_BODY_BYTES,
        most_words_bytes: int = MOST_WORDS_BYTES,
    ) -> None:
        self._app, self._token, self._once, self._names = app, token, once, names
        self._most_body_bytes, self._most_words_bytes = most_body_bytes, most_words_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        is_entry = scope["path"] == "/" and scope["method"] == "GET" and "token" in asked
        if refusal := self._refusal(scope, is_entry=is_entry):
            status, message, hint = refusal
            await _refuse(send, status, message, hint)
        elif is_entry:
            await self._enter(asked, _one(scope, b"host"), send)
        else:
            most = self._most_body_bytes if scope["path"] == _PICTURES else self._most_words_bytes
            body = await _taken(receive, most, _one(scope, b"content-length"))
            if body is None:
                size = f"{most // 2**20} MiB" if most >= 2**20 else f"{most} bytes"
                await _refuse(send, 413, f"what is sent must be at most {size}", "")
            else:
                await self._app(scope, _again(body, receive), _with_headers(send))

    def _refusal(self, scope: Scope, *, is_entry: bool) -> tuple[int, str, str] | None:
        host = _one(scope, b"host")
        if not is_own(host, self._names):
            return 400, "a request must name this studio's own address", "Open the address that was printed."
        if _one(scope, b"origin") not in {"", f"http://{host}"} or not _is_same_page(scope):
            return 403, "a request must come from the studio's own page", ""
        if not is_entry and not self._is_known(scope, host):
            hint = "Open the whole address that was printed at its start."
            return 403, "a request must carry the studio's token", hint
        return None

    async def _enter(self, asked: dict[str, str], host: str, send: Send) -> None:
        if not self._opens(asked.pop("token")):
            await _refuse(
                send,
                403,
                "the token must be this studio's",
                "Open the address that was printed; if it was started anew, open the new address.",
            )
            return
        # Lax, not Strict: a link in a notebook is another site's, and the page it leads to must find the cookie.
        cookie = f"{cookie_name(host)}={self._token}; Path=/; HttpOnly; SameSite=Lax"
        # Away from the address bar, the history and whoever looks over a shoulder.
        location = f"/?{urlencode(asked)}" if asked else "/"
        headers = [(b"location", location.encode()), (b"set-cookie", cookie.encode()), (b"cache-control", b"no-store")]
        headers += [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
        await send({"type": "http.response.start", "status": 303, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    def _opens(self, token: str) -> bool:
        if self._once and hmac.compare_digest(token.encode(), self._once.encode()):
            self._once = ""
            return True
        return hmac.compare_digest(token.encode(), self._token.encode())

    def _is_known(self, scope: Scope, host: str) -> bool:
        try:
            held = SimpleCookie(_one(scope, b"cookie")).get(cookie_name(host))
        except CookieError:
            held = None
        said = held.value if held else _one(scope, b"authorization").removeprefix("Bearer ")
        return hmac.compare_digest(said.encode(), self._token.encode())


def is_own(host: str, names: frozenset[str] = frozenset()) -> bool:
    """Return whether a Host header names this machine: by number, as `localhost`, or by one of its names.

    A number cannot be made to point elsewhere, as a name can; the port may be another, behind a tunnel.

    Example:
        >>> is_own("127.0.0.1:8350"), is_own("[::1]:8350"), is_own("localhost"), is_own("evil.example:8350")
        (True, True, True, False)
    """
    name, colon, port = host.rpartition(":")
    if not colon or host.endswith("]"):
        name, port = host, "0"
    if not port.isdecimal():
        return False
    if name.lower() in {"localhost", *names}:
        return True
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def cookie_name(host: str) -> str:
    """Return the cookie's name: browsers do not tell ports apart, so that two studios would take each other's.

    Example:
        >>> cookie_name("127.0.0.1:8350"), cookie_name("localhost")
        ('striate-8350', 'striate-80')
    """
    port = host.rpartition(":")[2]
    return f"striate-{port if port.isdecimal() else 80}"


def _one(scope: Scope, name: bytes) -> str:
    """Return a header's value; several are joined, so that none of them passes for the only one."""
    return ", ".join(value.decode("latin-1") for key, value in scope["headers"] if key == name)


def _is_same_page(scope: Scope) -> bool:
    """Return whether a browser says that its own page asks; opening the page is allowed from wherever it is linked."""
    site, mode = _one(scope, b"sec-fetch-site"), _one(scope, b"sec-fetch-mode")
    if site in {"", "none", "same-origin"}:
        return True
    return mode == "navigate" and scope["method"] == "GET" and scope["path"] == "/"


async def _taken(receive: Receive, most: int, length: str) -> bytes | None:
    """Return a request's whole body; None if it is larger, whether it says so or not, or was broken off."""
    if length.isdecimal() and (len(length) > 15 or int(length) > most):
        return None
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if len(body) > most:
            return None
        if not message.get("more_body"):
            return bytes(body)


def _again(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives a body which was taken in, then what comes after it."""
    is_given = False

    async def given() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return given


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            known = {name.lower() for name, _ in message["headers"]}
            added = [(name.encode(), value.encode()) for name, value in _HEADERS.items() if name.encode() not in known]
            # Nothing is kept by a browser unless its route says so.
            kept = [] if b"cache-control" in known else [(b"cache-control", b"no-store")]
            message = {**message, "headers": [*message["headers"], *added, *kept]}
        await send(message)

    return sent


async def _refuse(send: Send, status: int, message: str, hint: str) -> None:
    body = json.dumps({"code": "guard", "message": f"{message}.", "hint": hint}).encode()
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    headers += [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
