"""The traced module is left exactly as it was, also when it breaks."""

import gc
import logging
import random
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from striate.errors import InputError, ShapeError
from striate.trace import tap, trace
from striate.trace.shell import check_ready
from striate.trace.state import kept_randomness


class Busy(nn.Module):
    """Counts, caches, draws and drops; raises if told to."""

    def __init__(self, *, breaks=False):
        super().__init__()
        self.conv, self.bn, self.drop = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5)
        self.calls, self.cache, self.breaks = 0, None, breaks
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        self.count += 1
        random.random()
        np.random.rand()  # noqa: NPY002 - the generator that everybody shares is the one at risk
        x = self.drop(self.bn(self.conv(x)))
        self.cache = x + torch.rand(())
        if self.breaks:
            raise RuntimeError("on purpose")
        return self.cache


def shared_numbers():
    return np.random.get_state()[1].copy()  # noqa: NPY002 - as above


def state(net):
    return {
        "values": {k: v.clone() for k, v in net.state_dict().items()},
        "ids": [id(t) for t in (*net.parameters(), *net.buffers())],
        "modes": [m.training for m in net.modules()],
        "flags": [p.requires_grad for p in net.parameters()],
        "grads": [None if p.grad is None else p.grad.clone() for p in net.parameters()],
        "hooks": [
            [len(getattr(m, name)) for name in ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks")]
            for m in net.modules()
        ],
        "versions": [t._version for t in (*net.parameters(), *net.buffers())],
        "plain": {k: v for k, v in vars(net).items() if not k.startswith("_")},
        # Python's own generator has a test of its own: the run-time type checker of the tests draws from it.
        "random": (torch.get_rng_state().clone(), shared_numbers()),
        "switch": torch.backends.mha.get_fastpath_enabled(),
    }


def busy(*, breaks=False):
    net = Busy(breaks=breaks)
    net.bn.eval()
    net.conv.bias.requires_grad_(False)
    net.conv.weight.grad = torch.ones_like(net.conv.weight)
    return net


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_nothing_of_the_module_changes(mode):
    net = busy()
    before = state(net)
    trace(net, (2, 1, 8, 8), mode=mode)
    torch.testing.assert_close(state(net), before, rtol=0, atol=0)
    assert net.cache is None


def test_draws_inside_leave_every_generator_as_it_was():
    before = torch.get_rng_state(), random.getstate(), shared_numbers()
    with pytest.raises(ZeroDivisionError), kept_randomness():
        torch.rand(3)
        random.random()
        np.random.rand()  # noqa: NPY002 - as above
        raise ZeroDivisionError
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == random.getstate()
    assert np.array_equal(before[2], shared_numbers())


def test_nothing_changes_when_the_module_raises():
    net = busy(breaks=True)
    before = state(net)
    with pytest.raises(InputError, match="on purpose"):
        trace(net, (2, 1, 8, 8))
    torch.testing.assert_close(state(net), before, rtol=0, atol=0)


def test_running_a_program_changes_nothing():
    net = busy()
    recording = trace(net, (2, 1, 8, 8))
    before = state(net)
    images = torch.ones(3, 1, 8, 8)
    recording.program.run(net, images, taps=["conv"])
    after = state(net)
    (
        before.pop("random"),
        after.pop("random"),
    )  # the network's own torch.rand draws, as it does when it is called
    torch.testing.assert_close(after, before, rtol=0, atol=0)
    assert torch.equal(images, torch.ones(3, 1, 8, 8))


def test_hooks_that_could_act_outside_are_left_out_and_named():
    seen = []
    net = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    net[0].register_forward_hook(lambda module, args, output: seen.append(output))
    recording = trace(net, (1, 3))
    assert (seen, recording.skipped_hooks) == ([], ("0",))
    tap(net, torch.ones(2, 3), ["1"], recording)
    assert len(seen) == 1  # a tap runs the module itself then, hooks and all


def test_torchs_own_hooks_are_part_of_the_network():

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net = nn.utils.weight_norm(nn.Linear(3, 2))
    recording = trace(net, (1, 3))
    assert recording.skipped_hooks == ()
    assert recording.graph.idle == ()
    images = torch.randn(4, 3)
    assert torch.equal(recording.program.run(net, images).outputs, net(images))


def test_what_cannot_be_copied_is_shared():
    import threading

    net = nn.Sequential(nn.Linear(3, 2))
    net.lock = threading.Lock()
    assert len(trace(net, (1, 3)).graph) == 1


def test_a_shape_error_names_the_op_and_the_sizes():
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Sequential(nn.Conv2d(5, 2, 1)))
    with pytest.raises(ShapeError, match=r"conv2d of 1×4×6×6, 2×5×1×1, 2 \(at 1\.0\)") as caught:
        trace(net, (1, 3, 8, 8))
    assert caught.value.where == "1.0"
    assert caught.value.__cause__ is not None


