"""The first convolutions of another network."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from striate import fingerprint
from striate.errors import InputError, Quoted
from striate.graph import times
from striate.nets.beginnings.bank import convolutions
from striate.nets.beginnings.beginning import Beginning, Ground, register
from striate.nets.beginnings.fitted import no_convolution
from striate.nets.beginnings.weighted import begin_he, bias_of, weight_of


@register
class OtherNetwork(Beginning):
    """The leading convolutions are copied from another network, as many as fit; the rest begins as He.

    `network:REFERENCE` takes whatever `striate check` takes: a run, `timm:name@weights.safetensors`, `python:module:factory`.
    Convolutions of both networks are gone through in the order they run, and copied, with their biases, while shape and groups
    agree. At the first one the number of input channels may differ: a filter's channels are summed and the sum is shared out
    evenly (a grey image, and the same image in three equal channels, then give the same answer). Where it stops, and why, is
    told. Strides and dilation are the new network's own. Normalisation begins afresh.

    When it misleads:
        A zoo network named without a weight file has random weights. Filters learned on images prepared another way are of
        another scale; normalisation behind them mends that.

    Source:
        Yosinski, Clune, Bengio and Lipson, "How Transferable Are Features in Deep Neural Networks?", NIPS 2014. Differs: as many
        layers as fit, trained on like the others.
    """

    name = "network"
    argument_name = "REFERENCE"

    def begin(self, ground: Ground) -> tuple[str, ...]:
        begin_he(ground.module, ground.generator)
        mine, theirs = convolutions(ground), _theirs(ground)
        if not mine:
            raise no_convolution(self.name)
        copied: list[str] = []
        reason = "one of the networks has no more convolutions"
        for place, ((name, layer), (other_name, other)) in enumerate(zip(mine, theirs, strict=False)):
            weight = _adapted(weight_of(other).detach(), layer, is_first=place == 0)
            if weight.shape != weight_of(layer).shape or layer.groups != other.groups:
                reason = f"{name} has {_size(layer)}, {other_name} there has {_size(other)}"
                break
            _copy(layer, weight, bias_of(other))
            copied.append(f"{name} from {other_name}")
        if not copied:
            raise InputError(
                "the first convolution of the other network must fit this one's",
                got=Quoted(reason),
                where=ground.argument,
                hint="Take a network whose first convolution has as many filters of the same size.",
            )
        return (f"{len(copied)} convolutions copied: {', '.join(copied)}. Stopped there: {reason}.",)

    def identity(self, argument: str) -> str:
        from striate.nets.references import load_network

        state = sorted(load_network(argument).module.state_dict().items())
        parts = (part for key, value in state for part in (key.encode(), _bytes(value)))
        return fingerprint.short(fingerprint.of_bytes(*parts))


def _theirs(ground: Ground) -> list[tuple[str, nn.Module]]:
    from striate.nets.references import load_network

    other = load_network(ground.argument)
    return convolutions(replace(ground, module=other.module, shape=other.input_shape))


def _adapted(weight: Tensor, layer: nn.Module, *, is_first: bool) -> Tensor:
    """Return a first layer's filters for another number of channels: their sum, shared out evenly."""
    channels = weight_of(layer).shape[1]
    if not is_first or weight.shape[1] == channels or layer.groups != 1:
        return weight
    return weight.sum(1, keepdim=True).expand(-1, channels, *weight.shape[2:]) / channels


def _copy(layer: nn.Module, weight: Tensor, bias: Tensor | None) -> None:
    own = bias_of(layer)
    with torch.no_grad():
        weight_of(layer).copy_(weight)
        if own is not None and bias is not None:
            own.copy_(bias)


def _size(layer: nn.Module) -> str:
    groups = f" in {layer.groups} groups" if layer.groups != 1 else ""
    return f"{times(tuple(weight_of(layer).shape))}{groups}"


def _bytes(value: Tensor) -> bytes:
    return value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()
