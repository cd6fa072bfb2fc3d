"""Runs a study in a process of its own. Run by test_running.

python worker.py FILE FOLDER WORKERS [PLACE] : kills itself with SIGKILL at the PLACE-th rename of a file, if one is given.
"""

import os
import pathlib
import signal
import sys

from striate.study import read_study, run_study


def killing_at(place):
    seen, rename = [0], pathlib.Path.replace

    def replaced(self, target):
        seen[0] += 1
        if seen[0] == place:
            os.kill(os.getpid(), signal.SIGKILL)
        return rename(self, target)

    pathlib.Path.replace = replaced


if __name__ == "__main__":
    file, folder, workers, *places = sys.argv[1:]
    if places:
        killing_at(int(places[0]))
    run_study(read_study(file), folder, workers=int(workers))
