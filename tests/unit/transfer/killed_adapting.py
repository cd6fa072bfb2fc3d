"""Adapts in forked children, each killed by SIGKILL at a stated place, then to the end. Run by test_killing.

python killed_adapting.py NETWORK FOLDER PLACE... : NETWORK is the folder of a network; PLACE is task:count, "trainings:5" being the fifth
report of that task, or "fsync:3", the third flush of a file.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys

from half_digits import half
from striate.events import Events
from striate.nets import Network

adapting, sitting = (importlib.import_module(f"striate.transfer.{name}") for name in ("adapting", "sitting"))


class Killer(Events):
    def __init__(self, place):
        self.task, _, count = place.partition(":")
        self.left = int(count or 0)
        if self.task == "fsync":
            flush = os.fsync

            def armed(descriptor):
                self.hit()
                flush(descriptor)

            os.fsync = armed

    def hit(self):
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def progress(self, progress):
        if progress.task == self.task:
            self.hit()


def best_trained(measured, _costs, *, eligible):
    """Take the best regime that trains pretrained layers, so that there is a last training to be killed in."""
    places = [place for place in eligible if measured[place].regime.trained != "head"]
    return max(
        places, key=lambda place: (measured[place].gains[0].mean(), measured[place].regime.name)
    ), "The best trained."


def child(network, folder, place):
    sitting.choose = best_trained
    # Which way is fastest is tried on the clock, and another way rounds differently.
    sitting.device_for = lambda _run, bench, _regime: (bench.device, "")
    # Everything fits into an hour, so that what is tried does not depend on how fast the machine is today.
    adapting.adapt(Network.read(network), half((5, 6, 7), 8), folder, budget_s=3600.0, threads=1, events=Killer(place))


def main(network, folder, *places):
    for place in (*places, ""):
        process = os.fork()
        if process == 0:
            child(network, folder, place)
            os._exit(0)
        _, status = os.waitpid(process, 0)
        ending = "killed" if os.WIFSIGNALED(status) else f"exit {os.WEXITSTATUS(status)}"
        sys.stdout.write(f"{place or 'end'} {ending}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
