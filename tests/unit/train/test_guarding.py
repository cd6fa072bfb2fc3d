"""A network that can do its task, trained on at rates that destroy it."""

import json
from dataclasses import replace

import pytest
import torch

from striate.data import load_data
from striate.errors import DivergedError
from striate.fingerprint import of_file
from striate.nets import load_network
from striate.records import Recipe
from striate.runs import Run
from striate.train import read_curve, train
from striate.train.guard import Guard
from striate.train.probe import Probe, Reading

RIGHT = Recipe(optimizer="adamw", rate=0.03, epochs=8, batch=9, seed=4)


@pytest.fixture(scope="module")
def more(pictures):
    """300 pictures: 30 to validate on."""
    return load_data((pictures(300), [index % 3 for index in range(300)]))


@pytest.fixture(scope="module")
def able(plan, more, tmp_path_factory):
    found = train(plan, more, RIGHT, tmp_path_factory.mktemp("able") / "run").network
    assert found.receipt["score"]["validation"] == 1.0
    return found


def said(folder):
    return [json.loads(line)["message"] for line in (folder / "log.jsonl").read_text().splitlines()]


# Decay takes the weights away as fast as the rate is high.
WILD = replace(RIGHT, rate=1.0, weight_decay=1.0, schedule="constant", epochs=5)


def test_without_a_guard_it_is_destroyed(tmp_path, able, more):
    found = train(able, more, WILD, tmp_path / "run")

    assert found.curve.epochs[0].score == 1.0
    assert found.curve.epochs[-1].score < 0.5


def test_with_rollback_it_ends_at_least_as_good_as_it_began(tmp_path, able, more):
    found = train(able, more, replace(WILD, guard="rollback"), tmp_path / "run")
    events = [word for _, word in found.curve.events]

    assert found.curve.kept.score >= found.curve.epochs[0].score
    assert "rolled back" in events
    assert any(
        "must not fall clearly below the start's 1" in line and "divided by 10" in line
        for line in said(tmp_path / "run")
    )
    # The network that is handed on is the one the curve speaks of.
    assert found.network.receipt["score"]["validation"] == found.curve.kept.score
    assert (
        max(row.rate for row in found.network.receipt["rates"].values()) < 0.5
        if "rates" in found.network.receipt
        else True
    )
    assert [row.epoch for row in found.curve.guard] == [row.epoch for row in found.curve.epochs]


def test_an_end_below_the_start_gives_the_start_back(tmp_path, able, more):
    # Two of thirty are lost in the one epoch: no clear fall, and yet worse than to have left it alone.
    recipe = replace(RIGHT, rate=0.1, schedule="constant", epochs=1, seed=0, guard="rollback")
    found = train(able, more, recipe, tmp_path / "run")

    assert found.curve.epochs[-1].score < 1.0
    assert (found.curve.kept_epoch, found.curve.kept.score, found.network.receipt["kept_epoch"]) == (0, 1.0, 0)
    ours, given = found.network.module.state_dict(), able.module.state_dict()
    assert all(torch.equal(ours[key], given[key]) for key in given)
    assert "Kept the weights of the start, score 1.0000: no later epoch was better." in said(tmp_path / "run")


def test_watching_tells_and_changes_nothing(tmp_path, able, more):
    plain = train(able, more, WILD, tmp_path / "plain")
    watched = train(able, more, replace(WILD, guard="watch"), tmp_path / "watched")
    events = [word for _, word in watched.curve.events]

    assert of_file(tmp_path / "plain/network/weights.safetensors") == of_file(
        tmp_path / "watched/network/weights.safetensors"
    )
    assert plain.curve.epochs[-1].validation_loss == watched.curve.epochs[-1].validation_loss
    assert "damaged" in events
    assert watched.curve.guard[-1].is_damaged
    assert all(norm >= 0 for norm in watched.curve.guard[-1].gradient_norm.values())


def test_at_the_right_rate_it_says_nothing(tmp_path, able, more):
    found = train(able, more, replace(RIGHT, rate=0.001, guard="rollback"), tmp_path / "run")

    assert found.curve.events == ()
    assert not any(row.is_damaged for row in found.curve.guard)
    assert found.curve.guard[-1].similarity["relu1"] > 0.5


