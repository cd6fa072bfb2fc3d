"""The PyTorch source runs by itself and is the network that Striate builds."""

import subprocess
import sys

import pytest
import torch

from striate.blueprint import Blueprint
from striate.nets import build

TEXTS = [
    "input 1x12x12; conv 3x3 4, batchnorm, relu; maxpool 2; fc 8, relu, dropout 0.5; classes 3",
    "input 2x40; conv 5 4 stride 2, gelu; avgpool 2; globalmaxpool; values 2",
    "input 1x6x6x6; conv 3 4, instancenorm, elu; conv 1 2, layernorm, silu; labels 3",
]


@pytest.mark.slow
@pytest.mark.parametrize("text", TEXTS)
def test_the_source_alone_gives_the_same_answers_with_the_same_weights(text, tmp_path):
    plan = Blueprint.from_text(text)
    ours = build(plan).eval()
    space: dict = {"__name__": "net"}
    exec(plan.to_source(), space)
    theirs = space["Net"]().eval()

    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, *plan.input)

    assert torch.equal(ours(x), theirs(x))
    assert "striate" not in plan.to_source()


def test_names_with_quotes_and_backslashes_leave_the_source_whole():
    plan = Blueprint.from_text(r'''input 1x4x4; classes 5" 7""" a\u it's''')

    compile(plan.to_source(), "net.py", "exec")


@pytest.mark.slow
def test_the_source_runs_as_a_script(tmp_path):
    path = tmp_path / "net.py"
    path.write_text(Blueprint.from_text(TEXTS[0]).to_source())

    done = subprocess.run([sys.executable, "-I", path], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "torch.Size([2, 3])"
