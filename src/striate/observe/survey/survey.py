"""`survey`: one pass over a data set, every unit of every layer at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from striate.data import Dataset
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events
from striate.nets import Network
from striate.observe.survey.folder import is_survey, known_format, read_survey, remove_state, write_survey
from striate.observe.survey.passing import Pass
from striate.observe.survey.planning import faster_format, planned
from striate.observe.survey.running import FORMATS
from striate.records.unit_survey import Survey
from striate.trace import Recording, trace


def survey(  # noqa: PLR0913 - what is looked at, how much is kept, and where
    network: Network,
    dataset: Dataset,
    indices: Sequence[int] | None = None,
    *,
    layers: Sequence[str] | None = None,
    folder: Path | str | None = None,
    k: int = 9,
    counted: int = 50,
    has_statistics: bool = True,
    lanes: int | None = None,
    memory_format: str | None = None,
    recording: Recording | None = None,
    events: Events = SILENT,
) -> Survey:
    """Return what every unit of every layer answers to, from one pass over the data.

    For each unit: the images it answers to most strongly, one place an image, with exactly the pixels it reads there; how often
    it is on, and its quantiles; its mean for each class and how much classes explain of it. For each layer: how alike
    neighbouring positions are, and in how many directions its channels vary. For each image: the answer, and the means of the
    layer before the last as features.

    Every image is read once. Memory does not grow with their number, but for the answer of each (12 bytes) and, without a folder,
    its features. Results are the same to the last bit however many lanes there are and however often it was killed.

    Args:
        network: The network; it is never entered, a copy runs.
        dataset: Where the images are.
        indices: Which of them, none twice; None takes all.
        layers: Names of layers; None takes those that learned or rectify.
        folder: Where it is kept while it goes on, and in the end: the same call goes on there after a kill.
        k: Strongest images shown, a unit.
        counted: Strongest images whose classes and features are looked at, a unit; at least k.
        has_statistics: False keeps the strongest images alone, which costs least.
        lanes: Threads, a block of four images each at a time; None takes as many as there are processors, on an accelerator one.
        memory_format: "plain" or "channels-last"; None takes the faster of the two here, or what the folder began with. The other
            one gives other last digits.
        recording: The network's trace for eval mode, if there is one.
        events: Hears "surveying" by the image; may cancel between blocks. What was kept stays in the folder.

    Returns:
        The record; `write_survey` keeps one that had no folder.

    Raises:
        InputError: No images, an image twice; a network that answers otherwise the second time (active dropout); a folder with
            another network's survey, or of other data or settings.
        UnknownNameError: A layer the network has not.
        DataError: Indices outside the data set.
        StorageError: The disk refused; what was kept before is whole.
        Cancelled: The watcher asked to stop.

    When it misleads:
        The strongest images are the far end of what a unit answers to; most of its work is done on weaker ones. The box is what
        it *could* read. Figures of values at positions (active share, quantiles, neighbours, ranks) rest on four positions of
        each map: of few images they are uncertain, `LayerStatistics.positions` times the images is how many there are. A unit
        that is dead on these images may fire on others. Classes explain little of a unit that answers to a part which many
        classes have.

    Source:
        Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, figure 2 (strongest images).
        Morcos et al., "On the importance of single directions for generalization", ICLR 2018 (selectivity). Vinje and Gallant,
        Science 2000 (sparseness). Differs: patches are the pixels themselves; η² beside selectivity, which needs values that are
        never negative; second moments of at most 256 channels.

    Cost:
        One forward pass, and a reading or two of every value. Measured beside a plain pass by `benchmarks/survey.py`.

    Example:
        >>> from striate.blueprint import Blueprint
        >>> from striate.data import load_data
        >>> from striate.nets import load_network
        >>> net = load_network(Blueprint.from_text("input 1x28x28; conv 5x5 8, relu; maxpool 4; fc 16, relu; classes 10"))
        >>> found = survey(net, load_data("digits"), range(0, 5000, 100), k=3)
        >>> [(one.layer, one.units, one.boxes.shape) for one in found.layers][0]
        ('conv1', 8, (8, 3, 2, 2))
    """
    chosen = tuple(range(len(dataset))) if indices is None else tuple(int(index) for index in indices)
    if not chosen:
        raise InputError("a survey must have at least one image", got=Quoted("none"))
    if len(set(chosen)) != len(chosen):
        raise InputError("a survey must see every image once", got=Quoted("an image twice"))
    dataset.check_indices(chosen)
    if memory_format not in {None, *FORMATS}:
        raise InputError(f"memory_format must be one of {', '.join(FORMATS)}", got=memory_format)
    place = None if folder is None else Path(folder)
    found = recording if recording is not None else trace(network.module, (1, *network.input_shape))
    layout = memory_format or (place and known_format(place)) or faster_format(network, found)
    plan = planned(
        network,
        found,
        dataset,
        chosen,
        layers,
        k=k,
        counted=counted,
        has_statistics=has_statistics,
        memory_format=layout,
    )
    if place is not None and is_survey(place):
        return read_survey(place, settings=plan.settings)
    going = Pass(network, dataset, chosen, found, plan, place, events)
    going.run(_lanes(network, lanes))
    record = going.record()
    if place is not None:
        write_survey(record, place)
        remove_state(place)
    return record


def _lanes(network: Network, asked: int | None) -> int:
    from joblib import cpu_count

    if asked is not None and asked < 1:
        raise InputError("lanes must be at least 1", got=asked)
    on_processor = all(part.device.type == "cpu" for part in network.module.parameters())
    return asked or (int(cpu_count()) if on_processor else 1)
