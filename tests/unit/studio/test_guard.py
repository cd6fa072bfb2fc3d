"""Only the studio's own page is let through, with the token, and nothing too large."""

import hmac

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from striate.studio.guard import MOST_BODY_BYTES, MOST_WORDS_BYTES, POLICY, Guard, is_own

TOKEN = "abcdefghijklmnopqrst"
OWN = {"authorization": f"Bearer {TOKEN}"}


async def length(request):
    return PlainTextResponse(str(len(await request.body())))


async def talk(socket):
    await socket.accept()
    await socket.send_text("secret")


@pytest.fixture
def client():
    paths = ["/", "/api/network", "/api/looks/picture"]
    app = Starlette(
        routes=[*(Route(path, length, methods=["GET", "POST"]) for path in paths), WebSocketRoute("/ws", talk)]
    )
    guard = Guard(app, token=TOKEN, names=frozenset({"lab.example"}))
    return TestClient(guard, base_url="http://127.0.0.1:8350", follow_redirects=False)


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8350", "localhost:8350", "LOCALHOST", "[::1]:8350", "192.168.1.5:9000", "lab.example:8350"]
)
def test_this_machine_is_named_by_numbers_and_its_own_names(client, host):
    assert client.get("/api/network", headers=OWN | {"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8350",
        "127.0.0.1.evil.example:8350",
        "localhost.evil.example",
        "",
        "127.0.0.1:8350@evil.example",
        "evil.example:80:8350",
        "127.0.0.1:x",
        "0x7f.1:8350",
    ],
)
def test_a_name_that_was_made_to_point_here_is_refused(client, host):
    answer = client.get("/api/network", headers=OWN | {"host": host})

    assert answer.status_code == 400
    assert answer.json()["code"] == "guard"
    assert not is_own(host)


def test_two_hosts_are_none(client):
    answer = client.get("/api/network", headers=[("host", "127.0.0.1:8350"), ("host", "evil.example"), *OWN.items()])

    assert answer.status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "https://127.0.0.1:8350"},
        {"origin": "http://127.0.0.1:8888"},
        {"origin": "http://localhost:8350"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_pages_script_is_refused_even_with_the_token(client, headers, method):
    assert client.request(method, "/api/network", headers=OWN | headers).status_code == 403


@pytest.mark.parametrize(
    "headers", [{}, {"origin": "http://127.0.0.1:8350", "sec-fetch-site": "same-origin"}, {"sec-fetch-site": "none"}]
)
def test_the_own_page_is_let_through(client, headers):
    assert client.post("/api/network", headers=OWN | headers, content=b"four").text == "4"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": f"Bearer {TOKEN}x"},
        {"authorization": f"Bearer {TOKEN[:-1]}"},
        {"authorization": "Bearer ÄÖ".encode("latin-1")},
        {"cookie": f"striate-8351={TOKEN}"},
        {"cookie": f"striate={TOKEN}"},
        {"cookie": "striate-8350=other"},
        {"cookie": "striate-8350"},
        {"cookie": "\x01;=;=="},
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/network", "/?token=", "/?tok=x"])
def test_without_the_token_nothing_is_answered(client, headers, path):
    answer = client.get(path, headers=headers)

    assert answer.status_code == 403
    assert TOKEN not in answer.text


@pytest.mark.parametrize("path", ["/api/network", "/assets/x.js"])
def test_the_token_in_an_address_opens_the_page_only(client, path):
    assert client.get(f"{path}?token={TOKEN}").status_code == 403
    assert client.post(f"/?token={TOKEN}").status_code == 403


def test_the_opened_address_is_exchanged_for_a_cookie_and_keeps_the_rest(client):
    answer = client.get(f"/?token={TOKEN}&layer=conv2&note=a%20b")
    cookie = answer.headers["set-cookie"]

    assert (answer.status_code, answer.headers["location"]) == (303, "/?layer=conv2&note=a+b")
    assert cookie == f"striate-8350={TOKEN}; Path=/; HttpOnly; SameSite=Lax"
    assert client.get("/api/network", headers={"cookie": cookie.partition(";")[0]}).status_code == 200


def test_a_wrong_token_in_the_address_is_refused(client):
    answer = client.get("/?token=abcdefghijklmnopqrsu")

    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert "open the new address" in answer.json()["hint"]


@pytest.mark.parametrize("site", ["same-site", "cross-site"])
def test_a_link_in_a_notebook_leads_in(client, site):
    headers = {"sec-fetch-site": site, "sec-fetch-mode": "navigate"}
    held = {"cookie": f"striate-8350={TOKEN}"}

    assert client.get(f"/?token={TOKEN}", headers=headers).status_code == 303
    assert client.get("/", headers=headers | held).status_code == 200
    assert client.get(f"/?token={TOKEN}", headers=headers | {"sec-fetch-mode": "no-cors"}).status_code == 403


def test_tokens_are_compared_in_constant_time(client, monkeypatch):
    asked = []
    real = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: asked.append((a, b)) or real(a, b))
    client.get("/?token=x")
    client.get("/api/network", headers={"authorization": "Bearer y"})
    client.get("/api/network", headers={"cookie": "striate-8350=z"})

    assert asked == [(said, TOKEN.encode()) for said in (b"x", b"y", b"z")]


