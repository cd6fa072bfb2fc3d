"""`dense`: from a trained classifier to a fully convolutional network, checked on the spot."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from striate.errors import InputError, Quoted
from striate.graph import Shape, times
from striate.nets.dense.cutting import cut
from striate.nets.dense.head import HeadReader
from striate.nets.dense.network import DenseNetwork, at, largest_deviation, scores
from striate.nets.dense.placing import places
from striate.nets.dense.trunk import Trunk
from striate.nets.network import Network
from striate.records.dense import Conversion
from striate.trace import Recording, trace
from striate.trace.shell import twin, unwrapped
from striate.trace.state import eval_mode, kept_randomness

# Largest difference of a score, over the largest score, that is taken for rounding.
TOLERANCES = {torch.float64: 1e-12, torch.float32: 1e-5}
_ROUGH = 2e-2
_BATCH = 2


def dense(network: Network | nn.Module, input_shape: Shape | None = None) -> DenseNetwork:
    """Return a trained classifier as a fully convolutional network, for images of any size.

    The trunk, up to the last map, stays the network's own code; the head becomes modules that slide over the map: a fully
    connected layer on a flattened map a convolution as large as the map, on features one of 1×1, global pooling a window as
    large as the map. Where the head does something else with its features, the network's own calls are run for the features
    of each position. The original is copied and never entered.

    At the network's own size the scores must be the same (1e-5 of the largest, in float64 1e-12), on standard-normal
    images, each asked by itself; and, where neither padding nor anything global is on the way, those of two crops of a
    larger image too.

    Args:
        network: A classifier with one input and one row of outputs.
        input_shape: Its own input, (channels, height, width), without the batch; a `Network` knows it.

    Returns:
        The dense network, in eval mode. Its `conversion` tells how exact it is.

    Raises:
        InputError: The head cannot be made dense, for the reason given; nothing is ever converted wrongly.
        ShapeError: The network does not take that input.

    When it misleads:
        Padding: a crop has zeros around it where the map of the large image goes on, so that positions differ from the
        answers on crops; the more so the deeper the network. `deviation` measures it; `crop_maps` is exact. Gates over the
        whole map (squeeze-and-excitation), coordinates and circular padding see the large image instead of the crop
        (`Conversion.global_at`); numbers that a padded network makes by itself and multiplies with its places show in
        `deviation` alone. Objects must have the size the network learned:
        for mere recognition the image scaled down to the network's input is the better question.

    Source:
        Long, Shelhamer and Darrell, "Fully Convolutional Networks for Semantic Segmentation", CVPR 2015, section 3.1;
        Sermanet et al., "OverFeat", ICLR 2014, section 3.5. Differs: any head, found in the trace; no padding is added before
        the head's convolutions, so that positions are whole windows.

    Example:
        >>> net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 3 * 3, 2))
        >>> wide = dense(net, (1, 8, 8))
        >>> image = torch.randn(1, 1, 12, 20)
        >>> wide.maps(image).shape, wide.stride_px, wide.crop((1, 2))
        (torch.Size([1, 2, 3, 7]), (2, 2), ((2, 10), (4, 12)))
        >>> torch.allclose(wide.maps(image)[:, :, 1, 2], net(image[:, :, 2:10, 4:12]), atol=1e-6)
        True
    """
    module = unwrapped(network.module if isinstance(network, Network) else network)
    shape = _shape(network, input_shape)
    recording = trace(module, (_BATCH, *shape))
    _check_recording(recording)
    graph = recording.graph
    found = cut(graph)
    head = HeadReader(module, recording, found).read()
    used = {param.key for op in found.head for param in op.params} if not head.rest else set[str]()
    kept = {param.key for op in graph if op not in found.head for param in op.params}
    copied = twin(module, without=frozenset(used - kept)).eval()
    conversion = Conversion(
        trunk=found.trunk,
        head=head.steps,
        input_shape=shape,
        window=found.shape[1:],
        native_deviation=0.0,
        outputs=max(graph.output.shape[1:], default=1),
        **places(graph, found, shape),  # type: ignore[arg-type]
    )
    made = DenseNetwork(copied, Trunk(found.trunk, found.order), head, recording, conversion).eval()
    _check_growth(made)
    deviation = _checked(made, module)
    made.conversion = _replaced(conversion, deviation)
    return made


def _shape(network: Network | nn.Module, given: Shape | None) -> Shape:
    shape = given if given is not None else network.input_shape if isinstance(network, Network) else None
    if shape is None:
        raise InputError(
            "a module's input must be stated to make it dense", got=None, hint="Give input_shape=(3, 224, 224)."
        )
    shape = tuple(shape)
    if len(shape) not in {2, 3, 4} or any(side < 1 for side in shape):
        raise InputError(
            "an input shape must be channels and one to three axes", got=shape, hint="Leave the batch out."
        )
    return shape


def _check_recording(recording: Recording) -> None:
    reason = recording.program.reason
    if recording.is_data_dependent or reason:
        raise InputError(
            "a network must make the same calls for all images to be made dense",
            got=Quoted(reason or "calls that depend on data"),
        )
    if recording.program.batch is not None:
        raise InputError(
            "a network must make the same calls for any number of images to be made dense", got=Quoted("other calls")
        )
    if recording.skipped_hooks:
        raise InputError(
            "a network must have no hooks to be made dense",
            got=Quoted(", ".join(recording.skipped_hooks)),
            hint="Remove them first: what they do cannot be recorded.",
        )


def _check_growth(made: DenseNetwork) -> None:
    """Check that one stride more of pixels gives one position more, on every axis."""
    sides = made.conversion.input_shape[1:]
    larger = tuple(side + step for side, step in zip(sides, made.stride_px, strict=True))
    for size, count in ((sides, 1), (larger, 2)):
        try:
            found = made.positions(size)
        except InputError as cause:
            raise InputError(
                "a network must run at other sizes up to its last map to be made dense",
                got=Quoted(f"at {times(size)} pixels: {cause.rule}"),
                where=cause.where or made.conversion.trunk,
                hint="Somewhere a size is written into the network; crops can still be answered for.",
            ) from cause
        if set(found) != {count}:
            raise InputError(
                f"the last map must have one position more for {times(made.stride_px)} pixels more",
                got=Quoted(f"{times(found)} positions at {times(size)} pixels"),
                where=made.conversion.trunk,
                hint="Somewhere a size is written into the network.",
            )


def _checked(made: DenseNetwork, module: nn.Module) -> float:
    """Return the deviation at the network's own size; refuse a network whose scores are not the same."""
    channels, *sides = made.conversion.input_shape
    first = next((p for p in module.parameters() if p.is_floating_point()), None)
    dtype = torch.float32 if first is None else first.dtype
    device = torch.device("cpu") if first is None else first.device
    generator = torch.Generator().manual_seed(0)
    larger = [side + step for side, step in zip(sides, made.stride_px, strict=True)]
    image = torch.randn(1, channels, *larger, generator=generator).to(device, dtype)
    with torch.no_grad(), eval_mode(module), kept_randomness():
        own = torch.cat([_shown(image, box, sides) for box in _corners(made)])
        # One by one: a network that compares images with each other has no answer for a crop.
        expected = torch.cat([_alone(module, one[None]) for one in own])
        native = largest_deviation(made.maps(own).flatten(1), expected)
        _check_deviation(native, dtype, "the network's own size")
        if made.conversion.is_exact:
            found = torch.stack([at(made.maps(image)[0], p) for p in _positions(made)])
            _check_deviation(largest_deviation(found, expected), dtype, "crops of a larger image")
    return native


