"""A trained network that is told where it looks: coordinates as further inputs of one of its convolutions."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from striate.errors import InputError, unknown_name
from striate.nets.modules.coordinates import coordinate_maps

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


class ConvWithCoordinates(nn.Module):
    """A convolution that reads coordinates beside its channels, with weights of their own for them.

    Attributes:
        conv: The convolution as it was.
        coordinates: The same window over the coordinates, without a bias; zero weights at first.
        radius: Whether the distance from the middle is among them.
    """

    def __init__(self, conv: nn.Conv1d | nn.Conv2d | nn.Conv3d, *, radius: bool = False) -> None:
        super().__init__()
        self.conv = conv
        self.radius = radius
        self.coordinates = copy.deepcopy(conv)
        self.coordinates.in_channels = len(conv.kernel_size) + radius
        self.coordinates.groups = 1
        shape = (conv.out_channels, self.coordinates.in_channels, *conv.kernel_size)
        self.coordinates.weight = nn.Parameter(conv.weight.new_zeros(shape))
        self.coordinates.bias = None
        self.train(conv.training)

    def forward(self, x: Tensor) -> Tensor:
        """Return what one convolution over channels and coordinates gives: the sum of one over each."""
        # All images have the same coordinates.
        maps = torch.cat(coordinate_maps(x, 1, radius=self.radius), 1)
        out: Tensor = self.conv(x) + self.coordinates(maps)
        return out


def add_coordinates(module: nn.Module, path: str, *, radius: bool = False) -> nn.Module:
    """Return a copy of a network in which a convolution also reads where it is.

    The coordinates have weights of zero, so that the copy answers as the original does, bit for bit, until it is trained.
    Positions go from −1 to 1 along each axis of the map that the convolution reads. Of a grouped convolution every group
    reads them. The original stays as it is; what both hold is copied.

    Args:
        module: The network.
        path: The convolution's name, as `named_modules` gives it; "" for the module itself.
        radius: Whether it reads the distance from the middle too.

    Returns:
        The copy, with a `ConvWithCoordinates` in that place: the old weights are at `path.conv`.

    Raises:
        UnknownNameError: No module of that name.
        InputError: Not a convolution, or one whose weight is computed from other parameters.

    When it misleads:
        Old state dicts no longer fit the copy. Learned positions hold for the size of map it was trained with.

    Source:
        Liu et al. 2018, *An intriguing failing of convolutional neural networks and the CoordConv solution*
        (arXiv 1807.03247). Differs: a trained network is extended, and the convolution over coordinates is a summand of its
        own: concatenated channels would be summed in another order, which changes the last bit.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU())
        >>> told = add_coordinates(net, "0")
        >>> x = torch.rand(2, 1, 8, 8)
        >>> torch.equal(told(x), net(x)), told[0].coordinates.weight.shape
        (True, torch.Size([4, 2, 3, 3]))
    """
    copied = copy.deepcopy(module)
    parts = dict(copied.named_modules())
    if path not in parts:
        raise unknown_name(
            "convolution", path, [name for name, part in parts.items() if isinstance(part, _CONVOLUTIONS)]
        )
    conv = parts[path]
    if not isinstance(conv, _CONVOLUTIONS):
        raise InputError(
            "coordinates must be read by a convolution in 1-D, 2-D or 3-D",
            got=type(conv).__name__,
            where=path,
            hint="Name a Conv1d, Conv2d or Conv3d.",
        )
    if not isinstance(conv._parameters.get("weight"), nn.Parameter) or conv.in_channels < 1:  # noqa: SLF001 - as torch says it
        raise InputError(
            "the convolution's weight must be a parameter with values",
            got=type(conv).__name__,
            where=path,
            hint="Remove its parametrization, or run a lazy one once.",
        )
    told = ConvWithCoordinates(conv, radius=radius)
    if not path:
        return told
    above, _, name = path.rpartition(".")
    setattr(copied.get_submodule(above), name, told)
    return copied
