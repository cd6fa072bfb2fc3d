"""Which part of its data each sample was in when a run trained or adapted its network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from striate.data import ReadAs, load_data
from striate.errors import DataError
from striate.events import SILENT, Events
from striate.runs import Run
from striate.train import read_split
from striate.transfer.apart import divided_as


def trained_parts(folder: Path | str, reference: str, *, events: Events = SILENT) -> Mapping[str, str] | None:
    """Return the part of each sample of a run's data by its place: "train", "validation" or "test".

    Args:
        folder: What may be a run folder.
        reference: The data that are asked about.
        events: Hears the data being read, and why nobody knows the parts.

    Returns:
        None if the folder is no run of `train` or `adapt`, or its data were others.

    Cost:
        The data are read once, since what they are decides whether they are those the run had.
    """
    if not (Path(folder) / "run.json").is_file():
        return None
    run = Run.read(folder)
    recorded = run.document.inputs.get("data", {})
    if run.document.command not in {"train", "adapt"} or recorded.get("reference") != reference:
        return None
    dataset = load_data(reference, read_as=ReadAs.from_document(recorded.get("read_as", {})), events=events)
    try:
        is_adapted = run.document.command == "adapt"
        split = divided_as(run, dataset).parts.split if is_adapted else read_split(run, dataset)[1]
    except DataError as error:
        events.log(f"parts are not known: {error.rule}; got {error.got}")
        return None
    parts = {"train": split.train, "validation": split.validation, "test": split.test}
    return {dataset.samples[index].place: name for name, indices in parts.items() for index in indices}
