"""SHP006: rows at the border that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from striate.findings import Cure, Finding, Measure, resize
from striate.graph import Op, times
from striate.lint.paper import Paper
from striate.lint.reading import lost_rows, lost_share, other_windows
from striate.lint.rule import TableRule, register
from striate.numbers import percentage


@register
class InputSizeOdd(TableRule):
    """An input whose size does not divide.

    ## What it looks for
    A convolution or pooling whose last step does not reach the far border of its map, so that
    real rows there are read by nothing. The figure is the share of that map. Limit: 0 %.

    ## Why it matters
    What lies at the right and lower border is computed and dropped without a word, and the maps
    no longer lie centred on the image. Sizes that are powers of two, or multiples of the total
    stride, have no remainder.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; (conv 3x3 8, relu; maxpool 2) x3; conv 3x3 8, relu; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x32x32; (conv 3x3 8, relu; maxpool 2) x3; conv 3x3 8, relu; globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    When the border of the images is empty, or the input size is given.

    ## Sources
    - Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, section
      2.4.
    """

    code = "SHP006"
    name = "input-size-odd"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the op that loses most."""
        found: list[tuple[float, Op]] = []
        for op in seen.graph:
            windows = other_windows(seen, op) if seen.window(op) is not None else None
            if windows is None or not seen.is_map(op.name) or not seen.asks(op):
                continue
            read = seen.read_by(op)
            found.append((min(lost_share(window, read, by.shape) for by, window in windows), op))
        found = [(share, op) for share, op in found if share > 0]
        if not found:
            return
        share, op = max(found, key=lambda pair: pair[0])
        window = seen.window(op)
        sizes = _dividing(seen, op)
        rows = max(lost_rows(window, seen.read_by(op), op.shape)) if window is not None else 0
        yield self.finding(
            f"{op.name} never reads {percentage(100 * share)} of its {times(seen.read_by(op)[2:])} "
            "map: "
            f"{rows} px at the far border.",
            _todo(seen, op, sizes),
            measure=Measure(value=100 * share, limit=0.0, wrong="above", high=max(50.0, 100 * share), unit="%"),
            op=op.name,
            cure=Cure(edits=(resize(sizes),)) if sizes not in {(), tuple(seen.input[2:])} else None,
        )


def _dividing(paper: Paper, op: Op) -> tuple[int, ...]:
    """Return the nearest larger input that divides, () if the steps so far are not known."""
    steps = [ceil(axis.stride) for axis in paper.fields[op.name].axes]
    sides = paper.input[2:]
    if len(steps) != len(sides):
        return ()
    return tuple(-(-length // step) * step for length, step in zip(sides, steps, strict=True))


def _todo(paper: Paper, op: Op, sizes: tuple[int, ...]) -> str:
    """Name the input that divides, or the pixel that is missing."""
    if not sizes:
        return f"Pad the map before {op.name}, or choose an input size that divides."
    if sizes == tuple(paper.input[2:]):
        return f"Pad the map before {op.name} by one more pixel."
    steps = [ceil(axis.stride) for axis in paper.fields[op.name].axes]
    steps_text = times(sorted(set(steps)))
    where = f"a multiple of the total stride {steps_text}"
    return f"Use an input of {times(sizes)}, {where}, or pad {op.name}."
