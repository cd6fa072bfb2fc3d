"""Input channels other than a network was trained with; weights, mean and std are changed together."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted
from striate.nets.network import Network
from striate.records.output import Preprocessing

Further = Literal["copies", "zeros"]
Convolution = nn.Conv1d | nn.Conv2d | nn.Conv3d
_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
# Scores may differ by rounding; this much of the largest is not rounding.
_ROUNDING = 1e-4


class ConvWithGround(nn.Module):
    """A convolution whose input has lost its channels' own means: the ground gives back what they were.

    Attributes:
        conv: Over the new channels.
        ground: The same window over ones. With zero padding its value near the border is another than inside, which a bias
            could not give.
    """

    def __init__(self, conv: Convolution, ground: Convolution) -> None:
        super().__init__()
        self.conv = conv
        self.ground = ground
        self.train(conv.training)

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution over the image plus that over ones."""
        out: Tensor = self.conv(x) + self.ground(torch.ones_like(x[:1, :1]))
        return out


def with_channels(network: Network, channels: int, *, further: Further = "copies") -> Network:
    """Return a copy of a network that takes images of another number of channels.

    The rules, by the first convolution's weights w, and mean m and std s of its channels:

    * fewer channels than before: every new channel gets an equal part of the sum of w over the old ones, rescaled to one mean
      and one std (the averages). An image whose new channels are all equal to a grey image is answered as that grey image,
      repeated to the old channels, was;
    * more: the old channels come in turn, R G B R G …. With "copies" each shares its weights among its copies, so that an image
      whose copies are equal is answered as before; with "zeros" the further channels count for nothing until they are trained.
      A copy has its channel's mean and std.

    Args:
        network: Any network of images whose first layer is a convolution, or several side by side.
        channels: How many it shall take.
        further: What more channels than before begin with.

    Returns:
        The copy, with its own preprocessing, and the change in its receipt. The original stays as it is.

    Raises:
        InputError: Channels below 1; a first layer that is not an ungrouped convolution; a network that does not answer
            as the rules say (it standardises its weights, or reads channels by number).

    When it misleads:
        A colour photograph made grey is not what the network saw: the equality holds for grey images. A new sensor's channel
        that gets R's weights is not R.

    Source:
        timm's adapt_input_conv (in_chans). Differs: mean and std are changed with the weights, exactly, also at the border;
        copies share their channel's weights instead of all being scaled by 3 / n.

    Example:
        >>> from striate.nets import load_network
        >>> grey = with_channels(load_network("torchvision:squeezenet1_1"), 1)
        >>> grey.input_shape, grey.module(torch.zeros(1, 1, 64, 64)).shape
        ((1, 224, 224), torch.Size([1, 1000]))
    """
    how = network.preprocessing
    have = how.shape[0]
    if channels < 1:
        raise InputError("channels must be at least 1", got=channels)
    if further not in {"copies", "zeros"}:
        raise InputError("further must be copies or zeros", got=further)
    if network.origin.channels:
        raise InputError(
            "channels must be changed once only",
            got=network.origin.channels,
            hint="Load the network as it was published.",
        )
    if channels == have:
        return network
    told = _fewer(how, channels) if channels < have else _more(how, channels)
    first = first_convolutions(network.module, how.shape)
    module = rechannelled(copy.deepcopy(network.module), first, told, how, further=further)
    _check(network.module, module, how, told, further)
    receipt = dict(network.receipt) | {"channels": f"{have} → {channels}" + (f", {further}" if channels > have else "")}
    origin = replace(network.origin, channels=channels, first=first)
    return replace(network, module=module, preprocessing=told, origin=origin, receipt=receipt)


def first_convolutions(module: nn.Module, shape: Sequence[int]) -> tuple[str, ...]:
    """Return the names of the convolutions that read the network's input.

    Raises:
        InputError: Something else reads it, or a convolution in groups does.
    """
    probed = copy.deepcopy(module).eval()
    like = next(probed.parameters(), torch.zeros(()))
    image = torch.zeros(1, *shape, dtype=like.dtype, device=like.device)
    readers: dict[str, nn.Module] = {}

    def note(name: str, part: nn.Module) -> None:
        def hook(_part: nn.Module, args: tuple[Any, ...]) -> None:
            if args and args[0] is image:
                readers[name] = part

        part.register_forward_pre_hook(hook)

    for name, part in probed.named_modules():
        if not list(part.children()) or isinstance(part, _CONVOLUTIONS):
            note(name, part)
    with torch.no_grad():
        probed(image)
    wrong = [
        f"{type(part).__name__} {name}".strip()
        for name, part in readers.items()
        if not isinstance(part, _CONVOLUTIONS) or part.groups != 1
    ]
    if wrong or not readers:
        raise InputError(
            "the network's input must be read by convolutions without groups",
            got=Quoted(wrong[0] if wrong else "no layer that reads it as it is"),
            hint="Change the channels in the network's own code.",
        )
    return tuple(readers)


