"""See to it that a Chromium is there for the browser tests: Debian's, installed if we may."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Return 0 if there is a browser now; tests that need one are skipped otherwise, and say so."""
    if any(shutil.which(name) for name in NAMES):
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        print("installing Debian's chromium for the browser tests", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (
            ["apt-get", "update", "-qq"],
            ["apt-get", "install", "-y", "-qq", "chromium"],
        ):
            subprocess.run(command, check=False, env=quiet, stdout=subprocess.DEVNULL)
    if any(shutil.which(name) for name in NAMES):
        return 0
    print("no Chromium was found: the browser tests will be skipped")
    return 0


if __name__ == "__main__":
    sys.exit(main())
