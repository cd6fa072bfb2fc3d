"""NRM006: more dropped than kept."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, set_argument
from striate.lint.paper import Paper
from striate.lint.rule import TableRule, register
from striate.numbers import listed, percentage

_LIMIT = 50.0


@register
class DropoutAboveHalf(TableRule):
    """Dropout of more than half.

    ## What it looks for
    The highest share of dropout anywhere. Limit: 50 %.

    ## Why it matters
    Half is the most random choice there is; beyond it, more is thrown away than kept, and the layer
    learns from less and less. As a rule the share to keep was written where the share to drop is
    meant. In the measurements of Mishkin et al. 20 to 30 % did best.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16, relu) x2; maxpool 2; (conv 3x3 32, relu) x4; globalavgpool;"
        "fc 32, relu, dropout 0.8; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16, relu) x2; maxpool 2; (conv 3x3 32, relu) x4; globalavgpool;"
        "fc 32, relu, dropout 0.3; classes 10"
    )
    ```

    ## When to ignore it
    With very wide layers and very little data, when it was measured to pay; the auxiliary heads of
    GoogLeNet, used in training only, drop 70 %.

    ## Sources
    - Srivastava et al., "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR
      2014, section 7.3.
    - Mishkin, Sergievskiy and Matas, "Systematic evaluation of convolution neural network
      advances on the ImageNet", CVIU 2017 (dropout shares).
    """

    code = "NRM006"
    name = "dropout-above-half"
    severity = "warning"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the highest share."""
        shares = {
            op.name: 100 * float(op.attributes["share"]) for op in seen.graph if op.kind == "dropout" and seen.asks(op)
        }
        found = [name for name, share in shares.items() if share > _LIMIT]
        if not found:
            return
        name = max(found, key=lambda drop: shares[drop])
        others = [other for other in found if other != name]
        more = f", and {listed(others)} above half too" if others else ""
        yield self.finding(
            f"{name} drops {percentage(shares[name])} of its values{more}.",
            f"Set the share of {name} to 0.5 or less; 0.2 to 0.3 is common.",
            measure=Measure(value=shares[name], limit=_LIMIT, wrong="above", high=100.0, unit="%"),
            op=name,
            cure=Cure(edits=tuple(set_argument(drop, "share", _LIMIT / 100) for drop in found)),
        )
