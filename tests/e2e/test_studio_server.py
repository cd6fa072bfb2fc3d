"""The real server, as `striate studio` starts it: asked over sockets and by a browser."""

import http.client
import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow

TOKEN = "abcdefghijklmnopqrst"


class Server:
    """A running studio: its process, its port, and what it printed."""

    def __init__(self, folder, log):
        self.log, self.rest = log, ""
        command = [sys.executable, "-m", "striate", "studio", str(folder), "digits", "--token", TOKEN, "--no-browser"]
        with log.open("w") as out:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=out, text=True, env=os.environ)
        line = self.process.stdout.readline()
        self.port = int(re.fullmatch(r"Studio: http://127\.0\.0\.1:(\d+)/\?token=" + TOKEN, line.strip())[1])
        # The page is there before the network is.
        until = time.monotonic() + 120
        while self.ask("GET", "/api/network")[0] == 503 and time.monotonic() < until:
            time.sleep(0.2)

    def ask(self, method, path, body=None, **headers):
        """Ask as a client that knows the token; return status, headers and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {"Authorization": f"Bearer {TOKEN}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), data

    def raw(self, text):
        """Send bytes as they are and return the answer's first line."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=30) as held:
            held.sendall(text)
            return held.recv(65536).decode("latin-1").partition("\r\n")[0]

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(30)
        self.rest = self.rest or self.process.stdout.read()
        self.process.stdout.close()


@pytest.fixture(scope="module")
def server(small_run, tmp_path_factory):
    found = Server(small_run, tmp_path_factory.mktemp("studio") / "log.txt")
    yield found
    found.end()


@pytest.fixture
def page(browser, server):
    context = browser.new_context()
    found = context.new_page()
    found.problems = []
    found.on("pageerror", lambda error: found.problems.append(str(error)))
    found.on("console", lambda message: found.problems.append(message.text) if message.type == "error" else None)
    yield found
    context.close()


def test_it_answers_who_knows_the_token_and_nobody_else(server):
    status, headers, data = server.ask("GET", "/api/network")

    assert status == 200
    assert json.loads(data)["samples"] == 5000
    assert headers["content-security-policy"].startswith("default-src 'self'")
    assert "server" not in {name.lower() for name in headers}
    assert server.ask("GET", "/api/network", Authorization="Bearer x")[0] == 403
    assert server.ask("GET", "/api/network", Host="evil.example")[0] == 400
    assert server.ask("GET", "/api/network", Origin="http://evil.example")[0] == 403


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "PROPFIND"])
def test_other_methods_tell_nothing(server, method):
    for held in ({}, {"Authorization": "x"}):
        status, _, data = server.ask(method, "/api/network", **held)

        assert status in {403, 404, 405}
        assert TOKEN.encode() not in data


def test_what_is_no_http_is_refused(server):
    head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
    upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"

    assert "400" in server.raw(b"nonsense\r\n\r\n")
    assert "400" in server.raw(b"GET / HTTP/1.1\r\n\r\n")
    assert "404" in server.raw(b"GET /ws HTTP/1.1\r\n" + head + upgrade + b"\r\n")
    assert "404" in server.raw(b"GET /../../../../etc/passwd HTTP/1.1\r\n" + head + b"\r\n")


def test_a_body_without_an_end_is_cut_off(server):
    piece = b"100000\r\n" + bytes(2**20) + b"\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as held:
        held.sendall(
            f"POST /api/looks/picture HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
            "Transfer-Encoding: chunked\r\n\r\n".encode()
        )
        sent = 0
        while sent < 200 and not select.select([held], [], [], 0)[0]:
            held.sendall(piece)
            sent += 1
        line = held.recv(65536)

    assert line.startswith(b"HTTP/1.1 413")
    assert sent < 120


def test_many_ask_at_once_and_each_has_its_own_answer(server, digits):
    found = {}

    def ask(number):
        made = json.loads(
            server.ask("POST", "/api/looks/sample", json.dumps({"sample": number}), Content_Type="application/json")[2]
        )
        wall = server.ask("GET", f"/api/looks/{made['key']}/walls/0")[2]
        found[number] = (made["target"], wall)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(0, 5000, 250)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {number: target for number, (target, _) in found.items()} == {
        number: digits.samples[number].target for number in range(0, 5000, 250)
    }
    assert len({wall for _, wall in found.values()}) == 20


@pytest.mark.browser
def test_a_browser_opens_the_address_and_the_token_is_seen_no_more(server, page):
    referers = []
    page.on("request", lambda request: referers.append(request.headers.get("referer", "")))
    page.goto(f"http://127.0.0.1:{server.port}/?token={TOKEN}#layer=conv2")
    page.wait_for_load_state("networkidle")
    cookies = page.context.cookies()

    assert page.problems == []
    expect(page).to_have_url(f"http://127.0.0.1:{server.port}/#layer=conv2")
    assert [(cookie["name"], cookie["httpOnly"], cookie["sameSite"]) for cookie in cookies] == [
        (f"striate-{server.port}", True, "Lax")
    ]
    assert page.evaluate("document.cookie") == ""
    assert len(referers) > 2
    assert not any(TOKEN in referer for referer in referers)
    assert page.evaluate("fetch('api/network').then(answer => answer.status)") == 200


class Elsewhere(BaseHTTPRequestHandler):
    """A page of somebody else, with a link to the studio and a script that would use it."""

    port = 0

    def do_GET(self):
        text = f'<title>notebook</title><a href="http://127.0.0.1:{self.port}/?token={TOKEN}">Studio</a>'
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


@pytest.fixture
def elsewhere(server):
    Elsewhere.port = server.port
    with ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as found:
        thread = threading.Thread(target=found.serve_forever)
        thread.start()
        # By name: for a browser another site than 127.0.0.1.
        yield f"http://localhost:{found.server_port}/"
        found.shutdown()
        thread.join()


@pytest.mark.browser
def test_a_link_on_another_page_leads_in_and_its_script_stays_out(server, page, elsewhere):
    page.goto(elsewhere)
    page.click("text=Studio")
    page.wait_for_load_state("networkidle")
    assert page.problems == []
    assert page.url.partition("#")[0] == f"http://127.0.0.1:{server.port}/"
    assert page.evaluate("fetch('api/network').then(answer => answer.status)") == 200

    page.goto(elsewhere)
    ask = "([path, init]) => fetch(path, init).then(answer => 'read', () => 'refused')"
    base = f"http://127.0.0.1:{server.port}"
    assert page.evaluate(ask, [f"{base}/api/network", {"credentials": "include"}]) == "refused"
    assert page.evaluate(ask, [f"{base}/api/network", {"mode": "no-cors", "credentials": "include"}]) == "refused"
    posted = {"method": "POST", "mode": "no-cors", "credentials": "include", "body": '{"sample": 0}'}
    assert page.evaluate(ask, [f"{base}/api/looks/sample", posted]) == "refused"


def test_the_token_is_not_in_the_log_and_ctrl_c_ends_it_quietly(small_run, tmp_path):
    server = Server(small_run, tmp_path / "log.txt")
    server.ask("GET", f"/?token={TOKEN}")
    server.ask("GET", f"/?token={TOKEN}x")
    server.ask("GET", f"/api/nothing?token={TOKEN}")
    server.raw(f"GET /?token={TOKEN} nonsense\r\n\r\n".encode())
    server.end()

    assert TOKEN not in server.log.read_text()
    assert "interrupted" not in server.log.read_text()
    assert "Traceback" not in server.log.read_text()
    assert server.rest == "It ends with Ctrl-C.\n"
    assert server.process.returncode == 0
