"""The command line. Bodies are a few lines: the work is the library's."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `striate` and leave with 0 done, 1 findings, 2 wrong input, 3 our fault."""
    from striate.cli.app import run

    sys.exit(run(sys.argv[1:]))
