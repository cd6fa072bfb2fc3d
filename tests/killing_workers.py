"""Watchers that kill a worker, and stores compared by their bits."""

import os
import signal
from pathlib import Path

from striate.events import Events
from striate.features.store import VectorStore


def content_of(address):
    """Return all a store holds, by id."""
    store = VectorStore.open(address)
    return store.rows(store.table.schema.names).sort_by("id")


def descendants(word):
    """Return the processes below this one in whose command line a word stands."""
    parents, words = {}, {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                status = (folder / "stat").read_text().rpartition(")")[2].split()
                parents[int(folder.name)] = int(status[1])
                words[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue

    def is_below(pid):
        while pid in parents:
            pid = parents[pid]
            if pid == os.getpid():
                return True
        return False

    return [pid for pid, line in words.items() if word in line and is_below(pid)]


class Killer(Events):
    """Kills one worker with SIGKILL at the first progress."""

    def __init__(self, word):
        self.word = word
        self.killed = []

    def progress(self, progress):
        if progress.done and not self.killed:
            self.killed = descendants(self.word)[:1]
            for pid in self.killed:
                os.kill(pid, signal.SIGKILL)
