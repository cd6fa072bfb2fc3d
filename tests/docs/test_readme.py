"""The commands of README run in their order, in an empty folder, as far as they are quick and need no network."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image  # noqa: TID253 - tests write real files

from striate.cli.app import run

README = Path(__file__).parents[2] / "README.md"
# What fetches weights, takes long or goes on until it is ended, and what rests on that; most of it is run by the how-to pages.
LEFT_OUT = (
    "load", "adapt", "verify", "init", "inspect", "downstream", "explain shortcuts", "explain class_images", "extract",
    "similar", "map", "zoo", "budget", "check timm:resnet50", "studio",
)  # fmt: skip


def commands():
    block = next(
        block for block in re.findall(r"```\n(.*?)```", README.read_text(), re.DOTALL) if "striate train" in block
    )
    return [line.partition("  #")[0].strip().removeprefix("striate ") for line in block.splitlines()]


def test_what_is_left_out_is_in_the_block():
    assert all(any(line.startswith(f"{left} ") for line in commands()) for left in LEFT_OUT)


@pytest.mark.slow
def test_the_block_runs(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.zeros((60, 80), np.uint8)).save("photo.png")
    for line in commands():
        if line.startswith(tuple(f"{left} " for left in LEFT_OUT)):
            continue
        # One epoch will do.
        more = ["--epochs", "1"] if line.startswith("train ") else []

        assert run([*shlex.split(line, comments=True), *more]) in {0, 1}, f"{line}\n{capfd.readouterr().err}"
