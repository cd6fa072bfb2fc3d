import copy
import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from striate.errors import InputError, UnknownNameError
from striate.fingerprint import of_file
from striate.records import Output, Preprocessing, Recipe, Speed, Trial, Way
from striate.train import train, trial, turns
from striate.train.asking import speed_of
from striate.train.choosing import Chosen
from striate.train.device import Device, accelerated
from striate.train.losses import Loss
from striate.train.optimizers import make_optimizer
from striate.train.trial import gradient_difference, try_machine
from striate.train.turns import Steps, judged

HOW = Preprocessing(shape=(3, 16, 16), mean=(0.0,) * 3, std=(1.0,) * 3)
CLASSES = Output(kind="classes", names=("a", "b"))
AUTO = Speed(memory_format="auto", precision="auto")


def small():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Dropout(0.5), nn.Flatten(), nn.Linear(8 * 14 * 14, 2)
        )


@pytest.fixture
def device():
    with accelerated() as found:
        yield found


def steps_for(module, device, *, shape=(3, 16, 16), batch=4):
    generator = torch.Generator().manual_seed(0)
    return Steps(
        module=module,
        images=torch.randn(batch, *shape, generator=generator),
        targets=torch.arange(batch) % 2,
        loss=Loss(CLASSES, replace(HOW, shape=shape)),
        recipe=Recipe(optimizer="adam", rate=0.01),
        device=device,
    )


class Clock:
    """Steps that take the stated seconds, the last again and again."""

    def __init__(self, *seconds):
        self.seconds, self.calls = list(seconds), 0

    def __call__(self):
        self.calls += 1
        return self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]


def test_a_faster_way_is_taken():
    row = judged("new", "old", Clock(2.0), Clock(1.0), 0.0)
    assert (row.ratio, row.spread, row.rounds, row.is_taken) == (2.0, 0.0, 3, True)


def test_a_way_that_is_faster_by_less_than_the_margin_or_the_spread_is_not_taken():
    assert not judged("new", "old", Clock(1.02), Clock(1.0), 0.0).is_taken
    assert not judged("new", "old", Clock(1.0, 1.0, 4.0), Clock(1.0), 0.0).is_taken
    # Seven rounds, 1.1 five times and 9.9 twice: the quartiles are 1.1 and 5.5, half their distance 2.2.
    row = judged("new", "old", Clock(1.1, 1.1, 9.9, 1.1, 9.9, 1.1), Clock(1.0), 0.0)
    assert row.ratio == pytest.approx(1.1)
    assert row.spread == pytest.approx(2.2)
    assert not row.is_taken


def test_what_is_open_after_three_rounds_gets_more():
    # After four rounds the quartiles are 1.5 and 3.6, after five both are 1.5.
    row = judged("new", "old", Clock(1.5, 1.5, 9.9, 1.5), Clock(1.0), 0.0)
    assert (row.ratio, row.spread, row.rounds, row.is_taken) == (1.5, 0.0, 5, True)


def test_a_way_that_takes_half_as_long_again_is_given_up_at_once():
    slow = Clock(1.6)
    row = judged("new", "old", Clock(1.0), slow, 10.0)
    assert slow.calls == 2
    assert not row.is_taken
    assert row.note == "given up at once"


def test_rounds_end_with_the_time_and_are_never_fewer_than_three():
    assert judged("new", "old", Clock(1.0), Clock(1.0), 10.0).rounds == 5
    assert judged("new", "old", Clock(1e-9), Clock(1e-9), 10.0).rounds == turns.MOST_ROUNDS
    assert judged("new", "old", Clock(9.0), Clock(9.0), 1.0).rounds == 3


def test_a_trial_finds_what_is_faster_and_keeps_what_is_not(device, monkeypatch):
    """Steps take as long as stated by their way: channels-last is fast, the fused kernel slow."""

    def seconds(runner):
        way = runner.device.way
        return 0.2 / (1.8 if way.memory_format == "channels-last" else 1.0)

    monkeypatch.setattr(trial.Runner, "step", seconds)
    monkeypatch.setattr(trial.Runner, "update", lambda self: 1.1 if self.device.way.is_fused else 1.0)
    monkeypatch.setattr(trial.Runner, "look", lambda self, times: 1.0 / times)
    monkeypatch.setattr(trial, "gradient_difference", lambda work, way: 0.3)
    found = try_machine(steps_for(small(), device), AUTO)

    assert found.way == Way(memory_format="channels-last", evaluation_batch=16)
    assert found.ratio == pytest.approx(1.8)
    assert [(row.change, row.is_taken) for row in found.tried] == [
        ("channels-last", True),
        ("bf16", False),
        ("fused optimiser", False),
        ("8 images at once", True),
        ("16 images at once", True),
    ]
    assert "channels-last, 1.80 times as fast as the defaults" in found.sentence
    assert "bf16 beside float32, not taken: gradients differ by 30%, more than 10%" in found.sentence


