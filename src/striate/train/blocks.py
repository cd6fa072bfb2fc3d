"""The blocks of a network: what figures about gradients and features are told by."""

from __future__ import annotations

from collections.abc import Iterable

from torch import nn

from striate.train.paths import is_within


def blocks(module: nn.Module) -> tuple[str, ...]:
    """Return the paths of a network's blocks: its first level, with the members of sequences there.

    Example:
        >>> net = nn.ModuleDict({"stem": nn.Conv2d(1, 1, 3), "layers": nn.Sequential(nn.ReLU(), nn.ReLU())})
        >>> blocks(net)
        ('stem', 'layers.0', 'layers.1')
    """
    found: list[str] = []
    for name, part in module.named_children():
        members = list(part.named_children()) if isinstance(part, nn.Sequential | nn.ModuleList) else []
        found += [f"{name}.{member}" for member, _ in members] or [name]
    return tuple(found)


def parameters_by_block(module: nn.Module) -> dict[str, list[nn.Parameter]]:
    """Return the parameters of each block that has any; those outside all blocks under the network's own empty path.

    Example:
        >>> [(path, len(own)) for path, own in parameters_by_block(nn.Sequential(nn.Linear(1, 1), nn.ReLU())).items()]
        [('0', 2)]
    """
    paths = blocks(module)
    found: dict[str, list[nn.Parameter]] = {}
    for name, parameter in module.named_parameters():
        found.setdefault(_block(name, paths), []).append(parameter)
    return found


def spread(paths: Iterable[str], most: int) -> tuple[str, ...]:
    """Return at most so many of the paths, evenly spaced, the last among them.

    Example:
        >>> spread("abcdefg", 3)
        ('b', 'e', 'g')
    """
    every = tuple(paths)
    if len(every) <= most:
        return every
    return tuple(every[round((number + 1) * len(every) / most) - 1] for number in range(most))


def _block(name: str, paths: tuple[str, ...]) -> str:
    return next((path for path in paths if is_within(name, path)), "")
