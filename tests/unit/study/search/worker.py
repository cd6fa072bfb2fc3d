"""Searches in a process of its own. Run by test_searching.

python worker.py DATA FOLDER TRIALS [PLACE] : kills itself with SIGKILL when the PLACE-th result is about to be written.
python worker.py DATA FOLDER TRIALS ADDRESS : shares the database there.
"""

import os
import signal
import sys

from striate import Blueprint
from striate.data import load_data
from striate.records import Recipe
from striate.study import training
from striate.study.search import Limits, Search, search

PLAN = "input 1x8x8; let w {2,3,4,6}; conv {3,5} w, relu; (conv 3 w, relu) x{1,2}; globalavgpool; classes 3"


def killing_at(place):
    seen, write = [0], training.write_json

    def written(path, document):
        seen[0] += 1
        if seen[0] == place:
            os.kill(os.getpid(), signal.SIGKILL)
        write(path, document)

    training.write_json = written


if __name__ == "__main__":
    data, folder, trials, *more = sys.argv[1:]
    storage = more[0] if more and not more[0].isdigit() else ""
    if more and not storage:
        killing_at(int(more[0]))
    recipe = Recipe(epochs=1, batch=10, rate=0.02)
    asked = Search(plan=Blueprint.from_text(PLAN), limits=Limits(macs=20_000), recipe=recipe, prune=False, seed=3)
    search(asked, load_data(data), folder, trials=int(trials), workers=1, storage=storage)
