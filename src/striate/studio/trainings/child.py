"""One training in a process of its own: `python -m striate.studio.trainings.child`.

The first line that comes in says what to do; the end of what comes in means stop, be it asked for or because the studio is gone.
What goes out are lines of JSON: progress, and what went wrong.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from contextlib import suppress
from typing import Any, TextIO

from striate.errors import Cancelled, StriateError
from striate.events import Events, Progress

# Told at most so often: the page asks more seldom.
_EVERY_S = 0.2


class Telling(Events):
    """Tells progress as lines, and is cancelled once nobody listens any more.

    Args:
        incoming: Where the studio speaks; its end is the wish to stop.
        outgoing: Where lines go.
    """

    def __init__(self, incoming: TextIO, outgoing: TextIO) -> None:
        self._outgoing, self._told_at, self._is_over = outgoing, 0.0, threading.Event()
        threading.Thread(target=self._listen, args=(incoming,), daemon=True).start()

    def progress(self, progress: Progress) -> None:
        """Tell how far it is, a few times a second."""
        now = time.monotonic()
        if now - self._told_at < _EVERY_S and progress.done != progress.total:
            return
        self._told_at = now
        plain = {name: getattr(progress, name) for name in ("task", "done", "total", "unit", "elapsed_s", "left_s")}
        self.tell({"progress": plain})

    def is_cancelled(self) -> bool:
        """Return whether it is to stop."""
        return self._is_over.is_set()

    def tell(self, what: dict[str, Any]) -> None:
        """Send one line; of a studio that is gone nobody hears."""
        with suppress(OSError, ValueError):
            self._outgoing.write(json.dumps(what) + "\n")
            self._outgoing.flush()

    def _listen(self, incoming: TextIO) -> None:
        with suppress(OSError, ValueError):
            while incoming.readline():
                pass
        self._is_over.set()


def main() -> None:
    """Train as the first line says."""
    asked = json.loads(sys.stdin.readline())
    telling = Telling(sys.stdin, sys.stdout)
    # The page goes first.
    with suppress(OSError, AttributeError):
        os.nice(5)
    try:
        telling.check("training")
        _train(asked, telling)
        telling.tell({"end": "done"})
    except Cancelled:
        telling.tell({"end": "cancelled"})
    except StriateError as error:
        facts = error.facts()
        telling.tell({"failure": {name: str(facts[name]) for name in ("rule", "got", "where", "hint")}})


def _train(asked: dict[str, Any], events: Events) -> None:
    from striate.blueprint import Blueprint
    from striate.data import ReadAs, load_data
    from striate.nets import load_network
    from striate.records import Recipe
    from striate.train import train

    given = Blueprint.from_yaml(asked["plan"]) if asked["plan"] else load_network(asked["network"])
    events.check("training")
    dataset = load_data(asked["data"], read_as=ReadAs.from_document(asked["read_as"]), events=events)
    recipe = Recipe.from_document(asked["recipe"])
    train(given, dataset, recipe, asked["folder"], events=events, keep_every=asked["keep_every"])


if __name__ == "__main__":
    main()
