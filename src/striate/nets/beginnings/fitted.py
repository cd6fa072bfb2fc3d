"""Filters fitted to patches of the images, for the first convolution or layer by layer."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor, nn

from striate.errors import DataError, InputError, Quoted
from striate.nets.beginnings.beginning import Beginning, Ground
from striate.nets.beginnings.patches import Patches, draw_patches
from striate.nets.beginnings.walk import walk
from striate.nets.beginnings.weighted import CONVOLUTIONS, begin_he, weight_of
from striate.numbers import count

MOST_PATCHES = 20_000


class Fitted(Beginning):
    """What beginnings from patches share; the rest of the network begins as He.

    Each filter is scaled so that its mean squared response to the patches is what a He filter's would be, 2 E‖x‖² / fan-in:
    against He only the directions differ. Biases are 0.
    """

    arguments = ("deep",)
    needs_images = True
    most_images = 1000

    @abstractmethod
    def needed(self, filters: int, width: int) -> int:
        """Return how many patches it takes for so many filters of this width."""

    @abstractmethod
    def filters(self, rows: Tensor, number: int, seed: int) -> tuple[Tensor, str]:
        """Return at most so many filters (m, width) for patches (n, width), and a sentence on them."""

    def begin(self, ground: Ground) -> tuple[str, ...]:
        begin_he(ground.module, ground.generator)
        told: list[str] = []
        is_deep = ground.argument == "deep"

        def fit(name: str, layer: nn.Module, given: Tensor) -> None:
            if not isinstance(layer, CONVOLUTIONS) or (told and not is_deep):
                return
            if layer.groups > 1:
                told.append(f"{name}: stays as He, since each of its {layer.groups} groups sees few channels only.")
            else:
                told.append(f"{name}: {self._fit(name, layer, given, ground)}")

        # The first layer needs no more than its input, but which one is first only a run can tell.
        walk(ground.module, ground.pictures(), before=fit)
        if not told:
            raise no_convolution(self.name)
        return tuple(told)

    def _fit(self, name: str, layer: nn.Module, given: Tensor, ground: Ground) -> str:
        weight = weight_of(layer)
        number, width = weight.shape[0], weight[0].numel()
        needed = self.needed(number, width)
        patches = draw_patches(layer, given, max(MOST_PATCHES, needed), ground.generator)
        self._check(patches, needed, name, len(given))
        made, sentence = self.filters(patches.rows, number, ground.seed)
        made = as_strong_as_he(made, patches.rows)
        with torch.no_grad():
            weight[: len(made)] = made.to(weight.dtype).view(-1, *weight.shape[1:])
        rest = number - len(made)
        return f"{sentence} ({count(len(patches.rows))} patches)" + (f"; {rest} more are He's." if rest else ".")

    def _check(self, patches: Patches, needed: int, name: str, images: int) -> None:
        # Asked of what was drawn: more may be there than memory holds.
        if len(patches.rows) < needed:
            more = -(-needed * images // patches.available)
            hint = (
                f"Give at least {count(more)} images."
                if patches.available < needed
                else "The layer is too wide: leave it out."
            )
            raise DataError(
                f"{self.name} must have at least {count(needed)} patches",
                got=Quoted(f"{count(len(patches.rows))} of {images} images"),
                where=name,
                hint=hint,
            )
        if not bool((patches.rows.std(0, unbiased=False) > 0).any()):
            raise DataError(
                "patches must differ", got=Quoted("the same everywhere"), where=name, hint="Give other images."
            )


def as_strong_as_he(filters: Tensor, rows: Tensor) -> Tensor:
    """Return filters (m, d), each scaled to a mean squared response of 2 E‖x‖² / d on the rows (n, d)."""
    wanted = 2 * rows.square().mean()
    response = (rows @ filters.T).square().mean(0)
    return filters * (wanted / response.clamp(min=1e-24)).sqrt()[:, None]


def both_signs(components: Tensor, number: int) -> tuple[Tensor, int]:
    """Return components, then the same with the other sign, up to a number; and how many come in both signs.

    Behind ReLU a filter and its negative say different things.
    """
    extra = max(0, min(number - len(components), len(components)))
    return torch.cat([components[:number], -components[:extra]]), extra


def with_one_sign(components: Tensor) -> Tensor:
    """Return rows whose entry of largest magnitude is above zero: a basis leaves the sign open."""
    largest = components.abs().argmax(1)
    return components * components[torch.arange(len(components)), largest].sign()[:, None]


def no_convolution(name: str) -> InputError:
    """Return the error for a network without anything to fit."""
    return InputError(
        f"{name} must have a convolution to begin with",
        got=Quoted("none"),
        hint="Take he, orthogonal or lsuv for networks without convolutions.",
    )
