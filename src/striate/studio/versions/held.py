"""Versions of a network, opened when they are first asked for, and bounded in bytes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

from torch import nn

from striate.blueprint import Blueprint
from striate.data import Dataset
from striate.errors import Quoted, UnknownNameError, unknown_name
from striate.events import SILENT
from striate.nets import Network, Origin, build, load_network, load_weights, read_weights
from striate.nets.weights import weights_key
from striate.records.output import Preprocessing
from striate.studio.looks.look import Given, Look, Looks
from striate.studio.subject import Subject, subject_of
from striate.studio.trainings.folders import trainings_of
from striate.studio.versions.matching import matched
from striate.studio.versions.version import Version, beside, versions_of
from striate.trace.copying import copied
from striate.train.begun import preprocessing_for
from striate.train.checkpoint import load_checkpoint
from striate.train.training import SPLIT

# Of the weights of all versions that are open; the last one stays however large it is.
MOST_BYTES = 1024 * 2**20
MOST_OPEN = 64


class Versions:
    """The versions that can stand beside a subject.

    Args:
        subject: What is watched.
        most_bytes: Of the weights of open versions, all together.
    """

    def __init__(self, subject: Subject, *, most_bytes: int = MOST_BYTES) -> None:
        self._subject, self._most_bytes = subject, most_bytes
        self._open: OrderedDict[tuple[str, int, int], Subject] = OrderedDict()
        self._measured: dict[str, Preprocessing] = {}
        self._turn = RLock()

    def all(self) -> list[Version]:
        """Return every version that is known now: a training under way adds to them."""
        folder = self._subject.folder
        found = [] if folder is None else versions_of(folder, is_opened=True)
        for run in trainings_of(self._subject):
            if run != folder:
                found += versions_of(run, is_opened=False)
        return found + beside(self._subject.beside)

    def of(self, name: str) -> Version:
        """Return the version of that name.

        Raises:
            UnknownNameError: There is none, or no more.
        """
        known = {version.name: version for version in self.all()}
        if name not in known:
            raise unknown_name("version", name, list(known))
        return known[name]

    def subject(self, name: str) -> Subject:
        """Return a version as the subject of looks.

        Raises:
            UnknownNameError: There is none of that name, or its file is gone.
            InputError: A network that cannot be read, or that cannot be watched.
        """
        version = self.of(name)
        with self._turn:
            key = _identity(version)
            if key not in self._open:
                self._open[key] = self._opened(version)
            self._open.move_to_end(key)
            while len(self._open) > 1 and (len(self._open) > MOST_OPEN or self._bytes() > self._most_bytes):
                self._open.popitem(last=False)
            return self._open[key]

    def look(self, key: str, given: Given) -> Look:
        """Return the look of a version at an input that was given to it before.

        Raises:
            UnknownNameError: Its weights are others by now.
        """
        other = self.subject(given.version)
        if other.key != given.version_key:
            raise UnknownNameError(
                "a version must be as it was looked at",
                got=Quoted("other weights"),
                where=given.version,
                hint="Look at the input in it again.",
            )
        return matched(self._subject, other, key, given)

    def beside(self, looks: Looks, key: str, name: str) -> tuple[Look, Subject]:
        """Return the look of a version at the input of another look, and the version.

        Raises:
            UnknownNameError: No such look, or no such version.
            InputError: A look with changes, or a difference; a version that reads something else.
        """
        # Outside the looks' own turn: opening a network may take seconds.
        other = self.subject(name)
        return looks.elsewhere(key, version=name, version_key=other.key), other

    def _bytes(self) -> int:
        tensors = [
            tensor
            for subject in self._open.values()
            for tensor in (*subject.network.module.parameters(), *subject.network.module.buffers())
        ]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def _opened(self, version: Version) -> Subject:
        watched = self._subject
        if version.weights is None:
            return self._read(version.network, version.name)
        origin = watched.network.origin
        if not version.plan or (origin.kind, origin.text, origin.ending) == ("blueprint", version.plan, None):
            # The same calls: only the weights are others.
            network = replace(watched.network, module=copied(watched.network.module, {}))
            _load(network, version.weights)
            if version.is_anew and version.run != _name_of(watched):
                network = replace(network, preprocessing=self._preprocessing(version))
            return replace(
                watched, network=network, name=version.name, key=weights_key(network.module), beside={}, folder=None
            )
        plan = Blueprint.from_yaml(version.plan, where=version.name)
        network = Network(
            module=build(plan).eval(),
            preprocessing=self._preprocessing(version),
            output=watched.network.output,
            origin=Origin(kind="blueprint", text=version.plan),
        )
        _load(network, version.weights)
        return subject_of(network, watched.dataset, name=version.name, shares_classes=watched.shares_classes)

    def _read(self, reference: Any, name: str) -> Subject:  # noqa: ANN401 - whatever `load_network` takes
        found, ours = load_network(reference), self._subject.network
        if isinstance(reference, nn.Module):
            # A module alone says nothing of what it reads: that is what the watched network reads.
            found = replace(found, preprocessing=ours.preprocessing)
        opened = subject_of(found, None, name=name)
        theirs = opened.network.output
        if (theirs.kind, theirs.count) == (ours.output.kind, ours.output.count) and theirs.is_called(ours.output.names):
            opened = replace(opened, network=replace(opened.network, output=ours.output))
        return opened

    def _preprocessing(self, version: Version) -> Preprocessing:
        """Return how samples enter the network of another training: as it ends with, or measured as it does itself."""
        run = Path(str(version.weights)).parents[1]
        if (run / "network" / "network.json").is_file():
            return Network.read(run / "network").preprocessing
        dataset = self._subject.dataset
        if dataset is None:
            return self._subject.network.preprocessing
        if version.plan not in self._measured:
            self._measured[version.plan] = _measured(version, dataset)
        return self._measured[version.plan]


def _measured(version: Version, dataset: Dataset) -> Preprocessing:
    split = dataset.split(seed=0, validation=SPLIT["validation"], test=SPLIT["test"])
    plan = Blueprint.from_yaml(version.plan, where=version.name)
    return preprocessing_for(plan, dataset, split.train, SILENT)


def _load(network: Network, path: Path) -> None:
    if path.parent.name == "checkpoint":
        load_checkpoint(path, network.module)
    else:
        load_weights(network.module, read_weights(path), where=str(path))


def _name_of(subject: Subject) -> str:
    return "" if subject.folder is None else subject.folder.name


def _identity(version: Version) -> tuple[str, int, int]:
    """Return a name with what tells that its file was written anew."""
    path = version.weights or _file_of(version.network)
    try:
        status = None if path is None else path.stat()
    except OSError as error:
        raise UnknownNameError(
            "a version's weights must be there", got=Quoted("a file that is gone"), where=version.name
        ) from error
    return (version.name, 0, 0) if status is None else (version.name, status.st_mtime_ns, status.st_size)


def _file_of(reference: Any) -> Path | None:  # noqa: ANN401 - whatever `load_network` takes
    """Return the file that is written anew with a network; None for one that lies in no file of ours: a module, a public name."""
    if not isinstance(reference, str | Path) or (isinstance(reference, str) and ":" in reference):
        return None
    place = Path(reference)
    if place.is_file():
        return place
    own = place / "network.json"
    return own if own.is_file() else place / "network" / "network.json"
