"""Where a studio listens, and for whom."""

import asyncio
import gc
import json
import signal
import socket
import threading
import time
from types import SimpleNamespace
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from striate.errors import InputError
from striate.studio import serving
from striate.studio.address import Address, listening
from striate.studio.serving import seldom_collected, serve, serve_opening

TOKEN = "abcdefghijklmnopqrst"


@pytest.mark.parametrize(
    ("host", "token", "told"),
    [
        ("0.0.0.0", "", "must have a token of 16 characters or more, if one is given or it is on another host"),
        ("192.168.1.5", "abc", "got a shorter one (at 192.168.1.5)"),
        ("::", "", "got none (at ::)"),
        ("127.0.0.1", "abc", "got a shorter one"),
        ("127.0.0.1", "abcdefghijklmno p", "letters, digits and . _ ~ -"),
        ("127.0.0.1", "abcdefghijklmnop;q", "letters, digits and . _ ~ -"),
    ],
)
def test_a_studio_for_others_must_have_a_token_nobody_guesses(studio, host, token, told, monkeypatch):
    monkeypatch.setattr(serving, "listening", lambda *_: pytest.fail("it listens"))

    with pytest.raises(InputError) as caught:
        serve(studio, host=host, token=token, opens_browser=False)
    assert told in str(caught.value)


def test_a_port_that_is_taken_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"must have a free port; got {port} \(at 127.0.0.1\). 0 takes any."):
            listening("127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "no.such.host.invalid"])
def test_a_host_that_is_not_this_machine_is_told(host):
    with pytest.raises(InputError, match="must listen on an address of this machine"):
        listening(host, 0)


def test_a_free_port_is_taken_on_this_machine_only():
    with listening("127.0.0.1", 0) as held:
        host, port = held.getsockname()
        socket.create_connection((host, port)).close()

    assert (host, port > 0) == ("127.0.0.1", True)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8350/?token=abc"),
        ("::1", "http://[::1]:8350/?token=abc"),
        ("0.0.0.0", "http://127.0.0.1:8350/?token=abc"),
        ("lab.example", "http://lab.example:8350/?token=abc"),
    ],
)
def test_the_address_can_be_opened(host, url):
    assert Address(host=host, port=8350, token="abc").url == url


def test_the_machines_own_name_counts_only_where_others_can_come(monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "Bench")

    assert Address(host="127.0.0.1", port=1, token="").names == {"127.0.0.1"}
    assert Address(host="0.0.0.0", port=1, token="").names == {"0.0.0.0", "bench"}


def test_an_address_is_told_and_opened_once_it_listens(studio, monkeypatch):
    import uvicorn

    events = []

    def told(address):
        socket.create_connection((address.host, address.port)).close()
        events.append(("told", address))

    monkeypatch.setattr(serving.webbrowser, "open", lambda url: events.append(("opened", url)))
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: events.append(("ran", self.config)))
    serve(studio, told=told)
    (_, address), (_, url), (_, config) = events

    # Others can read how a browser is called: that token opens the page once, and is not the studio's.
    assert url.partition("token=")[0] == address.url.partition("token=")[0]
    assert address.token not in url
    answer = TestClient(config.app, base_url=url, follow_redirects=False).get(url)
    assert answer.status_code == 303
    assert address.token in answer.headers["set-cookie"]
    assert len(address.token) >= 32
    assert (config.access_log, config.ws, config.lifespan) == (False, "none", "off")


@pytest.mark.parametrize("is_opening", [False, True])
def test_what_a_studio_began_ends_with_it(studio, monkeypatch, is_opening):
    """Its jobs and its trainings, also where the page was there before the studio."""
    import uvicorn

    from striate.studio import app, first

    closed, entered = [], threading.Event()

    def created(subject):
        made = Starlette()
        for name in ("jobs", "trainings"):
            setattr(made.state, name, SimpleNamespace(close=lambda name=name: closed.append(name)))
        made.state.rest = SimpleNamespace(release=entered.set)
        return made

    monkeypatch.setattr(app, "create_app", created)
    monkeypatch.setattr(first, "create_first", created)
    monkeypatch.setattr(app, "add_rest", lambda _app: None)
    monkeypatch.setattr(uvicorn.Server, "run", lambda _self, sockets: is_opening and entered.wait(20))
    if is_opening:
        serve_opening(lambda _events: studio, opens_browser=False)
    else:
        serve(studio, opens_browser=False)

    assert closed == ["jobs", "trainings"]


def test_the_collector_works_as_before_afterwards_and_never_on_what_was_loaded():
    before = gc.get_threshold()
    with seldom_collected():
        during = gc.get_threshold()
        held = [[] for _ in range(1000)]
        assert any(part is held for part in gc.get_objects())
    assert during[0] == serving._MOST_NEW > before[0]
    assert gc.get_threshold() == before
    assert not any(part is held for part in gc.get_objects())
    with pytest.raises(ZeroDivisionError), seldom_collected():
        raise ZeroDivisionError
    assert gc.get_threshold() == before


@pytest.mark.parametrize("is_alone", [True, False])
def test_a_studio_is_served_until_it_is_interrupted_also_beside_a_loop_that_runs(studio, is_alone):
    """In a notebook the cell's own loop runs already."""
    answers = []

    def asks(address):
        own = f"http://127.0.0.1:{address.port}/api/network"
        request = Request(own, headers={"authorization": f"Bearer {address.token}"})

        def ask():
            for _ in range(200):
                try:
                    with urlopen(request, timeout=5) as answer:
                        answers.append(json.load(answer)["name"])
                    break
                except URLError:
                    time.sleep(0.05)
            signal.raise_signal(signal.SIGINT)

        threading.Thread(target=ask, daemon=True).start()

    async def cell():
        serve(studio, opens_browser=False, told=asks)

    if is_alone:
        serve(studio, opens_browser=False, told=asks)
    else:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(cell())
        loop.close()

    assert answers == [studio.name]