@pytest.mark.parametrize(
    ("path", "most"), [("/api/network", MOST_WORDS_BYTES), ("/api/looks/picture", MOST_BODY_BYTES)]
)
def test_what_is_too_large_is_refused_whether_it_says_so_or_not(client, path, most):
    def chunks(size):
        while size > 0:
            yield bytes(min(size, 2**20))
            size -= 2**20

    assert client.post(path, headers=OWN, content=bytes(most)).text == str(most)
    assert client.post(path, headers=OWN, content=chunks(most)).text == str(most)
    for content in (bytes(most + 1), chunks(most + 1)):
        answer = client.post(path, headers=OWN, content=content)
        assert answer.status_code == 413
        assert answer.json()["message"] == f"what is sent must be at most {most // 2**20} MiB."


@pytest.mark.parametrize("said", ["9" * 5000, "67108865", "٩٩٩٩٩٩٩٩٩".encode()])
def test_a_length_is_refused_before_a_byte_is_read(client, said):
    headers = OWN | {"content-length": said}
    if isinstance(said, bytes):
        # No number that HTTP knows: what is really sent counts.
        assert client.post("/api/looks/picture", headers=headers, content=b"four").text == "4"
    else:
        assert client.post("/api/looks/picture", headers=headers, content=b"").status_code == 413


async def gone():
    return {"type": "http.disconnect"}


def test_a_request_that_is_broken_off_is_not_handed_on():
    import asyncio

    reached, sent = [], []

    async def app(scope, receive, send):
        reached.append(scope["path"])

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"127.0.0.1"), (b"authorization", f"Bearer {TOKEN}".encode())]
    scope = {"type": "http", "method": "POST", "path": "/api/network", "query_string": b"", "headers": headers}
    asyncio.run(Guard(app, token=TOKEN)(scope, gone, send))

    assert reached == []


def test_a_socket_is_refused(client):
    with pytest.raises(WebSocketDisconnect) as caught, client.websocket_connect("/ws", headers=OWN):
        pass

    assert caught.value.code == 1008


@pytest.mark.parametrize("path", ["/", "/api/network", f"/?token={TOKEN}", "/?token=x", "/nothing"])
def test_every_answer_carries_the_policy(client, path):
    for headers in ({}, OWN, OWN | {"host": "evil.example"}):
        answer = client.get(path, headers=headers)

        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"


def test_the_policy_lets_nothing_of_another_site_in():
    rules = dict(part.strip().split(" ", 1) for part in POLICY.split(";"))

    assert rules["default-src"] == "'self'"
    assert "script-src" not in rules
    assert rules["frame-ancestors"] == "'none'"
    assert "http" not in POLICY


def test_a_token_of_one_entry_opens_the_page_once_and_is_no_key():
    once = "once-and-never-again"
    app = Starlette(routes=[Route("/", length), Route("/api/network", length)])
    guard = Guard(app, token=TOKEN, once=once)
    client = TestClient(guard, base_url="http://127.0.0.1:8350", follow_redirects=False)

    assert client.get("/api/network", headers={"authorization": f"Bearer {once}"}).status_code == 403
    first = client.get("/", params={"token": once, "at": "3"})
    assert (first.status_code, first.headers["location"]) == (303, "/?at=3")
    assert once not in first.headers["set-cookie"]
    assert client.get("/api/network").status_code == 200
    stranger = TestClient(guard, base_url="http://127.0.0.1:8350", follow_redirects=False)
    assert stranger.get("/", params={"token": once}).status_code == 403
    assert stranger.get("/", params={"token": TOKEN}).status_code == 303


def test_without_a_token_of_one_entry_none_opens_the_page(client):
    assert client.get("/", params={"token": ""}).status_code == 403
