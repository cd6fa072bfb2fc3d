"""How far the features of images are from those of real images: the perceptual part of a prior."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from striate.analyse.field.way import Way
from striate.errors import InputError, Quoted
from striate.explain.answers import channelwise, fitting, parts
from striate.explain.saliency.layers import map_layer
from striate.explain.saliency.scored import Scored
from striate.nets import Network
from striate.nets.passages import live_ops, place_order
from striate.trace import tap

LAYERS = 3
_LEAST_SHARE = 1e-3


class Natural:
    """The mean and standard deviation of each channel at some layers, over real images.

    Args:
        network: Whose features are compared: the one that is climbed, or another with the same channels.
        real: Real images (m, c, h, w), on the stored scale; resized if its side is another.
        layers: Names of layers with maps; () for up to three, evenly spread over those after convolutions.

    Raises:
        InputError: No real image; a layer without a map; a network without maps.
        UnknownNameError: No such layer.
    """

    def __init__(self, network: Network, real: Tensor, *, layers: tuple[str, ...] = ()) -> None:
        if not len(real):
            raise InputError("natural statistics must have real images", got=Quoted("none"), hint="Give `real`.")
        self._scored = Scored(network, torch.zeros((1, *network.input_shape)))
        self.layers = layers or _spread(self._scored)
        self._orders = {name: map_layer(self._scored.recording, name) for name in self.layers}
        at_once = fitting(torch.zeros(network.input_shape))
        with torch.no_grad():
            sums = [
                [torch.cat(pair, 1) for pair in self._moments(part)] for part in parts(real.detach().float(), at_once)
            ]
        rows = [torch.cat(layer) for layer in zip(*sums, strict=True)]
        self._middles = [row.mean(0) for row in rows]
        # A channel that never varies still may not divide by zero: a thousandth of the layer's usual spread.
        self._spreads = [_floored(row.std(0, correction=0)) for row in rows]

    def distance(self, images: Tensor) -> Tensor:
        """Return each image's distance (n,): the mean square of its channels' means and deviations, standardised.

        A real image is at 1 on average: its own statistics vary as those the distance is measured by.

        Args:
            images: (n, c, h, w), on the stored scale; gradients flow.
        """
        found = []
        for pair, middle, spread in zip(self._moments(images), self._middles, self._spreads, strict=True):
            found.append((((torch.cat(pair, 1) - middle) / spread) ** 2).mean(1))
        return torch.stack(found).mean(0)

    def _moments(self, images: Tensor) -> list[tuple[Tensor, Tensor]]:
        network = self._scored.network
        size = network.input_shape[1:]
        if tuple(images.shape[2:]) != tuple(size):
            images = functional.interpolate(images, size=size, mode="bilinear", align_corners=False)
        mean, std = channelwise(network, images)
        inputs = ((images - mean) / std).to(self._scored.inputs)
        found = tap(
            self._scored.module,
            inputs,
            [layer.name for layer in self._orders.values()],
            self._scored.recording,
            with_outputs=False,
        )
        maps = [found.taps[layer.name].permute(layer.order).flatten(2) for layer in self._orders.values()]
        return [(values.mean(2), (values.var(2, correction=0) + 1e-8).sqrt()) for values in maps]


def _floored(spread: Tensor) -> Tensor:
    return spread.clamp_min(float(spread.mean()) * _LEAST_SHARE + 1e-8)


def _spread(scored: Scored) -> tuple[str, ...]:
    graph = scored.recording.graph
    way = Way.through(graph)
    names = [op.name for op in live_ops(graph) if op.kind == "conv" and place_order(way, op) is not None]
    if not names:
        raise InputError("a network must have convolutions to compare features at", got=Quoted("none"))
    count = min(LAYERS, len(names))
    return tuple(names[round((place + 1) * len(names) / count) - 1] for place in range(count))
