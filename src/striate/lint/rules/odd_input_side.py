"""SHP015: an input with an odd side."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, resize
from striate.graph import times
from striate.lint.paper import Paper
from striate.lint.reading import loses_border
from striate.lint.rule import TableRule, register
from striate.numbers import count

_SMALLEST_PX = 16


@register
class OddInputSide(TableRule):
    """An input with an odd side.

    ## What it looks for
    The largest power of two that divides every side of the input, for inputs of at least 16 px
    that are reduced on the way. Limit: 2; odd sides fall below it. Even sides pass, multiples of
    the total stride are better, powers of two best. Where a border is lost because of it,
    border-never-read says so, and this rule is silent.

    ## Why it matters
    Every halving of an odd side leaves a remainder, so the maps do not lie evenly over the image.
    Graphics processors work in blocks of powers of two: what does not fill its last block is
    computed all the same.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x33x33; conv 3x3 16 stride 2, relu; (conv 3x3 32, relu) x4; globalavgpool;"
        "classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 16 stride 2, relu; (conv 3x3 32, relu) x4; globalavgpool;"
        "classes 10"
    )
    ```

    ## When to ignore it
    Where the sides were chosen as a multiple of the stride plus one, so that the corners of all
    maps lie on each other; and when the input size is given.

    For time alone on a processor without such blocks. `benchmarks/input_sizes.py` measured forward and
    backward passes on 2 quiet cores of an AMD EPYC (torch 2.14.1, 2026-11-23); the time for each pixel,
    median of 17 paired rounds, with the middle half of them in brackets:

    | | 223, 225 beside 224 | 255, 257 beside 256 | 254, 258 beside 256 |
    | --- | --- | --- | --- |
    | convolutions of stride 1 | 1.01 (0.95 to 1.05) | 0.97 (0.89 to 1.10) | 1.04 (0.88 to 1.09) |
    | convolutions of stride 2 | 1.06 (1.00 to 1.09) | 1.08 (1.03 to 1.11) | 1.09 (1.02 to 1.27) |
    | convolutions and poolings | 0.99 (0.96 to 1.01) | 0.99 (0.97 to 1.03) | 1.02 (0.96 to 1.10) |

    Odd before even before power of two is the order with strides, by a few percent; elsewhere the
    differences are noise. No graphics processor was measured.

    ## Sources
    - NVIDIA, "Deep Learning Performance Guide", 2023 (quantisation of tiles).
    - Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016, section 2.4.
    """

    code = "SHP015"
    name = "odd-input-side"
    severity = "note"

    def applies(self, paper: Paper) -> bool:
        """Return whether the input has space, and enough of it."""
        return len(paper.input) > 2 and min(paper.input[2:]) >= _SMALLEST_PX

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding if a side is odd and something steps over it."""
        sides = seen.input[2:]
        divisor = min(side & -side for side in sides)
        windows = [window for op in seen.graph if (window := seen.window(op)) is not None]
        # A border that nothing reads says the same, and where.
        if divisor > 1 or all(max(window.stride) == 1 for window in windows) or loses_border(seen):
            return
        nearest = [_nearest(side) for side in sides]
        yield self.finding(
            f"The input of {times(sides)} has an odd side: {count(divisor)} is the largest power of two that divides it.",
            f"Use {times(nearest)}, or another multiple of the total stride; a power of two if there is the choice.",
            measure=Measure(value=float(divisor), limit=2.0, wrong="below", low=1.0, high=32.0),
            cure=Cure(edits=(resize(nearest),)),
        )


def _nearest(side: int) -> int:
    """Return the nearest multiple of 32, of 16 below that: what almost every network divides."""
    step = 32 if side >= 32 else 16
    return max(step, round(side / step) * step)