def rechannelled(
    module: nn.Module, first: Sequence[str], told: Preprocessing, how: Preprocessing, *, further: Further
) -> nn.Module:
    """Return the module with its first convolutions made for other channels; the module itself is changed."""
    channels = len(told.mean)
    for path in first:
        conv = cast("Convolution", module.get_submodule(path))
        fewer = channels < conv.in_channels
        made: nn.Module = _narrowed(conv, how, told) if fewer else _copied(conv, channels, further)
        if not path:
            return made
        above, _, name = path.rpartition(".")
        setattr(module.get_submodule(above), name, made)
    return module


def shaped(module: nn.Module, first: Sequence[str], channels: int) -> nn.Module:
    """Return a module as published in the shape `rechannelled` gives it; its weights are to be loaded."""
    have = int(module.get_submodule(first[0]).in_channels)  # type: ignore[arg-type]  # a convolution: with_channels wrote it
    plain, other = (
        Preprocessing(shape=(count, 1, 1), mean=(0.0,) * count, std=(1.0,) * count) for count in (have, channels)
    )
    return rechannelled(module, first, other, plain, further="copies")


def _fewer(how: Preprocessing, channels: int) -> Preprocessing:
    mean, std = (sum(numbers) / len(numbers) for numbers in (how.mean, how.std))
    return replace(how, shape=(channels, *how.shape[1:]), mean=(mean,) * channels, std=(std,) * channels)


def _more(how: Preprocessing, channels: int) -> Preprocessing:
    mean, std = (tuple(numbers[n % len(numbers)] for n in range(channels)) for numbers in (how.mean, how.std))
    return replace(how, shape=(channels, *how.shape[1:]), mean=mean, std=std)


def _narrowed(conv: Convolution, how: Preprocessing, told: Preprocessing) -> ConvWithGround:
    """Fold: Σ w (g − m) / s over the old channels is w' (g − m') / s' plus what the ground adds."""
    weight = conv.weight.detach().to(torch.float64)
    mean, std = (
        torch.tensor(numbers, dtype=torch.float64).reshape(1, -1, *(1,) * (weight.ndim - 2))
        for numbers in (how.mean, how.std)
    )
    channels = len(told.mean)
    grey = (weight / std).sum(1, keepdim=True) * told.std[0] / channels
    ground = (weight / std * (told.mean[0] - mean)).sum(1, keepdim=True)
    return ConvWithGround(
        _like(conv, grey.expand(-1, channels, *weight.shape[2:]), bias=True), _like(conv, ground, bias=False)
    )


def _copied(conv: Convolution, channels: int, further: Further) -> Convolution:
    weight = conv.weight.detach()
    have = weight.shape[1]
    source = torch.arange(channels) % have
    made = weight[:, source]
    if further == "zeros":
        made[:, have:] = 0
    else:
        copies = torch.bincount(source, minlength=have)[source]
        made = made / copies.reshape(1, -1, *(1,) * (weight.ndim - 2))
    return _like(conv, made, bias=True)


def _like(conv: Convolution, weight: Tensor, *, bias: bool) -> Convolution:
    made = copy.deepcopy(conv)
    made.in_channels = weight.shape[1]
    made.weight = nn.Parameter(weight.to(conv.weight).contiguous().clone(), requires_grad=conv.weight.requires_grad)
    if not bias:
        made.bias = None
    return made


def _check(before: nn.Module, after: nn.Module, how: Preprocessing, told: Preprocessing, further: Further) -> None:
    """Refuse a network that does not answer as the rules say, on an image of noise."""
    generator = torch.Generator().manual_seed(0)
    have, channels = len(how.mean), len(told.mean)
    noise = torch.rand((1, max(have, channels), *how.shape[1:]), generator=generator)
    if channels < have:
        old, new = noise[:, :1].expand(-1, have, *noise.shape[2:]), noise[:, :1].expand(-1, channels, *noise.shape[2:])
    elif further == "zeros":
        old, new = noise[:, :have], noise
    else:
        old, new = noise[:, :have], noise[:, torch.arange(channels) % have]
    expected, found = (
        _scores(module, image, preprocessing)
        for module, image, preprocessing in ((before, old, how), (after, new, told))
    )
    gap = max((float((a - b).abs().max()) for a, b in zip(expected, found, strict=True)), default=0.0)
    largest = max((float(scores.abs().max()) for scores in expected), default=0.0)
    if not gap <= _ROUNDING * max(largest, 1e-6):
        raise InputError(
            "a network with other channels must answer as it did",
            got=Quoted(f"scores {gap / max(largest, 1e-30):.1e} of the largest apart"),
            hint="Its first layer standardises its weights, or channels are read by number: change its own code.",
        )


def _scores(module: nn.Module, image: Tensor, how: Preprocessing) -> list[Tensor]:
    from torch.utils import _pytree

    still = copy.deepcopy(module).eval()
    like = next(still.parameters(), torch.zeros(()))
    shape = (1, -1, *(1,) * (image.ndim - 2))
    mean, std = (torch.tensor(numbers).reshape(shape) for numbers in (how.mean, how.std))
    with torch.no_grad():
        leaves = _pytree.tree_leaves(still(((image - mean) / std).to(like)))
    return [leaf for leaf in leaves if isinstance(leaf, Tensor) and leaf.is_floating_point()]
