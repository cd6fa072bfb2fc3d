"""What an occlusion says beside its maps: how many parts change the answer, where an output is least, what was left out."""

from __future__ import annotations

from collections import Counter
from math import prod

import numpy as np
from numpy.typing import NDArray

from striate.numbers import count, measure, percent, plural, probability
from striate.records import Occlusion, Output, SegmentOcclusion
from striate.records.occlusion_plan import ApproximationError

_MOST_NAMED = 3


def passes_of(record: Occlusion | SegmentOcclusion) -> int:
    """Return how many passes an image took: the clean one, one a part that was looked at, those that check an approximation."""
    error = record.error if isinstance(record, Occlusion) else None
    return len(_looked(record)) + 1 + (0 if error is None else error.windows)


def notes_of(output: Output, record: Occlusion | SegmentOcclusion, units: list[int]) -> list[str]:
    """Return how many windows change the answer, where each output is least, and how it was computed.

    Of windows that nobody looked at nothing is known: they are counted in a note of their own.
    """
    numbers = _looked(record)
    rows = record.grid.reshape(-1, record.grid.shape[-1])[numbers]
    part = "segment" if isinstance(record, SegmentOcclusion) else "window"
    said = []
    if len(rows) < (every := prod(record.grid.shape[:-1])):
        said.append(
            f"{count(len(rows))} of {plural(every, part)} were looked at: a coarse grid, and those beside what changed most."
        )
    if output.kind == "classes":
        answer = int(record.clean.argmax())
        others = Counter(int(unit) for unit in rows.argmax(1) if unit != answer)
        said.append(
            f"{others.total()} of {plural(len(rows), part)} change the answer {output.names[answer]}"
            + (f" ({percent(others.total() / len(rows))})" if others else "")
            + "".join(f", {times} to {output.names[unit]}" for unit, times in others.most_common(_MOST_NAMED))
            + "."
        )
    tell = probability if output.kind != "values" else measure
    for unit in units[:_MOST_NAMED]:
        place = _place(record, int(numbers[rows[:, unit].argmin()]))
        before, behind = (float(value) for value in (record.clean[unit], rows[:, unit].min()))
        said.append(f"{output.names[unit]} is least, {tell(behind)} for {tell(before)}, with the {part} at {place}.")
    if record.plan is not None:
        said.append(f"Computed by the {record.plan.route} route: {record.plan.reason}.")
    if isinstance(record, Occlusion) and record.error is not None:
        said.append(_wrong_by(record.error))
    return said


def _wrong_by(error: ApproximationError) -> str:
    """Return what an approximation is wrong by, beside what there is to be seen."""
    return (
        f"An approximation: on {plural(error.windows, 'window')} that went through the module too an output is wrong by "
        f"up to {measure(error.largest, 2)}, in the mean by {measure(error.mean, 2)}, where it changes by up to "
        f"{measure(error.largest_change, 2)}; the same one is highest in {percent(error.same_winner)} of them."
    )


def _looked(record: Occlusion | SegmentOcclusion) -> NDArray[np.int64]:
    """Return the numbers of the parts that were looked at."""
    if record.looked is None:
        return np.arange(prod(record.grid.shape[:-1]))
    return np.flatnonzero(record.looked)


def _place(record: Occlusion | SegmentOcclusion, number: int) -> tuple[int, ...]:
    """Return where a window begins; the middle of a segment."""
    if isinstance(record, SegmentOcclusion):
        return tuple(round(float(along.mean())) for along in np.nonzero(record.labels == number))
    index = np.unravel_index(number, record.grid.shape[:-1])
    return tuple(int(at) * step for at, step in zip(index, record.stride_px, strict=True))
