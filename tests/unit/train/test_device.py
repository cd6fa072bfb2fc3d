import subprocess
import sys

import pytest
import torch

from striate.train.device import accelerated, own_state


@pytest.fixture
def no_accelerate():
    """A process in which nobody has used Accelerate yet."""
    from accelerate.state import AcceleratorState, GradientState, PartialState

    states = [kind._shared_state for kind in (PartialState, AcceleratorState, GradientState)]
    before = [dict(state) for state in states]
    for state in states:
        state.clear()
    yield states
    for state, values in zip(states, before, strict=True):
        state.clear()
        state.update(values)


def test_accelerate_is_as_untouched_as_before(no_accelerate):
    with accelerated() as device:
        assert device.place.type in {"cpu", "cuda", "mps", "xpu"}
        assert all(no_accelerate)
    assert no_accelerate == [{}, {}, {}]


def test_an_accelerator_of_the_caller_goes_on_as_it_was(no_accelerate):
    from accelerate import Accelerator

    own = Accelerator(cpu=True, gradient_accumulation_steps=4)
    before = [dict(state) for state in no_accelerate]
    with accelerated() as device:
        assert device.place.type == "cpu"
    assert no_accelerate == before
    assert own.gradient_accumulation_steps == 4


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ACCELERATE_GRADIENT_ACCUMULATION_STEPS", "4", "gradient accumulation must be 1; got 4"),
        ("ACCELERATE_MIXED_PRECISION", "fp16", "fp16"),
    ],
)
def test_what_cannot_be_resumed_to_the_same_bits_is_refused(no_accelerate, monkeypatch, name, value, words):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=words), accelerated():
        pass
    assert no_accelerate == [{}, {}, {}]


def test_random_numbers_and_threads_are_given_back_also_after_an_error():
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    threads = torch.get_num_threads()
    deterministic = torch.backends.cudnn.deterministic
    with pytest.raises(ZeroDivisionError), own_state(torch.device("cpu"), threads + 1):
        assert torch.get_num_threads() == threads + 1
        assert torch.backends.cudnn.deterministic
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
