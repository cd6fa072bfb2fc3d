"""Several real processes that train one network together, by gloo on this machine."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from striate.data.batching import part_of
from striate.errors import RunError
from striate.fingerprint import of_file
from striate.runs import Run
from striate.train.ranks import Ranks, begin_run

WORKER = Path(__file__).with_name("ranks_worker.py")


def launch(what, folder, count=2):
    """Run so many processes to their ends; return exit codes and what they said on standard error."""
    folder.mkdir(exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen(
            [sys.executable, str(WORKER), what, str(folder)],
            env=os.environ | common | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(count)
    ]
    try:
        said = [process.communicate(timeout=60)[1] for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()
            process.stderr.close()
    return [process.returncode for process in running], said


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two") / "runs"
    codes, said = launch("together", folder)
    assert codes == [0, 0], said
    return folder


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one") / "runs"
    codes, said = launch("together", folder, count=1)
    assert codes == [0], said
    return folder


def test_parts_of_a_batch_are_neighbours_and_nobody_gets_a_single_image():
    for count in range(1, 40):
        for world in (1, 2, 3, 5):
            parts = [range(count)[part_of(count, rank, world)] for rank in range(world)]
            assert [index for part in parts for index in part] == list(range(count))
            assert all(len(part) != 1 for part in parts) or count == 1
            filled = [len(part) for part in parts if len(part)]
            assert max(filled) - min(filled) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "short", "scarce"])
def test_two_processes_end_in_the_weights_of_one_with_the_whole_batch(one, two, name):
    expected = load_file(one / f"{name}-0.st")
    for rank in range(2):
        found = load_file(two / f"{name}-{rank}.st")
        for key, value in expected.items():
            torch.testing.assert_close(found[key], value, rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["wide", "narrow"])
def test_21_samples_in_two_processes_count_21(one, two, name):
    for folder, ranks in ((one, 1), (two, 2)):
        for rank in range(ranks):
            samples, score, loss = json.loads((folder / f"{rank}.json").read_text())["counted"][name]
            alone = json.loads((one / "0.json").read_text())["counted"][name]

            assert samples == 21
            assert score == 13 / 21  # eight were given another class than their brightest row says
            assert loss == pytest.approx(alone[2], abs=1e-6)


@pytest.mark.slow
def test_both_processes_end_with_the_same_network_also_with_normalisation(two):
    first, second = (load_file(two / f"normalised-{rank}.st") for rank in range(2))
    assert all(torch.equal(first[key], second[key]) for key in first)
    assert (two / "normalised" / "network" / "weights.safetensors").is_file()


@pytest.mark.slow
def test_memory_that_runs_out_in_one_process_halves_in_both_and_is_told_once(two):
    told = [row["message"] for row in Run.read(two / "scarce").rows("log.jsonl") if row["event"] == "halved"]
    assert len(told) == 1
    assert "from here on 4 images at once" in told[0]


@pytest.mark.slow
@pytest.mark.long
def test_a_killed_process_ends_the_others_and_together_they_go_on_to_the_same_weights(tmp_path, two):
    codes, said = launch("kill", tmp_path / "runs")
    assert codes[1] == -9
    assert codes[0] == 1
    assert "every process of a training must stay alive" in said[0]
    assert "start all 2 again with the same folder" in said[0]
    run = tmp_path / "runs" / "normalised"
    assert Run.read(run).document.status == "failed"
    codes, said = launch("go on", tmp_path / "runs")
    assert codes == [0, 0], said
    assert any(row["event"] == "resumed" for row in Run.read(run).rows("log.jsonl"))
    whole = two / "normalised"
    assert of_file(run / "network/weights.safetensors") == of_file(whole / "network/weights.safetensors")


@pytest.mark.slow
def test_a_wish_to_stop_in_one_process_stops_all_after_the_same_step(tmp_path):
    codes, said = launch("stop", tmp_path / "runs")
    assert codes == [1, 1]
    assert all("training was stopped before its end" in words for words in said)
    run = Run.read(tmp_path / "runs" / "normalised")
    assert run.document.status == "stopped"
    assert [row["message"] for row in run.rows("log.jsonl") if row["event"] == "stopped"] == [
        "Stopped after step 7 of 12."
    ]


def test_one_process_sends_nothing_and_writes_the_run_itself(tmp_path):
    numbers = torch.arange(3.0)
    run = begin_run(Ranks(), lambda: Run.begin(tmp_path / "run", command="train", inputs={}, settings={}))

    assert Ranks().sum(numbers) is numbers
    assert type(run) is Run


def test_a_process_that_is_told_of_an_error_repeats_its_words(monkeypatch):
    follower = Ranks(rank=1, world_size=2)
    monkeypatch.setattr(Ranks, "_told", lambda self, text: b'{"error": "the disk must take what is written"}')
    with pytest.raises(RunError, match="the disk must take what is written"):
        follower.lead(dict)
