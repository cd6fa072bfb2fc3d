import subprocess
import sys

import pytest
import torch

from striate.train.device import accelerated, own_state


def test_accelerate_is_given_back_as_it_was():
    from accelerate.state import AcceleratorState, GradientState, PartialState

    kinds = (PartialState, AcceleratorState, GradientState)
    before = [dict(kind._shared_state) for kind in kinds]
    with accelerated() as device:
        assert device.place.type in {"cpu", "cuda", "mps", "xpu"}
    assert [dict(kind._shared_state) for kind in kinds] == before


def test_random_numbers_and_threads_are_given_back_also_after_an_error():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    threads = torch.get_num_threads()
    deterministic = torch.backends.cudnn.deterministic
    with pytest.raises(ZeroDivisionError), own_state(torch.device("cpu"), 1):
        assert torch.get_num_threads() == 1
        torch.manual_seed(1)
        torch.rand(5)
        raise ZeroDivisionError
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads
    assert torch.backends.cudnn.deterministic == deterministic


def test_a_step_has_its_own_random_numbers_whatever_came_before():
    with accelerated() as device, own_state(torch.device("cpu"), 1):
        device.seed(3, 10)
        first = torch.rand(4)
        torch.rand(100)
        device.seed(3, 10)
        assert torch.equal(torch.rand(4), first)
        device.seed(3, 11)
        assert not torch.equal(torch.rand(4), first)
        device.seed(4, 10)
        assert not torch.equal(torch.rand(4), first)


@pytest.mark.slow
def test_the_precision_is_the_one_accelerate_was_launched_with():
    code = (
        "import torch\n"
        "from striate.train.device import accelerated\n"
        "with accelerated() as device, device.autocast():\n"
        "    print(device.precision, (torch.ones(2, 2) @ torch.ones(2, 2)).dtype)\n"
    )
    env = {"ACCELERATE_MIXED_PRECISION": "bf16", "ACCELERATE_USE_CPU": "1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["bf16", "torch.bfloat16"]
