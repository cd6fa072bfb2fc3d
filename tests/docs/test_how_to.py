"""Every command of a how-to page runs, in order, in an empty folder; so does its Python."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from striate.cli.app import run

# Pages with a test of their own that runs all they show.
OWN = {"dense-prediction", "import-a-network", "use-pretrained-weights"}
PAGES = sorted(page for page in (Path(__file__).parents[2] / "docs" / "how-to").glob("*.md") if page.stem not in OWN)
# What ends with 1 has found something, which the page may well be about.
FINE = {0, 1}


def blocks(page, language):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [text for kind, text in found if kind == language]


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_commands_run_in_an_empty_folder(page, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    lines = [line for block in blocks(page, "") for line in block.splitlines() if line.strip()]

    assert any(line.startswith("striate ") for line in lines)
    for line in lines:
        program, *rest = shlex.split(line, comments=True)
        if program == "striate":
            assert run(rest) in FINE, f"{line}\n{capfd.readouterr().err}"
        else:
            assert program == "python", line
            subprocess.run([sys.executable, *rest], check=True, cwd=tmp_path, env=os.environ)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")], ids=lambda page: page.stem)
def test_its_python_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space: dict = {"__name__": "page"}

    for block in blocks(page, "python"):
        exec(block, space)
