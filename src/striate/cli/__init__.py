"""The command line. Bodies are a few lines: the work is the library's."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run `striate` and leave with 0 done, 1 findings, 2 wrong input, 3 our fault."""
    # Threads that wait should sleep: on a busy machine, spinning ones made small networks ten times slower. Torch reads it
    # once, when it is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    from striate.cli.app import run

    sys.exit(run(sys.argv[1:]))
