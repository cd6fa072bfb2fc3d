"""Self-supervised: the trunk first learns which way up the images are."""

from __future__ import annotations

import copy
import tempfile
from dataclasses import replace

import torch
from torch import Tensor, nn

from striate.data import Dataset, load_data
from striate.errors import InputError, ShapeError
from striate.graph import times
from striate.nets import Network, Origin
from striate.nets.beginnings import Beginning, Ground, register
from striate.nets.beginnings.weighted import PLAIN, TRANSPOSED, begin_he, weighted
from striate.numbers import percent
from striate.records.output import Output, Preprocessing
from striate.records.training import Recipe
from striate.train.training import SPLIT, train

STEPS = 200
BATCH = 50
TURNS = ("0", "90", "180", "270")


@register
class Rotation(Beginning):
    """The network first learns to tell by how much training images are turned (0, 90, 180, 270°); its convolutions begin there.

    Labels are not looked at. The last fully connected layer is exchanged for one with four outputs, the whole is trained for 200
    steps of 50 images (`rotation:STEPS` for more or fewer, in whole passes: never more than asked), and the convolutions with
    their biases and the normalisation are kept. Fully connected layers begin as He.

    When it misleads:
        Images without an upright (cells, textures) teach nothing. Turns may be told by how pictures were cropped or centred, not
        by what they show. The steps cost what as many steps of training cost.

    Source:
        Gidaris, Singh and Komodakis, "Unsupervised Representation Learning by Predicting Image Rotations", ICLR 2018. Differs:
        a few hundred steps instead of days.
    """

    name = "rotation"
    arguments = tuple(str(steps) for steps in (50, 100, 200, 500, 1000, 2000, 5000))
    needs_images = True
    most_images = 2500

    def begin(self, ground: Ground) -> tuple[str, ...]:
        """Train the trunk on turned images, and take its convolutions over."""
        steps = int(ground.argument or STEPS)
        module = ground.module
        begin_he(module, ground.generator)
        images, turns = turned(as_pictures(ground.pictures()))
        count = images_for(steps, len(images))
        data = _in_groups(load_data((images[:count].numpy(), turns[:count].numpy())))
        learner = _with_four_outputs(module, ground)
        network = Network(
            module=learner,
            preprocessing=Preprocessing(
                shape=tuple(images.shape[1:]), mean=(0.5,) * images.shape[1], std=(0.25,) * images.shape[1]
            ),
            output=Output(kind="classes", names=data.output.names),
            origin=Origin(kind="module", text="rotation"),
        )
        learned = data.split(seed=0, validation=SPLIT["validation"], test=SPLIT["test"]).train
        recipe = Recipe(epochs=passes(steps, len(learned)), batch=BATCH, seed=ground.seed)
        with tempfile.TemporaryDirectory(prefix="striate-rotation-") as folder:
            made = train(network, data, recipe, folder, events=ground.events)
        _take_over(module, made.network.module)
        receipt = made.network.receipt
        told = (
            f"Convolutions from {receipt['steps']} steps on {len(data) // len(TURNS)} images in four turns; "
            f"{percent(made.curve.kept.score)} of held-out turns told right at the end, chance 25 %."
        )
        return (told,)


def turned(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Return each picture (n, c, h, h) turned by 0, 90, 180 and 270° against the clock, (4 n, c, h, h), and the turn (4 n,).

    Raises:
        ShapeError: Pictures that are not square.
    """
    if pictures.ndim != 4 or pictures.shape[-1] != pictures.shape[-2]:
        raise ShapeError("pictures must be square to be turned", got=times(tuple(pictures.shape[1:])))
    made = torch.stack([torch.rot90(pictures, turn, (-2, -1)) for turn in range(len(TURNS))], dim=1)
    turns = torch.arange(len(TURNS)).repeat(len(pictures))
    return made.flatten(0, 1), turns


def _in_groups(data: Dataset) -> Dataset:
    """Return data in which the four turns of an image are never divided between training and validation."""
    samples = (replace(sample, group=str(place // len(TURNS))) for place, sample in enumerate(data.samples))
    return replace(data, samples=tuple(samples))


def as_pictures(images: Tensor) -> Tensor:
    """Return prepared images as uint8, each channel's range over all images stretched to 0 … 255."""
    if images.ndim != 4:
        raise ShapeError("rotation must be given pictures, (n, c, h, w)", got=times(tuple(images.shape)))
    low, high = images.amin((0, 2, 3), keepdim=True), images.amax((0, 2, 3), keepdim=True)
    return ((images - low) / (high - low).clamp(min=1e-12) * 255).round().to(torch.uint8)


def images_for(steps: int, images: int) -> int:
    """Return how many turned images to use, so that whole passes over their training part come to nearly so many steps.

    As many as there are, if passes over them come to at least nine tenths of the steps; fewer otherwise.

    Example:
        >>> images_for(200, 10_000)   # 5,000 of 7,144 are learned from: two passes of 100 steps
        7144
    """
    share = 1 - SPLIT["validation"] - SPLIT["test"]
    for a_pass in range(max(1, int(images * share) // BATCH), 0, -1):
        if a_pass <= steps and steps // a_pass * a_pass >= 0.9 * steps:
            return min(images, -(-int(a_pass * BATCH / share) // len(TURNS)) * len(TURNS))
    return images


def passes(steps: int, learned: int) -> int:
    """Return how many passes over so many training images stay within the steps; at least one."""
    whole, rest = divmod(learned, BATCH)
    return max(1, steps // (whole + (rest > 1 or not whole)))


def _with_four_outputs(module: nn.Module, ground: Ground) -> nn.Module:
    learner = copy.deepcopy(module)
    heads = [(name, layer) for name, layer in learner.named_modules() if isinstance(layer, nn.Linear)]
    if not heads or not any(isinstance(layer, PLAIN[:3]) for layer in weighted(learner).values()):
        raise InputError(
            "rotation must have convolutions, and a fully connected layer at the end",
            got="none",
            hint="Take he, orthogonal or lsuv for such a network.",
        )
    path, last = heads[-1]
    parent, _, name = path.rpartition(".")
    # The constructor draws from the global random state.
    with torch.random.fork_rng(devices=()):
        head = nn.Linear(last.in_features, len(TURNS), bias=last.bias is not None)
    with torch.no_grad():
        head.weight.copy_(torch.empty(head.weight.shape).normal_(0.0, 0.01, generator=ground.generator))
        if last.bias is not None:
            head.bias.zero_()
    setattr(learner.get_submodule(parent), name, head)
    return learner


def _take_over(module: nn.Module, learned: nn.Module) -> None:
    """Copy convolutions and normalisation; fully connected layers keep what they have."""
    found = dict(learned.named_modules())
    for name, part in module.named_modules():
        is_fully_connected = isinstance(part, nn.Linear)
        is_kept = isinstance(part, (*PLAIN, *TRANSPOSED)) or not list(part.children())
        if is_kept and not is_fully_connected and name in found:
            part.load_state_dict(found[name].state_dict())
