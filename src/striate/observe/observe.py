"""`observe`: the only pass over the data. Everybody who wants to look looks at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from striate.analyse import layers
from striate.data import Batch, Dataset, batches
from striate.data.halving import Halving
from striate.errors import InputError, Quoted, unknown_name
from striate.events import SILENT, Events, Task
from striate.graph import Graph, times
from striate.nets import Network
from striate.observe.collector import Collector, Seen
from striate.observe.units import unit_axes
from striate.trace import Recording, tap, trace
from striate.trace.state import eval_mode, kept_randomness

# Values of one batch that may be alive at once: small beside any machine's memory, and the caches
# are long full.
TAP_BYTES = 128 * 2**20
MOST_IMAGES = 256


def observe(
    network: Network,
    dataset: Dataset,
    indices: Sequence[int],
    collectors: Sequence[Collector],
    *,
    batch_size: int | None = None,
    events: Events = SILENT,
    recording: Recording | None = None,
) -> dict[str, object]:
    """Return what each collector saw while the images went through the network once.

    The network is left as it came, also after an exception: the mode of every submodule, hooks,
    gradients, buffers and random states. Gradients are off.

    Args:
        network: The network, on any device.
        dataset: Where the images are.
        indices: Which of them, in which order; none twice.
        collectors: Who looks; at least one, with names of their own.
        batch_size: Images at once; None takes what `fitting_batch` says.
        events: Hears "looking at the data" by the image; may cancel between batches.
        recording: The network's trace for eval mode, if there is one; otherwise it is traced here.

    Returns:
        Each collector's result by its name. (`collector.result()` returns the same with its type.)

    Raises:
        InputError: No images, an image twice, no collectors, or two of one name.
        UnknownNameError: A collector wants a layer or op the network has not.
        DataError: Indices outside the data set.
        Cancelled: The watcher asked to stop.

        RunError: One image at once does not fit into memory.

    Cost:
        One forward pass an image, and each image is decoded once. When memory runs out, half as many images go at once; those of
        the batch that did not fit are passed again.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.data import load_data
        >>> from striate.nets import load_network
        >>> from striate.observe import ActivityCollector, PredictionCollector, observe
        >>> text = "input 1x28x28; conv 5x5 8, relu; maxpool 4; classes 10"
        >>> net = load_network(Blueprint.from_text(text))
        >>> collectors = [PredictionCollector(net), ActivityCollector()]
        >>> seen = observe(net, load_data("digits"), range(20), collectors)
        >>> sorted(seen)
        ['activity', 'predictions']
    """
    chosen = tuple(int(index) for index in indices)
    _check(chosen, collectors, batch_size)
    found = recording if recording is not None else trace(network.module, (1, *network.input_shape))
    readings = layers(found.graph)
    wanted = {name for collector in collectors for name in collector.taps(readings)}
    known = [op.name for op in found.graph]
    for name in wanted:
        if name not in known:
            raise unknown_name("layer or op", name, known)
    names = tuple(name for name in known if name in wanted)
    axes = unit_axes(found.graph)
    size = batch_size or fitting_batch(found.graph, names)
    task = Task("looking at the data", total=len(chosen), unit="image", events=events)
    device = _device(network.module)
    halving = Halving("looking at the data", at_once=size)
    with kept_randomness(), eval_mode(network.module), torch.inference_mode():
        for batch in batches(dataset, chosen, network.preprocessing, batch_size=size):
            for seen in halving.run(partial(_look, network, batch, names, found, axes, device), len(batch)):
                for collector in collectors:
                    collector.update(seen)
                task.advance(len(seen.indices))
        return {collector.name: collector.result() for collector in collectors}


def _look(
    network: Network,
    batch: Batch,
    names: tuple[str, ...],
    recording: Recording,
    axes: Mapping[str, int],
    device: torch.device,
    part: slice,
) -> Seen:
    """Return what there is to see of a part of a batch."""
    images = batch.images[part].to(device)
    ran = tap(network.module, images, names, recording)
    return Seen(
        indices=batch.indices[part],
        images=images,
        targets=batch.targets[part],
        scores=_scores(ran.outputs),
        taps={name: value.movedim(axes[name], 1) for name, value in ran.taps.items()},
    )


def fitting_batch(graph: Graph, names: Sequence[str]) -> int:
    """Return how many images at once: as many as keep the values alive below 128 MiB, 1 … 256.

    Alive are the values of the ops named, which all wait for the end of the batch, and twice the
    largest value of any other op, which is what the pass itself needs.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> graph = Blueprint.from_text("input 3x224x224; conv 3x3 64, relu; classes 10").graph()
        >>> fitting_batch(graph, ["relu1"]), fitting_batch(graph, ["classes"])
        (3, 5)
    """
    tapped = sum(graph[name].bytes for name in names)
    passing = 2 * max((op.bytes for op in graph), default=0)
    an_image = max((tapped + passing) // graph.conditions.batch, 1)
    return max(1, min(TAP_BYTES // an_image, MOST_IMAGES))


def _check(indices: tuple[int, ...], collectors: Sequence[Collector], batch_size: int | None) -> None:
    if not indices:
        raise InputError("a pass over the data must have at least one image", got=Quoted("none"))
    if len(set(indices)) != len(indices):
        twice, _ = Counter(indices).most_common(1)[0]
        raise InputError("a pass over the data must see every image once", got=Quoted(f"image {twice} twice"))
    names = [collector.name for collector in collectors]
    if not names or len(set(names)) != len(names):
        raise InputError("collectors must be given, each with a name of its own", got=names)
    if batch_size is not None and batch_size < 1:
        raise InputError("batch_size must be at least 1", got=batch_size)


def _device(module: nn.Module) -> torch.device:
    first = next(module.parameters(), None)
    return first.device if first is not None else torch.device("cpu")


def _scores(outputs: Any) -> Tensor:  # noqa: ANN401 - a network returns anything
    """Return the first output as (n, k); a fully convolutional head leaves axes of length 1."""
    first = next((leaf for leaf in tree_leaves(outputs) if isinstance(leaf, Tensor)), None)
    if first is None or first.ndim < 2 or first.shape[2:].numel() > 1:
        raise InputError(
            "a network must answer with one row of scores an image",
            got=Quoted("no tensor" if first is None else times(tuple(first.shape))),
            hint="Networks that answer for every pixel cannot be observed yet.",
        )
    return first.flatten(1)