def test_a_choice_that_is_no_faster_as_a_whole_is_given_up(device, monkeypatch):
    """Each change is faster beside the one before, but not beside the start."""
    times = {
        Way(): 1.0,
        Way(memory_format="channels-last"): 0.9,
        Way(memory_format="channels-last", precision="bf16"): 0.8,
    }
    real, begun = trial.Runner.__init__, []

    def begin(self, work, way):
        real(self, work, way)
        begun.append(way)

    monkeypatch.setattr(trial.Runner, "__init__", begin)
    monkeypatch.setattr(trial.Runner, "step", lambda self: times[self.device.way])
    monkeypatch.setattr(trial.Runner, "update", lambda self: 1.0)
    monkeypatch.setattr(trial.Runner, "look", lambda self, times: 1.0)
    monkeypatch.setattr(trial, "gradient_difference", lambda work, way: 0.01)
    fast = try_machine(steps_for(small(), device), AUTO, seconds=0.0)

    assert fast.way == Way(memory_format="channels-last", precision="bf16")
    assert fast.ratio == pytest.approx(1.25)

    begun.clear()
    # The start is made a second time for the last comparison, and is quick then.
    monkeypatch.setattr(
        trial.Runner,
        "step",
        lambda self: 0.7 if begun.count(Way()) > 1 and self.device.way == Way() else times[self.device.way],
    )
    found = try_machine(steps_for(small(), device), AUTO, seconds=0.0)

    assert found.way == Way()
    assert found.ratio == 1.0
    assert "the defaults stay" in found.sentence


def test_what_a_machine_cannot_do_is_no_way(device, monkeypatch):
    take = Device.take

    def refusing(self, images):
        if self.way.memory_format == "channels-last":
            raise RuntimeError("could not create a primitive descriptor")
        return take(self, images)

    monkeypatch.setattr(Device, "take", refusing)
    with pytest.raises(RuntimeError, match="primitive"):
        try_machine(steps_for(small(), device), Speed(memory_format="channels-last", precision="auto"))
    monkeypatch.setattr(trial.Runner, "step", lambda self: float(self.backward() is None))
    found = try_machine(steps_for(small(), device), Speed(memory_format="auto"))

    assert found.way.memory_format == "plain"
    assert found.tried[0].note == "refused: could not create a primitive descriptor"


def test_short_trainings_are_not_tried(device):
    few = try_machine(steps_for(small(), device), AUTO, steps=199)
    quick = try_machine(steps_for(small(), device), AUTO, steps=300)

    assert (few.way, few.tried) == (Way(), ())
    assert few.sentence == "No trial of the machine: 199 steps are too few for one to pay."
    assert quick.tried == ()
    assert "too little for one to pay" in quick.sentence


def test_a_real_trial_leaves_module_and_process_as_they_were(device):
    module = small()
    module[0].weight.grad = torch.ones_like(module[0].weight)
    module[1].eval()
    hooked = []
    module[0].register_forward_hook(lambda *_: hooked.append(1))
    before = copy.deepcopy(module.state_dict())
    strides = module[0].weight.stride()
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    found = try_machine(steps_for(module, device), AUTO, seconds=0.1)

    assert torch.equal(torch.rand(2), expected)
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())
    assert torch.equal(module[0].weight.grad, torch.ones_like(module[0].weight))
    assert [child.training for child in module] == [True, False, True, True, True, True]
    assert module[0].weight.stride() == strides
    assert found.tried[0].change == "channels-last"
    assert Trial.from_document(json.loads(json.dumps(found.document()))) == found


@pytest.mark.parametrize(
    ("shape", "layout"), [((3, 16, 16), torch.channels_last), ((3, 4, 6, 6), torch.channels_last_3d)]
)
def test_channels_last_is_that_of_pictures_and_of_volumes(device, shape, layout):
    own = device.working(Way(memory_format="channels-last"))
    conv = (nn.Conv2d if len(shape) == 3 else nn.Conv3d)(3, 8, 3)
    own.hold(conv)

    assert conv.weight.is_contiguous(memory_format=layout)
    assert own.take(torch.zeros(2, *shape)).is_contiguous(memory_format=layout)
    assert own.release(conv).weight.is_contiguous()


def test_the_difference_of_gradients_is_torch_s_own(device):
    module = nn.Sequential(nn.Flatten(), nn.Linear(768, 2))
    work = steps_for(module, device)

    def gradient(kind):
        module.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=kind == "bf16"):
            scores = module(work.images)
        nn.functional.cross_entropy(scores.float(), work.targets).backward()
        return torch.cat([parameter.grad.flatten() for parameter in module.parameters()])

    exact, rounded = gradient("float32"), gradient("bf16")
    module.zero_grad()
    expected = ((rounded - exact).norm() / exact.norm()).item()
    assert 0 < expected < 0.02
    assert gradient_difference(work, Way()) == pytest.approx(expected, rel=1e-4)


