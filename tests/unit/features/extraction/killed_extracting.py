"""Extracts in this process and kills it by SIGKILL on the way. Run by test_killing.

python killed_extracting.py NETWORK DATA STORE KILL : KILL is "rows:16", after so many rows were told, "append:2", in the middle of
that append (a thread kills while LanceDB writes), or "end".
"""

import os
import signal
import sys
import threading
import time
from importlib import import_module

from striate.events import Events
from striate.features.extraction import extract
from striate.features.store import VectorStore
from striate.records.vectors import VectorChoice

storing = import_module("striate.features.extraction.storing")
storing.MOST_ROWS = 8


class Killer(Events):
    def __init__(self, rows):
        self.rows = rows

    def progress(self, progress):
        if progress.done >= self.rows:
            os.kill(os.getpid(), signal.SIGKILL)


def kill_during(number):
    """Kill within the given append, some tenths of a millisecond after it began."""
    append, count = VectorStore.append, [0]

    def counted(self, rows):
        count[0] += 1
        if count[0] == number:
            threading.Thread(target=lambda: (time.sleep(0.0005), os.kill(os.getpid(), signal.SIGKILL))).start()
        append(self, rows)

    VectorStore.append = counted


if __name__ == "__main__":
    network, data, store, place = sys.argv[1:]
    kind, _, number = place.partition(":")
    if kind == "append":
        kill_during(int(number))
    events = Killer(int(number)) if kind == "rows" else Events()
    extract(network, data, store, VectorChoice(memory_format="plain"), lanes=2, events=events)