def test_an_error_in_python_names_the_module():
    class Picky(nn.Module):
        def forward(self, x):
            if x.shape[-1] != 4:
                raise ValueError("I want 4")
            return x

    with pytest.raises(InputError, match=r"ValueError: I want 4 \(at 1\)"):
        trace(nn.Sequential(nn.Linear(3, 3), Picky()), (1, 3))


def test_lazy_modules_are_refused_by_name():
    with pytest.raises(InputError, match=r"lazy parameter \(at 0\.weight\)"):
        trace(nn.Sequential(nn.LazyLinear(3)), (1, 3))


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"picture": (1, 3)}, "Did you mean|Known"),
        ((0, 3), "no empty axis"),
        ("1x3", "shape or a tensor"),
        ([(1, 3), (1, 3)], "more than its 1 inputs"),
    ],
    ids=["name", "empty", "text", "too many"],
)
def test_inputs_that_describe_nothing_are_refused(inputs, said):
    with pytest.raises(InputError, match=said):
        trace(nn.Linear(3, 3), inputs)


def test_a_missing_input_is_named():
    class Two(nn.Module):
        def forward(self, image, mask):
            return image * mask

    with pytest.raises(InputError, match="Missing: mask"):
        trace(Two(), (1, 3))


def test_what_is_no_module_is_refused():
    with pytest.raises(InputError, match="must be a torch.nn.Module"):
        check_ready(lambda x: x)


def test_wrappers_are_taken_off():
    net = nn.Sequential(nn.Linear(3, 2))
    plain = trace(net, (1, 3)).graph
    assert trace(nn.DataParallel(net), (1, 3)).graph == plain
    assert trace(torch.compile(net), (1, 3)).graph == plain


def test_a_module_without_values_gives_the_same_table():
    with torch.device("meta"):
        empty = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    full = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    assert trace(empty, (1, 1, 8, 8)).graph == trace(full, (1, 1, 8, 8)).graph


@pytest.mark.filterwarnings("ignore:.*torch.jit.script.*:FutureWarning")
def test_a_scripted_module_is_traced():
    net = torch.jit.script(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()))
    recording = trace(net, (1, 1, 8, 8))
    assert [op.kind for op in recording.graph] == ["conv", "relu"]
    assert sum(p.count for op in recording.graph for p in op.params) == 20


def test_half_precision_is_the_networks_own():
    graph = trace(nn.Linear(3, 2).to(torch.bfloat16), (1, 3)).graph
    assert (graph.conditions.dtype, graph.output.dtype) == ("bfloat16", "bfloat16")


def test_the_surrounding_gradient_mode_plays_no_part():
    net = nn.Sequential(nn.Linear(3, 2))
    with torch.no_grad():
        a = trace(net, (1, 3)).graph
    with torch.inference_mode():
        b = trace(net, (1, 3)).graph
    with torch.autocast("cpu", torch.bfloat16):
        c = trace(net, (1, 3)).graph
    assert a == b == c


@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
def test_garbage_collection_warnings_and_logs_are_as_they_were(is_on):
    logger = logging.getLogger("torch._subclasses.fake_tensor")
    before = logger.level, list(warnings.filters)
    try:
        gc.enable() if is_on else gc.disable()
        trace(nn.Linear(3, 3), (1, 3))
        with pytest.raises(InputError):
            trace(nn.Linear(3, 3), (1, 4))
        assert gc.isenabled() == is_on
    finally:
        gc.enable()
    assert (logger.level, list(warnings.filters)) == before


def test_the_network_is_not_kept_alive_by_its_trace():
    import weakref

    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    recording = trace(net, (1, 3, 8, 8))
    alive = [weakref.ref(net), weakref.ref(net[0].weight)]
    del net
    gc.collect()
    assert [ref() for ref in alive] == [None, None]
    # The program is made only now, from the copy, and runs on any module of the same make.
    other = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).eval()
    images = torch.randn(3, 3, 8, 8)
    assert torch.equal(recording.program.run(other, images).outputs, other(images))
