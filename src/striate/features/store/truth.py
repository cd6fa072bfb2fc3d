"""What a store's rows say is true of their samples: a class, labels or values."""

from __future__ import annotations

from collections.abc import Sequence

from striate.data.sample import Target
from striate.errors import DataError, Quoted
from striate.records.output import Output


def truth_of(
    labels: Sequence[str | None], targets: Sequence[Sequence[float]], *, where: str = ""
) -> tuple[Output, Sequence[Target]]:
    """Return what the targets are, with the names, and those of each row: a class, 0 or 1 a label, or values.

    Args:
        labels: The column `label`: a class, labels between ";", or None for values.
        targets: The column `targets` of the same rows, at least one: class index, one number a label, or values.
        where: The store's address, for messages.

    Raises:
        DataError: Targets of several lengths; labels that are not as many as the targets that hold; a label with two names.

    When it misleads:
        One label that holds for every sample is taken for a class.

    Example:
        >>> truth_of(["red;round", "", "round"], [[1, 0, 1], [0, 0, 0], [0, 0, 1]])
        (Output(kind='labels', names=('red', 'label 1', 'round')), [(1, 0, 1), (0, 0, 0), (0, 0, 1)])
    """
    lengths = sorted({len(row) for row in targets})
    if len(lengths) > 1:
        raise DataError(
            "all rows must have as many targets", got=Quoted(str(lengths)), where=where, hint="Extract again."
        )
    [count] = lengths
    words = [label for label in labels if label is not None]
    if len(words) < len(labels):
        values = [tuple(float(number) for number in row) for row in targets]
        return Output(kind="values", names=tuple(f"value {place}" for place in range(count))), values
    if count == 1 and all(words):
        # By name: what was added later may count its classes otherwise.
        first: dict[str, float] = {}
        for word, (number,) in zip(words, targets, strict=True):
            first[word] = min(first.get(word, number), number)
        classes = sorted(first, key=lambda word: (first[word], word))
        numbers = {word: number for number, word in enumerate(classes)}
        return Output(kind="classes", names=tuple(classes)), [numbers[word] for word in words]
    held = [tuple(int(number > 0.5) for number in row) for row in targets]
    return Output(kind="labels", names=_names(words, held, where)), held


def _names(words: Sequence[str], held: Sequence[tuple[int, ...]], where: str) -> tuple[str, ...]:
    names: dict[int, str] = {}
    for word, row in zip(words, held, strict=True):
        places = [place for place, holds in enumerate(row) if holds]
        own = word.split(";") if word else []
        if len(own) != len(places):
            raise DataError(
                "labels must be as many as the targets that hold",
                got=Quoted(f"{word!r} for {len(places)}"),
                where=where,
                hint="A label's name must not hold ';': rename it, and extract again.",
            )
        for place, name in zip(places, own, strict=True):
            if names.setdefault(place, name) != name:
                raise DataError(
                    "a label must have one name",
                    got=Quoted(f"{names[place]} and {name}"),
                    where=f"{where}, label {place}" if where else f"label {place}",
                    hint="Extract all data with the same labels in the same order.",
                )
    return tuple(names.get(place, f"label {place}") for place in range(len(held[0])))
