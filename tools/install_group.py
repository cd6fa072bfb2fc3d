"""Install a dependency group of pyproject.toml with pip, held to constraints.txt; older pips lack `--group`."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main(group: str) -> int:
    """Install the group and return pip's exit code."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text())
    requirements = document["dependency-groups"][group]
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-compile",
        "-c",
        str(ROOT / "constraints.txt"),
        *requirements,
    ]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
