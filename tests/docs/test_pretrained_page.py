"""The page on pretrained weights: its commands run on files made here, and what it says is refused is refused."""

import re
import shlex
from pathlib import Path

import pytest
import torch

from striate import fingerprint
from striate.cli.app import run

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "use-pretrained-weights.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```\n(.*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
LINES = [line for block in BLOCKS for line in block.splitlines() if line]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    import torchvision
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("page")
    torch.manual_seed(1)
    state = torchvision.models.resnet18().state_dict()
    save_file(state, folder / "weights.safetensors")
    torch.save({f"module.{key}": value for key, value in state.items()}, folder / "wrapped.pth")
    torch.save(
        {f"layer{n}.{key.rpartition('.')[2]}": v for n, (key, v) in enumerate(state.items())}, folder / "renamed.pth"
    )
    torch.save({"conv1.weight": state["conv1.weight"]}, folder / "stem.pth")
    broken = {key: value.clone() for key, value in state.items()}
    broken["fc.bias"][3] = float("nan")
    torch.save(broken, folder / "nan.pth")
    content = bytearray((folder / "wrapped.pth").read_bytes())
    content[len(content) // 2] ^= 1
    (folder / "flipped.pth").write_bytes(content)
    (folder / "truncated.safetensors").write_bytes((folder / "weights.safetensors").read_bytes()[:-1000])
    return folder


def test_the_commands_do_what_the_page_says(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    digits = fingerprint.of_file(folder / "weights.safetensors")

    assert len(LINES) == 14
    for line in LINES:
        command, _, refusal = line.partition("# refused: ")
        arguments = shlex.split(command.replace("$SHA256", digits))[1:]
        code, captured = run(arguments), capsys.readouterr()
        if refusal:
            assert code == 2, line
            assert refusal.strip() in captured.err, line
        else:
            # A check ends with 1 where there is advice.
            assert code in ({0, 1} if arguments[0] == "check" else {0}), f"{line}\n{captured.err}"
    assert (folder / "grey" / "network.json").is_file()


def test_the_python_on_the_page_runs(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    exec(re.search(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)[1], {})

    out = capsys.readouterr().out
    assert "2 new head (fc.weight, fc.bias)" in out
    assert "(256, 256) 0.875" in out
    assert "torch.Size([1, 10])" in out
