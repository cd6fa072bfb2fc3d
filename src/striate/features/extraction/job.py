"""What another process needs to know to compute the same rows: plain values and references."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from striate.data import Dataset, Listing, load_data
from striate.data.load import BUILT_IN, PLAIN, absolute_reference
from striate.data.read_as import ReadAs
from striate.data.reading import Entry
from striate.errors import InputError, Quoted, RunError
from striate.features.extraction.lane import Lane
from striate.nets import Network, load_network
from striate.nets.weights import weights_key
from striate.records import Output
from striate.records.vectors import VectorSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An extraction as another process can do it.

    Attributes:
        network: Reference of the network.
        spec: What is kept.
        truth: What the entries' targets mean.
        data: Reference of data that are read as a data set; empty for files.
        read_as: How they are read.
        data_key: Their fingerprint.
        lanes: Threads of each process.
    """

    network: str
    spec: VectorSpec
    truth: Output | None
    data: str = ""
    read_as: ReadAs = PLAIN
    data_key: str = ""
    lanes: int = 1

    def lane(self) -> Lane:
        """Return a lane of this process.

        Raises:
            RunError: The references name another network or other data here than where the job was made.
        """
        network = load_network(self.network)
        _same("network", self.network, weights_key(network.module), self.spec.weights_key)
        dataset = load_data(self.data, read_as=self.read_as) if self.data else None
        if dataset is not None:
            _same("data set", self.data, dataset.fingerprint, self.data_key)
        return Lane(network, self.spec, self.truth, dataset=dataset)


def _same(what: str, reference: str, found: str, wanted: str) -> None:
    if found != wanted:
        raise RunError(
            f"a {what} must be the same for every worker",
            got=f"{found[:16]} instead of {wanted[:16]}",
            where=reference,
            hint="Give a saved network or data that nobody changes meanwhile, at the same path for all workers.",
        )


def check_references(network: Network | str | Path, data: str | Path | Dataset) -> None:
    """Refuse what exists in this process only.

    Raises:
        InputError: Such a network, or such data.
    """
    if isinstance(network, Network):
        raise InputError(
            "a network must be given by its reference to be worked on by other processes",
            got=Quoted("a network of this session"),
            hint='Save it, network.save("folder"), and give the folder.',
        )
    if isinstance(data, Dataset) and data.reference not in BUILT_IN and not Path(data.reference).exists():
        raise InputError(
            "data must have a reference to be read by other processes",
            got=Quoted(f"a data set of this session, {data.reference!r}"),
            hint="Write them into files, and give the folder or the manifest.",
        )


def job_of(network: Network | str | Path, listing: Listing, spec: VectorSpec, *, lanes: int) -> Job:
    """Return the job of an extraction whose network and data are references, see `check_references`."""
    held = listing.dataset
    return Job(
        network=absolute_reference(str(network)),
        spec=spec,
        truth=listing.output,
        data=absolute_reference(held.reference) if held else "",
        read_as=held.read_as if held else PLAIN,
        data_key=held.fingerprint if held else "",
        lanes=lanes,
    )


def absolute_entries(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Return entries whose files are found from another working directory; what is no file stays."""
    return tuple(entry if entry.path == Path() else replace(entry, path=entry.path.absolute()) for entry in entries)
