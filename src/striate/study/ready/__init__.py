"""Studies that are ready to be run: one file each, on the built-in digits or on data of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

from striate.data import Dataset
from striate.data.dataset import commonest_shape
from striate.errors import InputError, Quoted, unknown_name
from striate.study.file import study_from
from striate.study.plan import Study

# Larger pictures are made smaller: a study trains dozens of networks.
MOST_SIDE = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A ready study.

    Attributes:
        name: What it is asked for by.
        question: What it answers.
    """

    name: str
    question: str


def ready_studies() -> tuple[Ready, ...]:
    """Return the ready studies by name.

    Example:
        >>> [one.name for one in ready_studies()][:2]
        ['batchnorm-dropout', 'beginnings']
    """
    return tuple(Ready(name=name, question=ready_study(name).question) for name in _names())


def ready_study(name: str, data: str = "digits", dataset: Dataset | None = None) -> Study:
    """Return a ready study, written for the data.

    Args:
        name: Of the study.
        data: Reference of the data.
        dataset: They; needed for others than the digits, whose shape and classes go into the network.

    Raises:
        UnknownNameError: No ready study of that name.
        InputError: Data without pictures or classes.
    """
    if name not in _names():
        raise unknown_name("ready study", name, _names())
    shape: tuple[int, ...] = (1, 28, 28)
    classes = 10
    if dataset is not None and data != "digits":
        if dataset.output.kind != "classes" or dataset.axes != 2:
            raise InputError(
                "a ready study must have pictures with classes",
                got=Quoted(f"{dataset.output.kind}, {dataset.axes} axes"),
                where=data,
                hint="Write a study's file of your own for other data.",
            )
        shape, classes = _shape(dataset), dataset.output.count
    text = (files(__package__) / f"{name}.yaml").read_text(encoding="utf-8")
    train = len(dataset.split().train) if dataset is not None else 2000
    given = {
        "$images": str(min(2000, train)),
        "$input": "x".join(map(str, shape)),
        "$classes": str(classes),
        "$data": data,
    }
    for word, value in given.items():
        text = text.replace(word, value)
    return study_from(text, where=name)


def _names() -> list[str]:
    return sorted(one.name.removesuffix(".yaml") for one in files(__package__).iterdir() if one.name.endswith(".yaml"))


def _shape(dataset: Dataset) -> tuple[int, ...]:
    channels, *sides = commonest_shape([tuple(dataset.read(index).shape) for index in range(min(len(dataset), 100))])
    scale = min(1.0, MOST_SIDE / max(sides))
    return channels, *(max(8, round(side * scale)) for side in sides)
