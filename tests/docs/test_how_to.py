"""Every command of a how-to page runs, in order, in an empty folder; so does its Python."""

import importlib.util
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
# Pages that need an extra, and are run where it is installed.
NEEDS = {"on-a-cluster": ("ray", "lance_ray")}
# Pages whose commands train several networks, or train and inspect one: a quarter of a minute to some minutes each.
LONG = {
    "adapt-a-network",
    "choose-a-beginning",
    "compare-features",
    "fine-tune-with-care",
    "look-at-units",
    "run-a-study",
    "search-by-image",
    "sounds-and-volumes",
    "train-faster-and-wider",
    "write-a-blueprint",
}
# What ends with 1 has found something, which the page may well be about.
FINE = {0, 1}


def blocks(page, language):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    return [text for kind, text in found if kind == language]


def marked(page):
    """Return a page as a test's parameter: one that needs Ray is marked, and left out where there is none."""
    needed = NEEDS.get(page.stem, ())
    marks = [
        pytest.mark.cluster,
        pytest.mark.long,
        # Ray warns of its own ways.
        pytest.mark.filterwarnings("default"),
        pytest.mark.skipif(not all(map(importlib.util.find_spec, needed)), reason="Ray is not installed"),
    ]
    return pytest.param(page, marks=marks if needed else (), id=page.stem)


def commanded(page):
    """Return a page as the parameter of the test that runs its commands."""
    return pytest.param(page, marks=pytest.mark.long, id=page.stem) if page.stem in LONG else marked(page)


@pytest.mark.slow
@pytest.mark.parametrize("page", [commanded(page) for page in PAGES])
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
            # A process that aborts says where.
            environment = os.environ | {"PYTHONFAULTHANDLER": "1"}
            subprocess.run([sys.executable, *rest], check=True, cwd=tmp_path, env=environment)


@pytest.mark.slow
@pytest.mark.parametrize("page", [marked(page) for page in PAGES if blocks(page, "python")])
def test_its_python_runs(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space: dict = {"__name__": "page"}

    for block in blocks(page, "python"):
        exec(block, space)
