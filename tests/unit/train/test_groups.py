import pytest
import torch
from torch import nn

from striate.errors import InputError, RunError, UnknownNameError
from striate.records import Recipe
from striate.train.care import Care
from striate.train.groups import applied_rates, check_rates, multipliers, rates_in, set_rate
from striate.train.optimizers import make_optimizer


def net():
    return nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Sequential(nn.Conv2d(2, 2, 1), nn.Linear(2, 2)))


RECIPE = Recipe(
    optimizer="adamw", weight_decay=0.2, frozen=("0",), rates=(("2", 0.1), ("2.1", 0.5), ("1.bias", 0.0)),
    unfreeze=((3, "0"),), epochs=4,
)  # fmt: skip


def test_the_longest_path_counts():
    found = multipliers(net(), RECIPE.rates)

    assert found == {
        "0.weight": 1.0, "0.bias": 1.0, "1.weight": 1.0, "1.bias": 0.0,
        "2.0.weight": 0.1, "2.0.bias": 0.1, "2.1.weight": 0.5, "2.1.bias": 0.5,
    }  # fmt: skip


def test_every_parameter_gets_its_own_rate_and_decay():
    module = net()
    care = Care(module, RECIPE)
    optimizer = make_optimizer(module, RECIPE, care.freezing)
    set_rate(optimizer, 0.2)
    decay = {id(p): group["weight_decay"] for group in optimizer.param_groups for p in group["params"]}

    assert rates_in(module, optimizer) == pytest.approx({
        "0.weight": 0.2, "0.bias": 0.2, "1.weight": 0.2,
        "2.0.weight": 0.02, "2.0.bias": 0.02, "2.1.weight": 0.1, "2.1.bias": 0.1,
    })  # fmt: skip
    assert {name for name, p in module.named_parameters() if decay.get(id(p))} == {
        "0.weight", "2.0.weight", "2.1.weight",
    }  # fmt: skip
    check_rates(module, optimizer, care.promised(4, rate=0.2))
    assert "0.weight" not in care.promised(2, rate=0.2)


def test_the_table_says_what_was_trained_at_which_rate():
    module = net()
    care = Care(module, RECIPE)
    optimizer = make_optimizer(module, RECIPE, care.freezing)
    rows = applied_rates(module, optimizer, peaks=[0.1, 0.4, 0.3, 0.2], freezing=care.freezing)
    told = {name: (row.rate, row.multiplier, row.decay, row.from_epoch) for name, row in rows.items()}

    assert told["0.weight"] == (0.3, 1.0, 0.2, 3)
    assert told["1.weight"] == (0.4, 1.0, 0.0, 1)
    assert told["1.bias"] == (0.0, 0.0, 0.0, 0)
    assert told["2.1.bias"] == (0.2, 0.5, 0.0, 1)
    assert [name for name, row in rows.items() if not row.is_trained] == ["1.bias"]


def test_a_scheduler_that_sets_rates_underneath_is_found():
    module = net()
    care = Care(module, RECIPE)
    optimizer = make_optimizer(module, RECIPE, care.freezing)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=3)
    set_rate(optimizer, 0.2)
    optimizer.step()
    scheduler.step()
    with pytest.raises(RunError, match=r"at the rate it was promised, 0\.2; got .* \(at 1\.weight, step 7\)"):
        care.after_step(optimizer, rate=0.2, where="step 7")


@pytest.mark.reference
def test_timms_layer_decay_is_found_void_under_a_scheduler_of_torch():
    import timm
    from timm.optim import create_optimizer_v2

    torch.manual_seed(0)
    module = timm.create_model("resnet18", num_classes=3)
    optimizer = create_optimizer_v2(module, opt="sgd", lr=0.1, layer_decay=0.5)
    owner = {id(p): name for name, p in module.named_parameters()}
    meant = {owner[id(p)]: 0.1 * group["lr_scale"] for group in optimizer.param_groups for p in group["params"]}
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    optimizer.step()
    scheduler.step()
    share = scheduler.get_last_lr()[0] / 0.1

    assert len({round(rate, 12) for rate in meant.values()}) > 3
    assert len(set(rates_in(module, optimizer).values())) == 1
    with pytest.raises(RunError, match="must be trained at the rate it was promised"):
        check_rates(module, optimizer, {name: rate * share for name, rate in meant.items()})
    # timm's own scheduler reads what it wrote.
    from timm.scheduler import CosineLRScheduler

    own = create_optimizer_v2(module, opt="sgd", lr=0.1, layer_decay=0.5)
    CosineLRScheduler(own, t_initial=10).step(0)
    check_rates(module, own, meant)


def test_a_parameter_the_optimiser_lacks_is_found():
    module = nn.Linear(2, 2)
    optimizer = torch.optim.SGD([module.bias], lr=0.1)
    with pytest.raises(RunError, match=r"promised, 0\.1; got 0 \(at weight\)"):
        check_rates(module, optimizer, {"weight": 0.1, "bias": 0.1})


@pytest.mark.parametrize(
    ("rates", "error", "words"),
    [
        ([("conv", 0.1)], UnknownNameError, "path must be a known name"),
        ([("0", -1.0)], InputError, "multiply by 0 or more; got -1.0"),
        ([("0", float("nan"))], InputError, "multiply by 0 or more"),
        ([("0", 0.1), ("0", 0.2)], InputError, "each path once"),
    ],
)
def test_rates_that_mean_nothing_are_refused(rates, error, words):
    with pytest.raises(error, match=words):
        multipliers(net(), rates)


def stepped(module, recipe, *, before=lambda: None):
    care = Care(module, recipe)
    optimizer = make_optimizer(module, recipe, care.freezing)
    care.enter(1)
    care.train_mode()
    set_rate(optimizer, 0.1)
    x = torch.ones(4, 2)
    module(x).sum().backward()
    before()
    optimizer.step()
    care.after_step(optimizer, rate=0.1, where="step 0")
    return care


class TwoWays(nn.Module):
    """Uses one of its two layers."""

    def __init__(self):
        super().__init__()
        self.used, self.spare = nn.Linear(2, 2), nn.Linear(2, 2)

    def forward(self, x):
        return self.used(x)


def test_parameters_that_nothing_reaches_are_named():
    care = stepped(TwoWays(), Recipe(optimizer="sgd"))

    assert care.close() == (
        "2 parameters did not move in epoch 1: spare.weight and spare.bias. No gradient reached spare.weight and spare.bias."
    )


def test_a_rate_of_0_moves_nothing_also_with_decay():
    module = TwoWays()
    before = module.used.weight.detach().clone()
    care = stepped(module, Recipe(optimizer="adamw", weight_decay=0.5, rates=(("used.weight", 0.0),)))

    assert torch.equal(module.used.weight, before)
    assert care.promised(1, rate=0.1)["used.weight"] == 0
    care.close()
    care.release()
    assert module.used.weight.requires_grad


def test_something_that_writes_a_frozen_weight_is_found():
    module = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))

    def write():
        with torch.no_grad():
            module[0].bias.add_(1)

    care = stepped(module, Recipe(frozen=("0",)), before=write)
    with pytest.raises(RunError, match=r"a frozen tensor must stay as it is; got '0\.bias' \(at epoch 1\)"):
        care.close()
