"""Stored pixels to a network's input, and back for the eye."""

from __future__ import annotations

import torch
from torch import Tensor

from striate.data.hearing import heard
from striate.data.scaling import covering, scaled
from striate.errors import InputError, Quoted, ShapeError
from striate.graph import times
from striate.records import Preprocessing

LUMA = (0.299, 0.587, 0.114)


def prepare(image: Tensor, preprocessing: Preprocessing, *, sample_rate_hz: int = 0) -> Tensor:
    """Return one stored sample as a network's input.

    Of an image, in this order: channels (grey is repeated three times; colour becomes grey by ITU-R 601 luma,
    0.299 R + 0.587 G + 0.114 B), size (the image is scaled, antialiased bilinear, until it just
    covers the input, then its centre is cut out; nothing happens if the size already fits), scale 0
    … 1, (x − mean) / std. A pretrained network states another size to scale to, another crop or
    another interpolation in its preprocessing: then size is done as its zoo does it.

    A volume is scaled and cut in the same way along three axes, antialiased trilinear. A signal is not scaled: its middle is cut
    out, or zeros are put around it; a sound is first mixed to one channel, unless it has the input's, and resampled to the
    network's rate. A network with `mel` reads its log-mel spectrogram (see `log_mel`), the same in all channels.

    Args:
        image: uint8, 0 … 255, or, for a preprocessing with a scale, any floats; shape (channels, axes of space).
        preprocessing: The input's shape, mean and std; how the size is reached; how sounds are heard.
        sample_rate_hz: Of a sound; 0 takes it to be the network's.

    Returns:
        float32, shape `preprocessing.shape`.

    Raises:
        ShapeError: Another number of axes; channels that cannot become the input's.
        InputError: Floats for a network that was trained on bytes, or bytes for one that was not.

    Example:
        >>> import torch
        >>> from striate.records import Preprocessing
        >>> how = Preprocessing(shape=(1, 2, 2), mean=(0.5,), std=(0.25,))
        >>> prepare(torch.tensor([[[0, 255], [255, 0]]], dtype=torch.uint8), how).tolist()
        [[[-2.0, 2.0], [2.0, -2.0]]]
    """
    _check_sample(image, preprocessing)
    if preprocessing.stored_axes == 1:
        _check(preprocessing)
        entering = on_unit_scale(heard(image, preprocessing, sample_rate_hz)[None], preprocessing)[0]
        mean, std = _channelwise(preprocessing, entering)
        return (entering - mean) / std
    return prepare_stack(image[None], preprocessing)[0]


