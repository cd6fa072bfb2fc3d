"""SHP006: rows at the border that nothing reads."""

from __future__ import annotations

from collections.abc import Iterator

from striate.analyse import input_sizes
from striate.findings import Cure, Finding, Measure, resize
from striate.graph import times
from striate.lint.paper import Paper
from striate.lint.reading import lost_rows, unread_share
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed, percentage

_FAR_PX = 1024


@register
class BorderNeverRead(TableRule):
    """A border that nothing reads.

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
    name = "border-never-read"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the op that loses most."""
        found = [(share, op) for op in seen.graph if seen.asks(op) and (share := unread_share(seen, op)) > 0]
        if not found:
            return
        share, op = max(found, key=lambda pair: pair[0])
        window = seen.window(op)
        rows = max(lost_rows(window, seen.read_by(op), op.shape)) if window is not None else 0
        sizes, which = _fitting(seen)
        todo = f"Use an input of {times(sizes)}, where nothing is lost{which}, or pad {op.name}."
        yield self.finding(
            f"{op.name} never reads {percentage(100 * share)} of its {times(seen.read_by(op)[2:])} map: "
            f"{rows} px at the far border.",
            todo if sizes else f"Pad the map before {op.name} by one more pixel.",
            measure=Measure(value=100 * share, limit=0.0, wrong="above", high=max(50.0, 100 * share), unit="%"),
            op=op.name,
            cure=Cure(edits=(resize(sizes),)) if sizes else None,
        )


def _fitting(paper: Paper) -> tuple[tuple[int, ...], str]:
    """Return the nearest larger even input at which no border is lost, and which sides are such; () if there is none."""
    sides = paper.input[2:]
    found = input_sizes(paper.graph, range_px=(min(sides), max(sides) + min(max(sides), _FAR_PX)))
    if len(found) < len(sides):
        return (), ""
    sizes = tuple(
        next((size for size in axis.sizes if size >= side and size % 2 == 0), 0)
        for axis, side in zip(found, sides, strict=True)
    )
    if 0 in sizes or sizes == tuple(sides):
        return (), ""
    first = found[0]
    if not first.period_px or len({axis.remainders_px for axis in found}) > 1:
        return sizes, ""
    left = listed([count(left) for left in first.remainders_px])
    return sizes, f" (nor at any side that leaves {left} when divided by {first.period_px})"
