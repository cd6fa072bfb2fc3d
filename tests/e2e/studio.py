"""The studio's real server in a thread of the tests, which can be ended and begun anew at the same address."""

import re
import threading

import uvicorn
from playwright.sync_api import expect

from striate.studio.address import LOOPBACK, Address, listening
from striate.studio.app import create_app
from striate.studio.guard import Guard

TOKEN = "abcdefghijklmnopqrstuvwx"


class Served:
    """A studio of a subject at an address of this machine."""

    def __init__(self, subject):
        self._subject, self.port = subject, 0
        self.start()

    def start(self):
        """Begin, with nothing looked at yet."""
        self._held = listening(LOOPBACK, self.port)
        self.port = self._held.getsockname()[1]
        address = Address(host=LOOPBACK, port=self.port, token=TOKEN)
        app = Guard(create_app(self._subject), token=TOKEN, names=address.names)
        self._server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._held]}, daemon=True)
        self._thread.start()
        self.url = address.url

    def end(self):
        """Go, as a server does that somebody kills."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(20)
        self._held.close()


def held_back(page, asked):
    """Questions that get no answer until they are let go."""
    waits = []

    def wait(route):
        waits.append(route)

    page.route(asked, wait)
    return waits


def network_text(page):
    """Where a network is written, once the one to begin with stands there.

    Before that a text could be selected, and no longer be when the new one is typed over it.
    """
    text = page.get_by_label("One line that begins with input, or YAML")
    expect(text).to_have_value(re.compile("^input"))
    return text
