"""The page on importing: its commands run, and write what it shows."""

import re
import shlex
from pathlib import Path

import pytest

from striate.blueprint import Blueprint
from striate.cli.app import run

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "import-a-network.md").read_text(encoding="utf-8")
COMMANDS = [shlex.split(line) for line in re.findall(r"^striate (.*)$", PAGE, flags=re.MULTILINE)]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("page")


def test_the_commands_write_what_the_page_shows(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert [command[0] for command in COMMANDS] == ["new", "check", "new", "new"]
    for command in COMMANDS:
        # A check ends with 1 where there is advice.
        assert run(command) in ({0} if command[0] == "new" else {0, 1}), command
    shown = re.search(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL)[1]
    out = capsys.readouterr().out

    assert Blueprint.from_yaml((folder / "resnet18.yaml").read_text()) == Blueprint.from_yaml(shown)
    assert Blueprint.from_yaml((folder / "small.yaml").read_text()).input == (3, 96, 96)
    assert Blueprint.from_yaml((folder / "mine.yaml").read_text()).graph().output.shape == (1, 1000)
    assert "Its table equals that of torchvision:resnet18, row by row. Weights do not come along" in out


def test_the_python_on_the_page_holds():
    exec(re.search(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)[1], {})


def test_the_refusal_on_the_page_is_the_one_that_comes(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)

    assert run(["new", "vit.yaml", "--from", "torchvision:vit_b_16"]) == 2
    assert capsys.readouterr().err.strip() == re.search(r"^striate: .*", PAGE, flags=re.MULTILINE)[0]
    assert not (folder / "vit.yaml").exists()
