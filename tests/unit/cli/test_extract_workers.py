"""Who computes vectors is said on the command line, and refused there when it is nobody."""

import json

import pytest

from striate.cli.app import run


def test_elsewhere_is_refused(tmp_path, capsys):
    assert run(["extract", "net.yaml", "digits", "--out", str(tmp_path / "v"), "--on", "dask"]) == 2
    assert "--on must be processes or ray; got 'dask'" in capsys.readouterr().err


@pytest.mark.slow
def test_two_processes_from_the_command_line(small_run, tmp_path, capsys):
    from PIL import Image

    for number in range(20):
        place = tmp_path / "pictures" / f"{number:02}.png"
        place.parent.mkdir(exist_ok=True)
        Image.new("L", (28, 28), number).save(place)
    asked = ["extract", str(small_run), str(tmp_path / "pictures"), "--out", str(tmp_path / "v"), "--workers", "2"]
    code = run([*asked, "--lanes", "2", "--format", "plain", "--json"])
    found = json.loads(capsys.readouterr().out)

    assert code == 0
    assert (found["computed"], found["failed"], found["rows"]) == (20, 0, 20)