def test_it_gives_up_with_the_figures(tmp_path, able, more):
    with pytest.raises(DivergedError, match=r"Given up after 4 rollbacks, at the rate divided by 10000") as caught:
        train(able, more, replace(WILD, rate=1e12, guard="rollback"), tmp_path / "run")

    assert "the smoothed loss must stay below" in str(caught.value)
    kept = load_network(tmp_path / "run")
    assert kept.receipt["epochs"] == 0
    assert [word for _, word in read_curve(Run.read(tmp_path / "run")).events].count("rolled back") == 4


class Told(Probe):
    """A probe that reads what it is told to."""

    def __init__(self, *readings):  # Nothing of the real one's: no batches.
        self.readings = list(readings)

    def read(self, _module, _device):
        return self.readings.pop(0)


def reading(readout, own=(1.0,) * 20):
    return Reading(stages={}, readout=torch.tensor(readout).double(), own=torch.tensor(own).double())


def look(guard, module, epoch, *, loss=1.0, suspected=None, is_last=False):
    return guard.look(
        module, torch.device("cpu"), epoch=epoch, losses={"validation loss": (loss, 10.0)}, suspected=suspected or {}, gradient_norm={},
        is_last=is_last,
    )  # fmt: skip


def looks(start, *after, losses=(1.0,) * 9, epochs=9):
    module = torch.nn.Linear(1, 1)
    guard = Guard(Told(*after), start, module)
    suspected, rules = {}, []
    for epoch, loss in zip(range(1, 1 + len(after)), losses, strict=False):
        seen = look(guard, module, epoch, loss=loss, suspected=suspected, is_last=epoch == epochs)
        suspected = seen.suspected
        rules.append(bool(seen.rule))
    return rules


ALL, HALF, LESS = (1.0,) * 20, (1.0, 0.0) * 10, (1.0, 0.0, 0.0, 0.0) * 5


@pytest.mark.parametrize(
    ("after", "rules"),
    [
        ([ALL, HALF, ALL], [False, False, False]),  # once, and mended
        ([HALF, HALF], [False, True]),
        ([LESS, HALF], [False, False]),  # on its way back
        ([HALF, LESS], [False, True]),
        # Two of twenty: a mean fall of 10 points, within a standard error of 6.9 points and t = 2.093.
        ([(1.0,) * 18 + (0.0,) * 2] * 3, [False, False, False]),
    ],
)
def test_damage_is_a_clear_fall_twice_running_that_is_not_mending(after, rules):
    assert looks(reading(ALL), *[reading(one) for one in after]) == rules


def test_in_the_last_epoch_once_is_enough():
    assert looks(reading(ALL), reading(ALL), reading(HALF), epochs=2) == [False, True]


def test_a_validation_loss_that_ran_away_counts_like_a_fall():
    well = [reading(ALL)] * 4

    assert looks(reading(ALL), *well, losses=(11.0, 12.0, 9.0, 11.0)) == [False, True, False, False]
    assert looks(reading(ALL), *well, losses=(90.0, 40.0, 20.0, 9.0)) == [False] * 4
    # One sign after another is not the same sign twice.
    assert looks(reading(ALL), reading(HALF), reading(ALL), losses=(1.0, 50.0)) == [False, False]


def test_the_interval_is_that_of_pairs():
    module = torch.nn.Linear(1, 1)
    guard = Guard(Told(reading(HALF)), reading(ALL), module)
    row = look(guard, module, 1).row
    # A mean of 0.5, a standard deviation of √(20 · 0.25 / 19), t of 19 degrees of freedom.
    half = 2.0930 * (20 * 0.25 / 19 / 20) ** 0.5

    assert row.readout_fall == pytest.approx((0.5, 0.5 - half, 0.5 + half), abs=1e-4)
    assert row.is_damaged


def test_gradient_norms_are_the_largest_by_block():
    module = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Linear(1, 1, bias=False))
    guard = Guard(Told(), reading(ALL), module)
    module[0].weight.grad, module[0].bias.grad = torch.tensor([[2.0, 3.0]]), torch.tensor([6.0])
    module[1].weight.grad = torch.tensor([[0.5]])

    assert guard.gradient_norms({"0": 1.0, "1": 2.0}) == pytest.approx({"0": 7.0, "1": 2.0})
    module[1].weight.grad = torch.tensor([[float("nan")]])
    assert guard.gradient_norms({"1": 2.0})["1"] != guard.gradient_norms({"1": 2.0})["1"]
