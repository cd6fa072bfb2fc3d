"""NRM005: dropout between convolutions."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, remove
from striate.graph import Op
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import listed, percentage, plural

_LIMIT = 20.0


@register
class DropoutOnMaps(TableRule):
    """Dropout between convolutions.

    ## What it looks for
    Dropout of more than 20 % on a map that a convolution beyond 1×1 still reads. Dropout in the
    fully connected part, or before a last 1×1 convolution that stands for it, does not count; what
    stands beside batch normalisation is told by dropout-beside-batchnorm.

    ## Why it matters
    Neighbours on a map say nearly the same, so a value that is put to zero is read off those beside
    it: plain dropout there regularises little and slows training. Mishkin et al. measured 42.6 %
    with it instead of 47.1 %.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 16, relu, dropout 0.3; maxpool 2; (conv 3x3 32, relu) x4;"
        "globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; conv 3x3 16, relu; maxpool 2; (conv 3x3 32, relu) x4;"
        "globalavgpool; fc 32, relu, dropout 0.3; classes 10"
    )
    ```

    ## When to ignore it
    When whole channels are dropped (`Dropout2d`), which a table does not tell from single values.

    ## Sources
    - Mishkin, Sergievskiy and Matas, "Systematic evaluation of convolution neural network
      advances on the ImageNet", CVIU 2017 (dropout in convolutions).
    - Tompson et al., "Efficient Object Localization Using Convolutional Networks", CVPR 2015
      (dropout of whole channels).
    """

    code = "NRM005"
    name = "dropout-on-maps"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the highest share."""
        if any(op.kind == "batchnorm" for op in seen.graph):
            return  # dropout-beside-batchnorm speaks of those
        drops = [op for op in seen.graph if seen.is_map(op.name) and seen.asks(op)]
        found = [(share, op) for op in drops if (share := _share(op)) > _LIMIT]
        found = [(share, op) for share, op in found if _is_read_widely(seen, op)]
        if not found:
            return
        share, op = max(found, key=lambda pair: pair[0])
        others = [other.name for _, other in found if other is not op]
        more = f" {plural(len(others), 'other')} too: {listed(others)}." if others else ""
        yield self.finding(
            f"{op.name} drops {percentage(share)} of the single values of a map.{more}",
            f"Move {op.name} into the fully connected part, or drop whole channels.",
            measure=Measure(value=share, limit=_LIMIT, wrong="above", high=100.0, unit="%"),
            op=op.name,
            cure=Cure(edits=tuple(remove(drop.name) for _, drop in found)),
        )


def _share(op: Op) -> float:
    return 100 * float(op.attributes["share"]) if op.kind == "dropout" else 0.0


def _is_read_widely(paper: Paper, op: Op) -> bool:
    """Tell whether a convolution beyond 1×1 stands anywhere behind an op."""
    reached = {op.name}
    for later in paper.graph:
        if any(name in reached for name in later.inputs):
            reached.add(later.name)
            if later.kind == "conv" and max(later.attributes["kernel"]) > 1:
                return True
    return False