def _alone(module: nn.Module, image: Tensor) -> Tensor:
    """Return the scores (1, outputs) of one image by itself."""
    try:
        answer = module(image)
    except Exception as cause:
        raise InputError(
            "a network must answer for one image by itself to be made dense",
            got=Quoted(f"{type(cause).__name__}: {str(cause).splitlines()[0] if str(cause) else ''}"),
            hint="Normalisation needs running statistics.",
        ) from cause
    if isinstance(answer, Tensor) and answer.ndim == 1 and len(answer) > 1:
        return answer[None]  # a squeeze that takes the batch of one, too
    return scores(answer, image)


def _check_deviation(deviation: float, dtype: torch.dtype, where: str) -> None:
    tolerance = TOLERANCES.get(dtype, _ROUGH)
    if not deviation <= tolerance:
        raise InputError(
            f"the dense network must give the same scores, to {tolerance:g} of the largest",
            got=Quoted(f"{deviation:.2g}"),
            where=where,
            hint="Its answer for an image may depend on the images beside it, on chance, or on something that no table shows.",
        )


def _positions(made: DenseNetwork) -> list[tuple[int, ...]]:
    rank = len(made.stride_px)
    return [(0,) * rank, (1,) * rank]


def _corners(made: DenseNetwork) -> list[tuple[tuple[int, int], ...]]:
    return [made.crop(position) for position in _positions(made)]


def _shown(image: Tensor, box: tuple[tuple[int, int], ...], sides: list[int]) -> Tensor:
    for axis, ((first, _), side) in enumerate(zip(box, sides, strict=True), start=2):
        image = image.narrow(axis, first, side)
    return image.contiguous()


def _replaced(conversion: Conversion, deviation: float) -> Conversion:
    from dataclasses import replace

    return replace(conversion, native_deviation=deviation)
