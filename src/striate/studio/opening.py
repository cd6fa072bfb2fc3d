"""From what was named to what is watched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from striate.data import Dataset, ReadAs, load_data, prepare
from striate.errors import InputError
from striate.events import SILENT, Events
from striate.nets import Network, load_network
from striate.studio.subject import Subject, subject_of


def subject_from(
    network: Any,  # noqa: ANN401 - all that the loaders take
    data: Any = None,  # noqa: ANN401
    *,
    beside: Mapping[str, Any] | None = None,
    events: Events = SILENT,
) -> Subject:
    """Return the subject of a network and data, however they are named.

    The data need not be what the network answers: photographs of one's own beside a network of ImageNet's classes are shown with
    their own classes in words, and none of them counts as right.

    Args:
        network: Whatever `load_network` takes.
        data: A `Dataset`, whatever `load_data` takes, or None.
        beside: Other networks by name, as `load_network` takes them; opened when they are first asked for.
        events: Hears of the data being read.

    Raises:
        InputError: The network cannot read the data; a network that cannot be replayed; one beside it that is not there.
    """
    named = _named(beside or {})
    found = load_network(network)
    if data is None:
        return replace(subject_of(found, None, name=_name(network)), folder=_folder(network), beside=named)
    read_as = ReadAs(axes=found.preprocessing.stored_axes)
    dataset = data if isinstance(data, Dataset) else load_data(data, read_as=read_as, events=events)
    # A pair that cannot go together says so now, and not at the first sample.
    prepare(dataset.read(0), found.preprocessing, sample_rate_hz=dataset.samples[0].sample_rate_hz)
    shares = _shares_outputs(found, dataset)
    if shares:
        found = replace(found, output=dataset.output)
    subject = subject_of(found, dataset, name=_name(network), shares_classes=shares)
    return replace(subject, folder=_folder(network), beside=named)


def demo_subject(folder: Path, *, beside: Mapping[str, Any] | None = None, events: Events = SILENT) -> Subject:
    """Return the demo's network and the digits; it is trained in the folder first, unless it is there.

    Args:
        folder: The run folder of `striate demo`.
        beside: As for `subject_from`.
        events: Hears of the training.
    """
    # Training is half a second of imports.
    from striate.report.demo import train_demo

    # Nobody should wait for a training to hear of it.
    named = _named(beside or {})
    return subject_from(folder, train_demo(folder, events=events), beside=named, events=events)


def _shares_outputs(network: Network, dataset: Dataset) -> bool:
    """Return whether the data's outputs are the network's; merely counted ones may be called as the data call them."""
    theirs, ours = network.output, dataset.output
    # Only a blueprint says of which kind its outputs are; a module's are taken for classes.
    is_kind = theirs.kind == ours.kind or network.origin.kind != "blueprint"
    return is_kind and theirs.count == ours.count and theirs.is_called(ours.names)


def _named(beside: Mapping[str, Any]) -> dict[str, Any]:
    """Return networks by name; one that is plainly not there is refused before anything is opened."""
    for name, network in beside.items():
        if isinstance(network, str) and ":" not in network and not Path(network).exists():
            raise InputError("a network beside another must be there", got=network, where=name)
    return dict(beside)


def _folder(network: object) -> Path | None:
    return Path(network) if isinstance(network, str | Path) and Path(network).is_dir() else None


def _name(network: object) -> str:
    return str(network) if isinstance(network, str | Path) else ""
