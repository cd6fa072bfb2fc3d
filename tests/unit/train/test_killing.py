"""`kill -9`, for real: in the middle of steps, of files and of renames, and from outside at any moment."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from striate.fingerprint import of_file
from striate.runs import Run
from striate.train import read_curve

WORKER = Path(__file__).with_name("worker.py")
WEIGHTS = "network/weights.safetensors"


def work(folder, every, *places, recipe="plain"):
    done = subprocess.run(
        [sys.executable, str(WORKER), recipe, str(folder), str(every), *places],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def rows(folder):
    return [
        {key: value for key, value in row.items() if key != "seconds"} for row in Run.read(folder).rows("metrics.jsonl")
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert work(folder, 1e9) == ["end exit 0"]
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("every", "places"),
    [
        # Checkpoints at the ends of epochs only: steps are done again.
        (1e9, ["step:6", "adam:3", "step:14", "adam:7", "fsync:9"]),
        # After every step, so that most kills hit a file or its rename.
        pytest.param(
            0,
            [
                "replace:1",
                "fsync:1",
                "fsync:2",
                "replace:3",
                "replace:6",
                "adam:2",
                "fsync:12",
                "fsync:17",
                "replace:8",
            ],
            marks=pytest.mark.long,
        ),
    ],
    ids=["epochs", "steps"],
)
def test_a_killed_training_ends_in_the_same_weights(tmp_path, whole, every, places):
    told = work(tmp_path / "run", every, *places)
    assert told == [f"{place} killed" for place in places] + ["end exit 0"]
    assert of_file(tmp_path / "run" / WEIGHTS) == of_file(whole / WEIGHTS)
    assert rows(tmp_path / "run") == rows(whole)
    assert not list((tmp_path / "run").rglob("*.part"))
    run = Run.read(tmp_path / "run")
    assert run.document.status == "done"
    assert [word for _, word in read_curve(run).events].count("resumed") >= 3


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "every", "places"),
    [
        # Within warm-up, in files of the best epoch, after the unfreezing.
        pytest.param("phases", 0, ["step:4", "replace:7", "step:4", "fsync:12"], marks=pytest.mark.long),
        # Before, within and after going back, and in its files.
        ("rollback", 0, ["replace:4", "step:3", "replace:9", "fsync:16"]),
        pytest.param("late", 1e9, ["step:11", "step:14", "step:20", "replace:3"], marks=pytest.mark.long),
    ],
    ids=["phases", "rollback", "late"],
)
def test_a_careful_training_killed_in_any_phase_ends_in_the_same_weights(tmp_path, recipe, every, places):
    assert work(tmp_path / "whole", 1e9, recipe=recipe) == ["end exit 0"]
    told = work(tmp_path / "run", every, *places, recipe=recipe)
    events = [word for _, word in read_curve(Run.read(tmp_path / "whole")).events]

    assert told == [f"{place} killed" for place in places] + ["end exit 0"]
    assert of_file(tmp_path / "run" / WEIGHTS) == of_file(tmp_path / "whole" / WEIGHTS)
    assert rows(tmp_path / "run") == rows(tmp_path / "whole")
    assert events.count("rolled back") == {"phases": 0, "rollback": 2, "late": 2}[recipe]


@pytest.mark.slow
def test_a_training_killed_from_outside_at_any_moment_ends_in_the_same_weights(tmp_path, whole):
    delay = random.Random(time.time_ns()).uniform(0.0, 1.0)
    folder = tmp_path / "run"
    process = subprocess.Popen([sys.executable, str(WORKER), "plain", str(folder), "0"], stdout=subprocess.PIPE)
    while not (folder / "run.json").exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(delay)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for child in children.read_text().split() if children.exists() else ():
        subprocess.run(["kill", "-9", child], check=False)
    process.kill()
    process.wait()
    process.stdout.close()
    assert work(folder, 0) == ["end exit 0"], f"after {delay} s"
    assert of_file(folder / WEIGHTS) == of_file(whole / WEIGHTS), f"after {delay} s"
    assert rows(folder) == rows(whole)
