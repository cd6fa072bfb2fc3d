"""SHP013: most of the network works at the size of the input."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Edit, Finding, Measure, before, remove, set_argument
from striate.graph import Op, times
from striate.lint.paper import CONVOLUTIONS, POOLINGS, Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, percentage, plural

_LIMIT = 50.0
_FEWEST = 4
_SMALLEST_PX = 64


@register
class SlowReduction(TableRule):
    """Full-size maps through most of the network.

    ## What it looks for
    The share of the convolutions beyond 1×1 that read a map of the input's own size, in a network
    of at least 4 of them, on pictures of at least 64×64 or signals and volumes of as many values,
    that does not answer with a map. Limit: 50 %.

    ## Why it matters
    In the first layers neighbours say nearly the same, and every map is kept for the backward
    pass: a reduction by two there makes all that follows four times cheaper in memory and time, and
    lets each later layer see twice as far.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; (conv 3x3 16, relu) x5; maxpool 2; (conv 3x3 32, relu) x2;"
        "maxpool 2; (conv 3x3 32, relu) x2; globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x64x64; (conv 3x3 16, relu) x2; maxpool 2; (conv 3x3 32, relu) x3;"
        "maxpool 2; (conv 3x3 32, relu) x4; globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    Where single pixels carry the answer, as in the search for a few hot pixels.

    ## Sources
    - He and Sun, "Convolutional Neural Networks at Constrained Time Cost", CVPR 2015, section 3.
    - Szegedy et al., "Rethinking the Inception Architecture", CVPR 2016, section 5.
    """

    code = "SHP013"
    name = "slow-reduction"
    severity = "warning"

    def applies(self, paper: Paper) -> bool:
        """Return whether the input is large and the answer is not a map."""
        places = 1
        for side in paper.input[2:]:
            places *= side
        return places >= _SMALLEST_PX**2 and not any(paper.is_map(name) for name in paper.graph.outputs)

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield a finding if most convolutions work at the input's size."""
        whole, wide = _whole(seen)
        share = 100 * len(whole) / len(wide) if wide else 0.0
        if len(wide) < _FEWEST or share <= _LIMIT:
            return
        yield self.finding(
            f"Of the convolutions, {percentage(share)} work at the input's own size of {times(seen.input[2:])}: "
            f"{count(len(whole))} of {plural(len(wide), 'convolution')} beyond 1×1.",
            f"Move the first pooling, or a stride of 2, to before {whole[1].name}.",
            measure=Measure(value=share, limit=_LIMIT, wrong="above", high=100.0, unit="%"),
            op=whole[1].name,
            cure=Cure(edits=_edits(seen, whole[1].name)),
        )


def _whole(paper: Paper) -> tuple[list[Op], list[Op]]:
    """Return the convolutions that look beyond a pixel: those at the input's own size, and all."""
    wide = [op for op in paper.convolutions if max(op.attributes["kernel"]) > 1 and paper.is_map(op.inputs[0])]
    return [op for op in wide if paper.read_by(op)[2:] == paper.input[2:]], wide


def _edits(paper: Paper, name: str) -> tuple[Edit, ...]:
    """Move the network's first step to a convolution: a pooling to before it, a stride to itself."""
    windows = ((op, paper.window(op)) for op in paper.graph)
    op, window = next(((op, found) for op, found in windows if found and max(found.stride) > 1), (None, None))
    if op is not None and window is not None and op.kind in CONVOLUTIONS:
        return set_argument(op.name, "stride", None), set_argument(name, "stride", window.stride)
    return before(name, "maxpool 2"), *([remove(op.name)] if op is not None and op.kind in POOLINGS else [])
