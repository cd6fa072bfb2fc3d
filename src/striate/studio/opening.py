"""From what was named to what is watched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from striate.data import Dataset, ReadAs, load_data, prepare
from striate.errors import InputError, Quoted
from striate.events import SILENT, Events
from striate.nets import Network, load_network
from striate.studio.named import check_beside
from striate.studio.paper.elsewhere import check_folders
from striate.studio.subject import Subject, subject_of


def subject_from(
    network: Any,  # noqa: ANN401 - all that the loaders take
    data: Any = None,  # noqa: ANN401
    *,
    beside: Mapping[str, Any] | None = None,
    pages: Sequence[str | Path] = (),
    events: Events = SILENT,
) -> Subject:
    """Return the subject of a network and data, however they are named.

    The data need not be what the network answers: photographs of one's own beside a network of ImageNet's classes are shown with
    their own classes in words, and none of them counts as right.

    Args:
        network: Whatever `load_network` takes.
        data: A `Dataset`, whatever `load_data` takes, or None.
        beside: Other networks by name, as `load_network` takes them; opened when they are first asked for.
        pages: Folders whose pages (of studies, searches, reports) are listed beside the run's own.
        events: Hears of the data being read.

    Raises:
        InputError: The network cannot read the data; a network that cannot be replayed; one beside it that is not there;
            a folder of pages that is not there; a study's or a search's folder in place of a network.
    """
    named, folders = check_beside(beside or {}), check_folders(pages)
    _refuse_pages(network)
    found = load_network(network)
    if data is None:
        subject = subject_of(found, None, name=_name(network))
        return replace(subject, folder=_folder(network), beside=named, pages=folders)
    read_as = ReadAs(axes=found.preprocessing.stored_axes)
    dataset = data if isinstance(data, Dataset) else load_data(data, read_as=read_as, events=events)
    # A pair that cannot go together says so now, and not at the first sample.
    prepare(dataset.read(0), found.preprocessing, sample_rate_hz=dataset.samples[0].sample_rate_hz)
    shares = _shares_outputs(found, dataset)
    if shares:
        found = replace(found, output=dataset.output)
    subject = subject_of(found, dataset, name=_name(network), shares_classes=shares)
    return replace(subject, folder=_folder(network), beside=named, pages=folders)


def demo_subject(
    folder: Path,
    *,
    beside: Mapping[str, Any] | None = None,
    pages: Sequence[str | Path] = (),
    events: Events = SILENT,
) -> Subject:
    """Return the demo's network and the digits; it is trained in the folder first, unless it is there.

    Args:
        folder: The run folder of `striate demo`.
        beside: As for `subject_from`.
        pages: As for `subject_from`.
        events: Hears of the training.
    """
    # Training is half a second of imports.
    from striate.report.demo import train_demo

    # Nobody should wait for a training to hear of it.
    named, folders = check_beside(beside or {}), check_folders(pages)
    return subject_from(folder, train_demo(folder, events=events), beside=named, pages=folders, events=events)


def _shares_outputs(network: Network, dataset: Dataset) -> bool:
    """Return whether the data's outputs are the network's; merely counted ones may be called as the data call them."""
    theirs, ours = network.output, dataset.output
    # Only a blueprint says of which kind its outputs are; a module's are taken for classes.
    is_kind = theirs.kind == ours.kind or network.origin.kind != "blueprint"
    return is_kind and theirs.count == ours.count and theirs.is_called(ours.names)


def _refuse_pages(network: object) -> None:
    """Refuse the folder of a study or a search, which holds many networks and a page about them."""
    folder = _folder(network)
    # A search has a run.json as well, and no network of its own.
    if folder is None or (folder / "network.json").is_file() or (folder / "network").is_dir():
        return
    # Studies and searches bring Optuna and more along, which a network has no need of.
    from striate.study.folder import FILE, TRAININGS
    from striate.study.search.searching import DESIGNS

    for what, file in (("study", FILE), ("search", DESIGNS)):
        if (folder / file).is_file():
            raise InputError(
                "a studio must be opened on a network",
                got=Quoted(f"the folder of a {what}"),
                where=str(folder),
                hint=f"List its page beside a network: striate studio NET --pages {folder}; its networks are in "
                f"{folder / TRAININGS}, each in a folder run.",
            )


def _folder(network: object) -> Path | None:
    return Path(network) if isinstance(network, str | Path) and Path(network).is_dir() else None


def _name(network: object) -> str:
    return str(network) if isinstance(network, str | Path) else ""