def normalise(image: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return a stored image as a network's input at its own size: channels and scale as `prepare` does, nothing cut or scaled.

    Args:
        image: uint8, shape (1 or 3, h, w), 0 … 255.
        preprocessing: The input's channels, mean and std; its height and width do not matter.

    Returns:
        float32, shape (channels, h, w).

    Raises:
        ShapeError: Not such an image; channels that cannot become the input's; a network that reads no images.
        InputError: A network that was not trained on bytes.

    Example:
        >>> import torch
        >>> from striate.records import Preprocessing
        >>> how = Preprocessing(shape=(3, 8, 8), mean=(0.5,) * 3, std=(0.25,) * 3)
        >>> normalise(torch.tensor([[[0, 255]]], dtype=torch.uint8), how)[2].tolist()
        [[-2.0, 2.0]]
    """
    if image.dtype != torch.uint8 or image.ndim != 3 or image.numel() == 0:
        raise ShapeError("an image must be uint8 of shape (c, h, w)", got=tuple(image.shape))
    _check(preprocessing)
    _check_sample(image, preprocessing)
    unit = _adapt_channels(on_unit_scale(image[None], preprocessing), preprocessing.shape[0])[0]
    mean, std = _channelwise(preprocessing, unit)
    return (unit - mean) / std


def prepare_stack(stored: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return stored samples (n, c, axes of space) as float32 (n, *preprocessing.shape).

    Of signals only those that need no more than their scale.
    """
    _check(preprocessing)
    if preprocessing.scaled_px:
        unit = scaled(_adapt_channels(on_unit_scale(stored, preprocessing), preprocessing.shape[0]), preprocessing)
    else:
        unit = fit(on_unit_scale(stored, preprocessing), preprocessing.shape)
    mean, std = _channelwise(preprocessing, unit)
    return (unit - mean) / std


def needs_only_scale(image: Tensor, preprocessing: Preprocessing, sample_rate_hz: int) -> bool:
    """Return whether a stored sample has the input's shape and rate already."""
    rates = {sample_rate_hz, preprocessing.sample_rate_hz}
    return image.shape == preprocessing.shape and preprocessing.mel is None and (0 in rates or len(rates) == 1)


def on_unit_scale(stored: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return stored values as float32: 0 … 255, or the preprocessing's scale, becomes 0 … 1; nothing is cut off.

    Raises:
        InputError: Floats without a scale.
    """
    if preprocessing.scale:
        low, high = preprocessing.scale
        return (stored.to(torch.float32) - low) / (high - low)
    if stored.dtype != torch.uint8:
        raise _no_scale()
    return stored.to(torch.float32) / 255


def unprepare(tensor: Tensor, preprocessing: Preprocessing) -> Tensor:
    """Return network inputs as they are looked at: the normalisation undone, cut to 0 … 1.

    Args:
        tensor: Floats, shape (c, axes of space) or (n, c, axes of space).
        preprocessing: What the inputs were prepared with.

    Returns:
        Floats of the same shape, 0 … 1.

    Raises:
        ShapeError: Other channels than the preprocessing's.

    Example:
        >>> import torch
        >>> from striate.records import Preprocessing
        >>> how = Preprocessing(shape=(1, 1, 3), mean=(0.5,), std=(0.25,))
        >>> unprepare(torch.tensor([[[-2.0, 0.0, 9.0]]]), how).tolist()
        [[[0.0, 0.5, 1.0]]]
    """
    _check(preprocessing)
    whole, channels = len(preprocessing.shape), len(preprocessing.mean)
    if tensor.ndim not in {whole, whole + 1} or tensor.shape[-whole] != channels:
        places = ("length", "h, w", "d, h, w")[whole - 2]
        raise ShapeError(
            f"inputs must have shape ({channels}, {places}) or (n, {channels}, {places})", got=tuple(tensor.shape)
        )
    mean, std = _channelwise(preprocessing, tensor)
    return (tensor * std + mean).clamp(0, 1)


def fit(unit: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Return samples (n, c, axes of space) on the scale 0 … 1 as (n, *shape): channels and size as `prepare` says."""
    floats = _adapt_channels(unit, shape[0])
    if floats.shape[2:] == shape[1:]:
        return floats
    return covering(floats, shape[1:])


def check_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape if samples can be given it."""
    if len(shape) not in {2, 3, 4} or min(shape) < 1:
        raise ShapeError("an input must have shape (c, length), (c, h, w) or (c, d, h, w)", got=tuple(shape))
    return tuple(shape)


def _check_sample(image: Tensor, preprocessing: Preprocessing) -> None:
    axes = preprocessing.stored_axes
    if image.ndim != axes + 1 or image.numel() == 0:
        words = {1: "a signal, (c, length)", 2: "an image, (c, h, w)", 3: "a volume, (c, d, h, w)"}[axes]
        raise ShapeError(
            f"a sample must be {words}, for a network of input {times(preprocessing.shape)}",
            got=tuple(image.shape),
            hint="Arrays are read as their number of axes says, unless read_as=ReadAs(axes=…) says something else.",
        )
    if image.dtype != torch.uint8 and not preprocessing.scale:
        raise _no_scale()
    if image.dtype == torch.uint8 and preprocessing.scale:
        raise InputError(
            "samples must be numbers of the kind the network was trained on",
            got=Quoted("bytes, for a scale of {:g} … {:g}".format(*preprocessing.scale)),
        )


def _no_scale() -> InputError:
    return InputError(
        "samples that are not bytes must come with a scale",
        got=Quoted("floats, for a network that reads 0 … 255"),
        hint="Train the network on such samples, or put scale=(low, high) into its preprocessing.",
    )


def _check(preprocessing: Preprocessing) -> None:
    check_shape(preprocessing.shape)
    channels = preprocessing.shape[0]
    if len(preprocessing.mean) != channels or len(preprocessing.std) != channels:
        raise ShapeError(
            f"mean and std must have one number per channel, {channels}",
            got=(len(preprocessing.mean), len(preprocessing.std)),
        )
    said, axes = preprocessing.scaled_px, len(preprocessing.shape) - 1
    if said and (axes != 2 or len(said) != 2 or said[0] < preprocessing.shape[1] or said[1] < preprocessing.shape[2]):
        raise ShapeError("scaled_px must be a height and a width, not below the input's", got=said)
    if min(preprocessing.std) <= 0:
        raise InputError("std must be above 0", got=min(preprocessing.std))
    mel = preprocessing.mel
    if mel and (axes != 2 or mel.bands != preprocessing.shape[1] or not preprocessing.sample_rate_hz):
        raise ShapeError("mel must come with a sample rate, and with as many bands as the input is high", got=mel.bands)


def _channelwise(preprocessing: Preprocessing, like: Tensor) -> tuple[Tensor, Tensor]:
    shape = (-1, *(1,) * (len(preprocessing.shape) - 1))
    mean, std = (
        torch.tensor(numbers, dtype=like.dtype, device=like.device).reshape(shape)
        for numbers in (preprocessing.mean, preprocessing.std)
    )
    return mean, std


def _adapt_channels(images: Tensor, channels: int) -> Tensor:
    have = images.shape[1]
    if have == channels:
        return images
    if (have, channels) == (1, 3) and images.ndim == 4:
        return images.expand(-1, 3, -1, -1)
    if (have, channels) == (3, 1) and images.ndim == 4:
        weights = torch.tensor(LUMA, dtype=images.dtype)[None, :, None, None]
        return (images * weights).sum(1, keepdim=True)
    raise ShapeError(
        "channels must be the input's, or 1 and 3 of images" if images.ndim == 4 else "channels must be the input's",
        got=Quoted(f"{have} for {channels}"),
        hint="with_channels changes how many a network reads.",
    )
