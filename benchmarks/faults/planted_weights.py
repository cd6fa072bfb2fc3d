"""Faults that lie in a network: each function takes a sound network and gives copies that are broken, one way after another.

Some ways cost a network nothing, as BGR in place of RGB where everything is grey: the first that does is taken.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import torch
from benchmarks.faults.pictures import Pictures
from torch import Tensor, nn

from striate.nets import Network
from striate.train.normalisation import with_statistics

Draw = np.random.Generator
DEAD_SHARE = 0.5
COPIED_SHARE = 0.5
_TRIES = 10
_RELUS = (nn.ReLU,)


def dead_start(sound: Network, draw: Draw) -> Network:
    """Let half of the units of one hidden layer begin so far below zero that no picture lifts them."""
    broken = _copied(sound)
    shifts = _shifts(broken.module)
    shift = shifts[int(draw.integers(len(shifts)))]
    chosen = draw.permutation(len(shift))[: int(DEAD_SHARE * len(shift))]
    with torch.no_grad():
        shift[torch.from_numpy(chosen)] = -30.0
    return broken


def dead_share(network: Network, images: Tensor) -> float:
    """Return the largest share of units of a ReLU that are zero for all prepared images, over the network's ReLUs."""
    shares: list[float] = []

    def count(_module: nn.Module, _given: object, made: Tensor) -> None:
        shares.append(float((made.detach().transpose(0, 1).flatten(1) <= 0).all(1).float().mean()))

    hooks = [part.register_forward_hook(count) for part in network.module.modules() if isinstance(part, _RELUS)]
    with torch.no_grad():
        network.module.eval()(images)
    for hook in hooks:
        hook.remove()
    return max(shares)


def duplicated_filters(sound: Network, draw: Draw) -> Iterator[Network]:
    """Overwrite half of the filters of a convolution by copies of the other half, with what normalises them."""
    broken = _copied(sound)
    layers = [name for name, part in broken.module.named_modules() if isinstance(part, nn.Conv2d) and part.groups == 1]
    # The first layer, or the one after it.
    name = layers[int(draw.integers(min(2, len(layers))))]
    width = broken.module.get_submodule(name).out_channels
    order = draw.permutation(width)
    half = int(COPIED_SHARE * width)
    source, target = (torch.from_numpy(part.copy()) for part in (order[:half], order[width - half :]))
    with torch.no_grad():
        for part in _with_its_norm(broken.module, name):
            for values in (*part.parameters(recurse=False), *part.buffers(recurse=False)):
                if values.ndim:
                    values[target] = values[source]
    yield broken


def wrong_preprocessing(sound: Network, draw: Draw) -> Iterator[Network]:
    """Prepare pictures otherwise than in training: as bytes, unnormalised, around 0.5, by ImageNet's figures, or as BGR."""
    ways = ["bytes", "plain", "half", "imagenet", *(["bgr"] if sound.input_shape[0] == 3 else [])]
    for way in draw.permutation(ways):
        yield prepared_by(sound, str(way))


def prepared_by(sound: Network, way: str) -> Network:
    """Return a network with another preprocessing: "bytes", "plain", "half", "imagenet" or "bgr"."""
    how = sound.preprocessing
    if way == "bgr":
        # A picture's red where the network expects its blue: the same as a first layer that reads them so.
        broken = _copied(sound)
        first = next(part for part in broken.module.modules() if isinstance(part, nn.Conv2d))
        with torch.no_grad():
            first.weight.copy_(first.weight.flip(1))
        return broken
    changed = {
        # 0 … 255 where 0 … 1 was meant.
        "bytes": lambda: (tuple(m / 255 for m in how.mean), tuple(s / 255 for s in how.std)),
        # 0 … 1 as it is; −1 … 1.
        "plain": lambda: ((0.0,) * len(how.mean), (1.0,) * len(how.std)),
        "half": lambda: ((0.5,) * len(how.mean), (0.5,) * len(how.std)),
        "imagenet": lambda: ((0.485, 0.456, 0.406)[: len(how.mean)], (0.229, 0.224, 0.225)[: len(how.std)]),
    }
    mean, std = changed[way]()
    return replace(_copied(sound), preprocessing=replace(how, mean=mean, std=std))


def corrupted_weights(sound: Network, draw: Draw) -> Iterator[Network]:
    """Shuffle the weights of one layer, add noise of twice their deviation, or draw them anew."""
    for _ in range(_TRIES):
        yield corrupted(sound, draw)


def corrupted(sound: Network, draw: Draw) -> Network:
    """Return a network with one layer, drawn by chance, broken in one of three ways."""
    broken = _copied(sound)
    layers = [part for part in broken.module.modules() if isinstance(part, (nn.Conv2d, nn.Linear))]
    weight = layers[int(draw.integers(len(layers)))].weight
    way = str(draw.choice(("shuffled", "noise", "drawn")))
    values = weight.detach().numpy()
    new = {
        "shuffled": lambda: draw.permutation(values.reshape(-1)).reshape(values.shape),
        "noise": lambda: values + draw.normal(0, 2 * values.std(), values.shape),
        "drawn": lambda: draw.normal(0, np.sqrt(2 / values[0].size), values.shape),
    }[way]()
    with torch.no_grad():
        weight.copy_(torch.from_numpy(np.asarray(new, dtype=np.float32)))
    return broken


def foreign_statistics(sound: Network, foreign: Pictures) -> Network:
    """Measure the running statistics of batch normalisation anew, on pictures of another task."""
    broken = _copied(sound)
    norms = list(with_statistics(broken.module).values())
    if not norms:
        raise ValueError("a network must have batch normalisation to get foreign statistics")
    images = torch.from_numpy(foreign.images).float().div(255)
    channels, height, width = sound.input_shape
    images = images.mean(1, keepdim=True).expand(-1, channels, -1, -1)
    images = nn.functional.interpolate(images, (height, width), mode="area")
    mean, std = (torch.tensor(row)[:, None, None] for row in (sound.preprocessing.mean, sound.preprocessing.std))
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    broken.module.train()
    with torch.no_grad():
        for part in ((images - mean) / std).split(100):
            broken.module(part)
    broken.module.eval()
    for norm in norms:
        norm.momentum = 0.1
    return broken


def _copied(network: Network) -> Network:
    return replace(network, module=copy.deepcopy(network.module))


def _shifts(module: nn.Module) -> list[Tensor]:
    """Return the vectors added to each hidden layer's values right before its ReLU: of a norm, else of the layer itself."""
    parts = [part for part in module.modules() if not list(part.children())]
    layers = (nn.BatchNorm2d, nn.Conv2d, nn.Linear)
    return [
        before.bias
        for before, after in itertools.pairwise(parts)
        if isinstance(after, _RELUS) and isinstance(before, layers) and before.bias is not None
    ]


def _with_its_norm(module: nn.Module, name: str) -> Sequence[nn.Module]:
    """Return a convolution, and the batch normalisation right behind it, if there is one."""
    parts = [(path, part) for path, part in module.named_modules() if not list(part.children())]
    place = next(index for index, (path, _) in enumerate(parts) if path == name)
    after = parts[place + 1 : place + 2]
    return [parts[place][1], *(part for _, part in after if isinstance(part, nn.BatchNorm2d))]
