"""The time ledger: what belongs to what, and that nothing of the module changes. Seconds are never asserted."""

import random

import pytest
import torch
from torch import nn

from striate.errors import Cancelled, InputError
from striate.events import Events
from striate.records import OpTimes, TimeLedger, Times
from striate.trace import timed_steps, trace
from striate.trace.clock import Clock
from striate.trace.record import read_inputs
from striate.trace.replay import replay
from striate.trace.runs import HollowRuns
from striate.trace.table import table
from striate.trace.timed_steps import TimedSteps, owned_steps
from striate.trace.timing import time_ledger


class Busy(nn.Module):
    """Batch statistics, dropout, an in-place ReLU, a sum, one module used twice, and a counter."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.bn = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.relu, self.drop, self.top = nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Linear(4, 2)
        self.calls = 0
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        self.count += 1
        random.random()
        x = self.relu(self.bn(self.a(x)))
        x = self.relu(x + self.b(self.b(x)))
        return self.top(self.drop(x.mean((2, 3))))


def busy():
    torch.manual_seed(0)
    net = Busy()
    net.bn.eval()
    net.a.bias.requires_grad_(False)
    net.a.weight.grad = torch.ones_like(net.a.weight)
    return net


def state(net):
    return {
        "values": {k: v.clone() for k, v in net.state_dict().items()},
        "modes": [m.training for m in net.modules()],
        "flags": [p.requires_grad for p in net.parameters()],
        "grads": [None if p.grad is None else p.grad.clone() for p in net.parameters()],
        "hooks": [len(m._forward_hooks) + len(m._forward_pre_hooks) for m in net.modules()],
        "versions": [t._version for t in (*net.parameters(), *net.buffers())],
        "calls": net.calls,
        "random": torch.get_rng_state().clone(),
        "threads": torch.get_num_threads(),
        "switches": (torch.is_grad_enabled(), torch.backends.mha.get_fastpath_enabled()),
    }


def steps_of(net, shape, mode="eval"):
    """The steps of a network as they are timed, and their table."""
    asked = read_inputs(net, shape)
    tape = HollowRuns(net, asked, mode).first()
    made = table(tape, net, asked, mode)
    return replay(tape, asked.batch, in_place=True), made.values, asked


# What belongs to what.


def test_a_cast_of_a_weight_belongs_to_the_op_it_feeds_and_a_view_behind_the_last_op_to_that():
    class Cast(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(2, 3, dtype=torch.float64))
            self.other = nn.Parameter(torch.ones(3))

        def forward(self, x):
            x = torch.relu(x * self.other)
            return torch.sigmoid(nn.functional.linear(x, self.weight.float())).view(1, 2)

    record, values, _ = steps_of(Cast(), torch.ones(1, 3))
    found = [(owned.step.func._schema.name, owned.owner) for owned in owned_steps(record, values)]
    assert found == [
        ("aten::mul", "mul"),
        ("aten::relu", "relu"),
        ("aten::to", "linear"),
        ("aten::linear", "linear"),
        ("aten::sigmoid", "sigmoid"),
        ("aten::view", "sigmoid"),
    ]


def test_what_the_network_writes_in_place_is_written_in_place_again():
    record, values, _ = steps_of(busy(), (2, 3, 8, 8))
    names = [owned.step.func._schema.name for owned in owned_steps(record, values)]
    assert names.count("aten::relu_") == 2
    assert "aten::relu" not in names
    # The counter of the network's own is no op: nobody reads it.
    assert "aten::add_" not in names


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_the_backward_pass_cut_at_every_call_gives_torchs_gradients(monkeypatch, mode):
    net = busy().train(mode == "train")
    net.drop.p = 0.0  # dropout would draw other units in each pass
    record, values, asked = steps_of(net, (2, 3, 8, 8), mode)
    images = torch.randn(2, 3, 8, 8)
    trained = {name: p for name, p in net.named_parameters() if p.requires_grad}
    expected = dict(zip(trained, torch.autograd.grad(net(images).mean(), list(trained.values())), strict=True))
    found = {}

    def spy(given, reads, grads, record):
        kept = pull(given, reads, grads, record)
        for value, grad in kept:
            key = record.found[value].key
            found[key] = found.get(key, 0) + grad
        return kept

    pull = timed_steps._pull
    monkeypatch.setattr(timed_steps, "_pull", spy)
    TimedSteps(record, values, net, asked, Clock(torch.device("cpu"))).backward([images])
    assert "a.bias" not in found
    torch.testing.assert_close(found, expected)


def test_every_op_has_a_row_and_the_rows_add_up_to_the_parts():
    net = busy()
    recording = trace(net, (2, 3, 8, 8), mode="train")
    ledger = time_ledger(net, recording, repeats=2)
    assert [row.name for row in ledger.ops] == [op.name for op in recording.graph]
    assert ledger.parts.forward_ms == pytest.approx(sum(row.times.forward_ms for row in ledger.ops))
    assert ledger.parts.total_ms == pytest.approx(sum(row.times.total_ms for row in ledger.ops))
    assert all(row.times.forward_ms > 0 for row in ledger.ops)
    assert (ledger.repeats, ledger.batch, ledger.mode, ledger.optimizer) == (2, 2, "train", "adam")
    assert ledger.whole.forward_ms > 0
    assert ledger.whole.backward_ms > 0
    assert ledger.whole.optimizer_ms > 0
    assert ledger.training_forward_ms > 0
    assert (ledger.machine, ledger.threads) == (ledger.machine, torch.get_num_threads())
    macs = {row.name: row.macs for row in ledger.ops}
    assert macs["a"] == 2 * 64 * 4 * 27  # images · places · filters · weights of one


def test_a_big_convolution_beside_tiny_ones_ranks_first_at_the_batch_asked_for():
    net = nn.Sequential(
        nn.Conv2d(1, 2, 1), nn.ReLU(), nn.Conv2d(2, 96, 9), nn.AdaptiveAvgPool2d(1), nn.Conv2d(96, 2, 1)
    )
    ledger = time_ledger(net, trace(net, (1, 1, 32, 32)), batch=4, repeats=3)
    first = ledger.costliest(1)[0]
    assert (first.name, first.work, first.macs) == ("2", "convolution 9×9", 4 * 24 * 24 * 96 * 2 * 81)
    assert first.times.total_ms > ledger.parts.total_ms / 2
    assert max(ledger.ops, key=lambda row: row.times.backward_ms).name == "2"


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adamw"])
def test_an_op_without_trained_parameters_takes_no_optimiser_and_a_shared_one_counts_once(optimizer):
    twice = nn.Linear(600, 600)
    net = nn.Sequential(nn.Linear(300, 600), nn.ReLU(), twice, nn.LayerNorm(600).requires_grad_(False), twice)
    ledger = time_ledger(net, trace(net, (2, 300)), optimizer=optimizer, repeats=3)
    spent = {row.name: row.times.optimizer_ms for row in ledger.ops}
    assert list(spent) == ["0", "1", "2", "3", "2_2"]
    assert {name for name, ms in spent.items() if ms > 0} == {"0", "2"}


def test_the_first_layer_needs_no_gradient_of_the_image_and_frozen_ones_none_at_all():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU(), nn.Conv2d(4, 2, 3))
    net[0].requires_grad_(False)
    ledger = time_ledger(net, trace(net, (2, 1, 32, 32)), repeats=3)
    backward = {row.name: row.times.backward_ms for row in ledger.ops}
    assert (backward["0"], backward["1"]) == (0, 0)
    assert min(backward["2"], backward["3"], backward["4"]) > 0
    net.requires_grad_(False)
    frozen = time_ledger(net, trace(net, (2, 1, 8, 8)), repeats=1)
    assert (frozen.parts.backward_ms, frozen.parts.optimizer_ms) == (0, 0)
    assert (frozen.whole.backward_ms, frozen.whole.optimizer_ms) == (0, 0)


# State.


@pytest.mark.parametrize("mode", ["eval", "train"])
def test_nothing_of_the_module_changes(mode):
    net = busy()
    recording = trace(net, (2, 3, 8, 8))
    before = state(net)
    time_ledger(net, recording, mode=mode, repeats=2)
    torch.testing.assert_close(state(net), before, rtol=0, atol=0)


@pytest.mark.parametrize("after", [0, 1, 3])
def test_nothing_changes_when_it_is_cancelled(after):
    class Impatient(Events):
        asked = 0

        def is_cancelled(self):
            self.asked += 1
            return self.asked > after

    net = busy()
    recording = trace(net, (2, 3, 8, 8))
    before = state(net)
    with pytest.raises(Cancelled):
        time_ledger(net, recording, mode="train", events=Impatient())
    torch.testing.assert_close(state(net), before, rtol=0, atol=0)


def test_nothing_changes_when_the_network_raises():
    class Broken(Busy):
        def forward(self, x):
            if type(x) is torch.Tensor and not x.is_inference():  # not while it is traced
                super().forward(x)
                raise ValueError("on purpose")
            return super().forward(x)

    torch.manual_seed(0)
    net = Broken()
    recording = trace(net, (2, 3, 8, 8))
    before = state(net)
    with pytest.raises(InputError, match="2 and train; got ValueError: on purpose"):
        time_ledger(net, recording, mode="train")
    torch.testing.assert_close(state(net), before, rtol=0, atol=0)


@pytest.mark.parametrize("surroundings", [torch.no_grad, torch.inference_mode])
def test_the_surrounding_gradient_mode_plays_no_part(surroundings):
    net = busy()
    recording = trace(net, (2, 3, 8, 8))
    with surroundings():
        ledger = time_ledger(net, recording, repeats=1)
        assert not torch.is_grad_enabled()
    assert ledger.parts.backward_ms > 0


# Special networks.


def test_a_network_whose_calls_depend_on_data_is_measured_whole_and_named():
    class Fork(nn.Module):
        def __init__(self):
            super().__init__()
            self.top = nn.Linear(3, 3)

        def forward(self, x):
            return self.top(x) if x.mean() > -9 else x

    net = Fork()
    ledger = time_ledger(net, trace(net, (2, 3)), repeats=2)
    assert ledger.ops == ()
    assert ledger.notes == ("Measured whole only: its calls may depend on data.",)
    assert ledger.whole.forward_ms > 0
    assert ledger.whole.backward_ms > 0
    assert ledger.agreement() == {}


def test_a_network_that_cannot_be_trained_is_still_timed_forward():
    class Overwriting(nn.Module):
        def __init__(self):
            super().__init__()
            self.top = nn.Linear(3, 3)

        def forward(self, x):
            x = self.top(x).exp()
            return x * x.zero_()  # exp needs its result for its gradient

    net = Overwriting()
    ledger = time_ledger(net, trace(net, (2, 3)), repeats=2)
    assert ledger.parts.forward_ms > 0
    assert ledger.whole.backward_ms == 0
    assert any("cannot be run" in note for note in ledger.notes)


def test_several_inputs_and_outputs_are_given_and_pulled():
    class Two(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(3, 2), nn.Linear(3, 2)

        def forward(self, x, y):
            return {"sum": self.a(x) + y, "other": (self.b(x), x)}

    net = Two()
    ledger = time_ledger(net, trace(net, [(2, 3), (2, 2)]), repeats=2)
    backward = {row.name: row.times.backward_ms for row in ledger.ops}
    assert backward["a"] > 0
    assert backward["b"] > 0
    assert {row.name for row in ledger.ops if row.times.optimizer_ms > 0} <= {"a", "b"}


def test_a_spent_budget_ends_the_rounds_and_is_told():
    heard = []

    class Listener(Events):
        def progress(self, progress):
            heard.append((progress.task, progress.done, progress.unit))

        def log(self, message):
            heard.append(message)

    net = busy()
    recording = trace(net, (2, 3, 8, 8))
    short = time_ledger(net, recording, repeats=3, budget_seconds=1e-9, events=Listener())
    assert (short.repeats, heard) == (1, [])
    assert "budget was spent by the first round" in short.notes[-1]
    full = time_ledger(net, recording, repeats=2, events=Listener())
    assert full.repeats == 2
    assert heard[0].startswith("timing: 2 rounds of about ")
    assert heard[1:] == [("timing", 0, "round"), ("timing", 1, "round"), ("timing", 2, "round")]
    cut = time_ledger(net, recording, repeats=10**6, budget_seconds=0.5)
    assert 1 <= cut.repeats < 10**6
    assert "of 1000000" in cut.notes[-1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"optimizer": "lion"}, "optimizer must be one of sgd, momentum, adam, adamw"),
        ({"batch": 0}, "batch must be at least 1"),
        ({"repeats": 0}, "repeats must be at least 1"),
        ({"budget_seconds": 0.0}, "budget_seconds must be above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, said):
    net = nn.Linear(3, 2)
    with pytest.raises(InputError, match=said):
        time_ledger(net, trace(net, (1, 3)), **arguments)


def test_weights_without_values_are_refused():
    with torch.device("meta"):
        net = nn.Linear(3, 2)
    with pytest.raises(InputError, match="must have values to be timed"):
        time_ledger(net, trace(net, (1, 3)))


# Summaries, on figures made up by hand.


def row(name, work, macs, forward, backward=0.0, optimizer=0.0):
    times = Times(forward_ms=forward, backward_ms=backward, optimizer_ms=optimizer)
    return OpTimes(name=name, kind="conv", work=work, macs=macs, times=times)


@pytest.fixture
def by_hand():
    ops = (
        row("stem", "convolution 7×7", 4_000_000, 2.0, 1.0, 0.5),
        row("act", "", 0, 1.0, 0.5),
        row("body", "convolution 3×3", 6_000_000, 3.0, 9.0, 0.5),
        row("more", "convolution 3×3", 10_000_000, 5.0, 7.0),
        row("fc", "fully connected", 20_000_000, 5.0, 4.0, 4.0),
    )
    whole = Times(forward_ms=20.0, backward_ms=14.0, optimizer_ms=5.0)
    return TimeLedger(
        batch=8, mode="train", optimizer="adam", machine="a test", device="cpu", threads=2, repeats=3, spread=0.1,
        whole=whole, training_forward_ms=21.0, ops=ops,
    )  # fmt: skip


def test_ops_that_multiply_alike_are_summed(by_hand):
    rows = {work.work: work for work in by_hand.by_work()}
    assert list(rows) == ["fully connected", "convolution 3×3", "convolution 7×7"]
    assert (rows["convolution 3×3"].ops, rows["convolution 3×3"].macs) == (2, 16_000_000)
    assert rows["convolution 3×3"].forward_ms_per_gmac == pytest.approx(500)  # 8 ms for 0.016 GMAC
    assert rows["convolution 3×3"].backward_ms_per_gmac == pytest.approx(1000)
    # All convolutions: 10 ms for 0.020 GMAC = 500 ms/GMAC; fully connected: 5 ms for 0.020 GMAC = 250.
    assert by_hand.convolution_per_fc == pytest.approx(2.0)
    assert by_hand.ops[4].gmacs_per_s == pytest.approx(4.0)  # 0.020 GMAC in 5 ms
    assert by_hand.ops[1].gmacs_per_s is None


def test_parts_are_held_against_the_whole(by_hand):
    assert by_hand.parts == Times(forward_ms=16.0, backward_ms=21.5, optimizer_ms=5.0)
    assert by_hand.agreement() == pytest.approx({"forward": 0.8, "backward": 21.5 / 14, "optimizer": 1.0})
    assert [line[:59] for line in by_hand.disagreements()] == [
        "The parts' backward pass adds up to 1.54 × that of the whole"[:59]
    ]
    assert by_hand.share_without_macs == pytest.approx(1 / 16)
    assert [op.name for op in by_hand.costliest(2)] == ["fc", "body"]


def test_the_document_is_plain(by_hand):
    import json

    found = json.loads(json.dumps(by_hand.document(), allow_nan=False))
    assert found["parts"]["backward_ms"] == 21.5
    assert found["ops"][0]["name"] == "stem"
    assert found["by_work"][0]["forward_ms_per_gmac"] == pytest.approx(250)
    assert len(found["notes"]) == 1


def test_the_terminal_shows_the_costliest_and_sums_the_rest(by_hand, capsys):
    from striate.cli.timetable import show_times

    show_times(by_hand, most=2)
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines() if line.startswith((" body", " fc", " stem"))] == [
        "fc",
        "body",
    ]
    assert "3 other ops" in shown
    assert "convolution is 2.0 times slower than fully connected here" in shown
    assert "backward pass adds up to 1.54 ×" in shown
