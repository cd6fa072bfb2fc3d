"""Learning rates by part of the network: promised, given to the optimiser, and checked at every step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import nn

from striate.errors import InputError, Quoted, RunError
from striate.records.care import AppliedRate
from striate.train.freezing import Freezing
from striate.train.paths import check_paths, is_within

_MULTIPLIER = "multiplier"


def multipliers(module: nn.Module, rates: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Return what each parameter's rate is multiplied by: that of the longest path it lies in, else 1.

    A parameter with several names gets the one its first name asks for.

    Raises:
        UnknownNameError: A path that leads nowhere.
        InputError: A path twice, or a multiplier that is below 0 or no number.

    Example:
        >>> net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        >>> multipliers(net, [("0", 0.1), ("0.bias", 0.5)])
        {'0.weight': 0.1, '0.bias': 0.5, '1.weight': 1.0, '1.bias': 1.0}
    """
    check_paths(module, [path for path, _ in rates], where="rates", with_parameters=True)
    for number, (path, multiplier) in enumerate(rates):
        if not (math.isfinite(multiplier) and multiplier >= 0):
            raise InputError("rates must multiply by 0 or more", got=multiplier, where=path)
        if path in [other for other, _ in rates[:number]]:
            raise InputError("rates must name each path once", got=path, where="recipe")
    longest = sorted(rates, key=lambda pair: len(pair[0]), reverse=True)
    return {
        name: next((multiplier for path, multiplier in longest if is_within(name, path)), 1.0)
        for name, _ in module.named_parameters()
    }


def rate_groups(
    module: nn.Module, *, weight_decay: float, found: Mapping[str, float], freezing: Freezing | None = None
) -> list[dict[str, object]]:
    """Return an optimiser's groups: one for each decay and multiplier, those that decay first.

    Parameters that are trained from a later epoch on are in them from the start, so that a checkpoint means the same before and
    after; without a gradient an optimiser passes them by.

    Args:
        module: The network.
        weight_decay: Of filters and matrices; biases and normalisation are left alone.
        found: What each parameter's rate is multiplied by; those with 0 are left out.
        freezing: What is never trained.
    """
    groups: dict[tuple[bool, float], list[nn.Parameter]] = {}
    for wanted in (True, False):
        for name, parameter in module.named_parameters():
            is_trained = parameter.requires_grad if freezing is None else freezing.epoch_of(name) > 0
            if is_trained and found[name] > 0 and decays(name, parameter) == wanted:
                groups.setdefault((wanted, found[name]), []).append(parameter)
    return [
        {"params": parameters, "weight_decay": weight_decay if is_decayed else 0.0, _MULTIPLIER: multiplier}
        for (is_decayed, multiplier), parameters in groups.items()
    ]


def decays(name: str, parameter: nn.Parameter) -> bool:
    """Return whether weight decay pulls on a parameter: at least two axes, and not called bias."""
    return parameter.ndim >= 2 and not name.endswith("bias")


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give every group its share of a learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group.get(_MULTIPLIER, 1.0)


def rates_in(module: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, float]:
    """Return the learning rate at which an optimiser's next step would move each parameter; those it does not have are left out.

    When it misleads:
        It is the number the optimiser multiplies by. Adam's steps have that size, those of SGD that times the gradient.

    Example:
        >>> net = nn.Linear(2, 2)
        >>> rates_in(net, torch.optim.SGD([{"params": [net.bias], "lr": 0.5}]))
        {'bias': 0.5}
    """
    by_parameter = {id(p): float(group["lr"]) for group in optimizer.param_groups for p in group["params"]}
    return {name: by_parameter[id(p)] for name, p in module.named_parameters() if id(p) in by_parameter}


def check_rates(
    module: nn.Module, optimizer: torch.optim.Optimizer, promised: Mapping[str, float], *, where: str = ""
) -> None:
    """Refuse an optimiser whose rates are not those promised, or that lacks a parameter which was promised one.

    For any optimiser and scheduler: some write multipliers of the rate into the groups which only their own schedulers read, so
    that with another scheduler all layers are trained at one rate, and nothing says so.

    Args:
        module: The network.
        optimizer: Just before its step.
        promised: Rate by parameter name; 0 where it must not be moved.
        where: The step, for the message.

    Raises:
        RunError: Names the first parameter, with both rates.

    Source:
        timm's `layer_decay`, which sets `lr_scale` in each group: void under the schedulers of torch.optim.lr_scheduler.

    Example:
        >>> net = nn.Linear(2, 2)
        >>> check_rates(net, torch.optim.SGD(net.parameters(), lr=0.1), {"weight": 0.01})  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        striate.errors.RunError: a parameter must be trained at the rate it was promised, 0.01; got 0.1 (at weight). ...
    """
    found = rates_in(module, optimizer)
    for name, rate in promised.items():
        now = found.get(name, 0.0)
        if math.isclose(now, rate, rel_tol=1e-12, abs_tol=0.0):
            continue
        raise RunError(
            f"a parameter must be trained at the rate it was promised, {rate:.4g}",
            got=Quoted(f"{now:.4g}"),
            where=f"{name}, {where}" if where else name,
            hint="Something changes lr between set_rate and the step: a scheduler, or a hook.",
        )


def applied_rates(
    module: nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    peaks: Sequence[float],
    freezing: Freezing | None = None,
) -> dict[str, AppliedRate]:
    """Return the table of the receipt: for every parameter its rate at the peak, multiplier, decay and first epoch of training.

    Args:
        module: The network.
        optimizer: With the groups it was trained with.
        peaks: Highest rate of each epoch that was trained, before multipliers.
        freezing: What was frozen, and till when.

    Example:
        >>> from striate.records import Recipe
        >>> from striate.train.optimizers import make_optimizer
        >>> net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
        >>> recipe = Recipe(frozen=("0",), rates=(("1.bias", 0.5),))
        >>> freezing = Freezing(net, recipe.frozen)
        >>> optimizer = make_optimizer(net, recipe, freezing)
        >>> rows = applied_rates(net, optimizer, peaks=[0.1, 0.2], freezing=freezing)
        >>> [(name, row.rate, row.multiplier) for name, row in rows.items() if row.is_trained]
        [('1.weight', 0.2, 1.0), ('1.bias', 0.1, 0.5)]
    """
    groups = {id(p): group for group in optimizer.param_groups for p in group["params"]}
    rows = {}
    for name, parameter in module.named_parameters():
        group = groups.get(id(parameter))
        epoch = 0 if group is None else 1 if freezing is None else freezing.epoch_of(name)
        multiplier = float(group.get(_MULTIPLIER, 1.0)) if group is not None else 0.0
        rows[name] = AppliedRate(
            rate=multiplier * max(peaks[epoch - 1 :], default=0.0) if epoch else 0.0,
            multiplier=multiplier,
            decay=float(group["weight_decay"]) if group is not None else 0.0,
            from_epoch=epoch,
        )
    return rows