def test_a_fused_optimiser_takes_the_same_step_up_to_rounding(device):
    for name in ("sgd", "adam", "adamw"):
        recipe, found = Recipe(optimizer=name, rate=0.01, weight_decay=0.1), []
        for way in (Way(), Way(is_fused=True)):
            module = small()
            optimizer = device.working(way).fit(make_optimizer(module, recipe))
            assert all(bool(group.get("fused")) == way.is_fused for group in optimizer.param_groups)
            for _ in range(3):
                optimizer.zero_grad()
                module.eval()(torch.ones(2, 3, 16, 16)).square().sum().backward()
                optimizer.step()
            found.append(module.state_dict())
        for key, value in found[0].items():
            torch.testing.assert_close(found[1][key], value, rtol=1e-5, atol=1e-6)


WAYS = [
    Way(memory_format="channels-last"),
    Way(memory_format="channels-last", is_fused=True, evaluation_batch=4),
    Way(precision="bf16"),
]


@pytest.mark.parametrize("way", WAYS, ids=["channels-last", "fused", "bf16"])
def test_a_training_goes_on_the_way_it_began_and_ends_in_the_same_weights(
    tmp_path, monkeypatch, plan, data, recipe, way
):
    from striate.errors import Cancelled
    from striate.events import Events
    from striate.train import training

    class Stopper(Events):
        def __init__(self):
            self.left = 11

        def progress(self, progress):
            self.left -= progress.task == "training"

        def is_cancelled(self):
            return self.left <= 0

    stated = {"precision": "bf16" if way.precision == "bf16" else "no", "memory_format": way.memory_format}
    stated |= {"fused": way.is_fused, "evaluation_batch": way.evaluation_batch}
    choose = training.choose_way
    monkeypatch.setattr(training, "choose_way", lambda *_: Chosen(way=way, settings=stated))
    whole = train(plan, data, recipe, tmp_path / "whole")
    with pytest.raises(Cancelled):
        train(plan, data, recipe, tmp_path / "run", events=Stopper())
    monkeypatch.setattr(training, "choose_way", choose)
    train(plan, data, recipe, tmp_path / "run", speed=AUTO)
    plain = train(plan, data, recipe, tmp_path / "plain")
    path = "network/weights.safetensors"

    assert of_file(tmp_path / "run" / path) == of_file(tmp_path / "whole" / path)
    assert of_file(tmp_path / "plain" / path) != of_file(tmp_path / "whole" / path)
    near = 0.2 if way.precision == "bf16" else 1e-3
    for key, value in plain.network.module.state_dict().items():
        torch.testing.assert_close(whole.network.module.state_dict()[key], value, rtol=0, atol=near)


def test_a_run_is_not_gone_on_with_in_another_way(tmp_path, plan, data, recipe):
    from striate.errors import Cancelled
    from striate.events import Events

    class Stopping(Events):
        def is_cancelled(self):
            return True

    way = Speed(memory_format="channels-last", precision="float32")
    with pytest.raises(Cancelled):
        train(plan, data, recipe, tmp_path / "run", speed=way, events=Stopping())
    settings = json.loads((tmp_path / "run" / "run.json").read_text())["settings"]
    assert settings["memory_format"] == "channels-last"
    with pytest.raises(InputError, match=r"resumed with the same memory format; got plain \(there channels-last\)"):
        train(plan, data, recipe, tmp_path / "run")
    with pytest.raises(InputError, match=r"resumed with the same precision; got bf16 \(there float32\)"):
        train(plan, data, recipe, tmp_path / "run", speed=replace(way, precision="bf16"))
    document = json.loads((tmp_path / "run" / "run.json").read_text())
    document["settings"]["processes"] = 2
    (tmp_path / "run" / "run.json").write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"resumed with the same number of processes; got 1 \(there 2\)"):
        train(plan, data, recipe, tmp_path / "run", speed=way)


def test_what_a_command_line_says_is_stated_or_tried(monkeypatch):
    monkeypatch.delenv("ACCELERATE_MIXED_PRECISION", raising=False)
    assert speed_of("auto", None) == AUTO
    assert speed_of("plain", "float32", is_fused=True) == Speed(
        memory_format="plain", precision="float32", is_fused=True
    )
    monkeypatch.setenv("ACCELERATE_MIXED_PRECISION", "bf16")
    assert speed_of("plain", None) == Speed(memory_format="plain", precision="launched")
    with pytest.raises(UnknownNameError, match="memory format must be a known name; got 'channel-last'.*channels-last"):
        speed_of("channel-last", None)
    with pytest.raises(UnknownNameError, match="precision must be a known name; got 'fp16'"):
        speed_of("plain", "fp16")


def test_a_stated_way_is_what_the_training_uses_and_the_run_records(tmp_path, plan, data, recipe):
    way = Speed(memory_format="channels-last", precision="float32", is_fused=True)
    stated = train(plan, data, recipe, tmp_path / "stated", speed=way).run.document.settings
    usual = train(plan, data, recipe, tmp_path / "usual").run.document.settings

    assert {key: stated[key] for key in stated if key not in usual} == {"memory_format": "channels-last", "fused": True}
    assert set(usual) == {"recipe", "threads", "device", "precision"}
