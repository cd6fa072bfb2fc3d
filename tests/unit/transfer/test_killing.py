"""`kill -9`, for real: in the pass, in the search and in the last training; then to the end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from striate.fingerprint import of_file
from striate.runs import Run
from striate.transfer import verify
from striate.transfer.kept import WEIGHTS
from striate.transfer.storing import ATTEMPTS

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
WORKER = Path(__file__).with_name("killed_adapting.py")
TESTS = Path(__file__).parents[2]


def adapt(network, folder, *places):
    command = [sys.executable, str(WORKER), str(network), str(folder), *places]
    paths = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": paths}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout.splitlines()


def attempts(folder):
    """Finished trainings by what decides them; each at most once."""
    rows = Run.read(folder).rows(ATTEMPTS)
    found = {row["key"]: (row["what"], row["gains"], row["loss"], row["state"]) for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.fixture(scope="module")
def whole(tmp_path_factory, pretrained):
    folder = tmp_path_factory.mktemp("whole") / "run"
    assert adapt(pretrained, folder) == ["end exit 0"]
    return folder


def test_a_killed_adaptation_ends_in_the_same_regime_and_the_same_bits(pretrained, whole, tmp_path):
    places = ["fsync:1", "features:2", "fsync:5", "trainings:4", "fsync:9", "trainings:30", "training:2", "training:9"]
    folder = tmp_path / "run"
    told = adapt(pretrained, folder, *places)
    first, second = (json.loads((one / "adaptation.json").read_text()) for one in (whole, folder))

    assert told == [f"{place} killed" for place in places] + ["end exit 0"]
    assert first["chosen"] == second["chosen"]
    assert of_file(folder / WEIGHTS) == of_file(whole / WEIGHTS)
    assert attempts(folder) == attempts(whole)
    for one, other in zip(first["candidates"], second["candidates"], strict=True):
        assert (one["regime"], one["estimate"], one["outcome"]) == (
            other["regime"],
            other["estimate"],
            other["outcome"],
        )
    assert (first["test"], first["probes"]) == (second["test"], second["probes"])


def test_a_stored_training_that_was_changed_is_a_difference(whole, pretrained):
    from half_digits import half
    from striate.nets import Network

    def claims():
        sections = verify(whole, network=Network.read(pretrained), dataset=half((5, 6, 7), 8))
        return {row.label: (row.checked, row.value) for section in sections for row in section.rows}

    before = claims()
    path = whole / ATTEMPTS
    content = path.read_bytes()
    rows = [json.loads(line) for line in content.splitlines()]
    path.write_text(
        "".join(json.dumps(row | {"gains": row["gains"] and [0.5 for _ in row["gains"]]}) + "\n" for row in rows)
    )
    try:
        after = claims()
    finally:
        path.write_bytes(content)

    assert all(checked is not False for checked, _ in before.values())
    # Six regimes train pretrained layers, or five if the cut is the end.
    assert before["Short trainings"] in {(True, "6 of 6 scores are the same"), (True, "5 of 5 scores are the same")}
    assert {label for label, (checked, _) in after.items() if checked is False} == {"Short trainings"}
