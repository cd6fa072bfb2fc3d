"""NRM001: a bias that batch normalisation takes away again."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, set_argument
from striate.lint.paper import LEARNED, Paper
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed, plural

_TAKES_THE_MEAN = {"batchnorm", "instancenorm"}


@register
class ConvBiasBeforeBatchnorm(TableRule):
    """A bias in front of batch normalisation.

    ## What it looks for
    A convolution or fully connected layer with a bias whose only reader is batch or instance
    normalisation. Limit: none at all.

    ## Why it matters
    Normalisation subtracts each channel's mean, and the bias with it: the bias is stored, sent
    and given to the optimiser, but it can change nothing. Normalisation has a shift of its own.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 5x5 8 bias on, batchnorm, relu; maxpool 2; (conv 3x3 16, relu) x3;"
        "globalavgpool; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 5x5 8 bias off, batchnorm, relu; maxpool 2;"
        "(conv 3x3 16, relu) x3;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    With pretrained weights: the bias is part of the file, and does no harm.

    ## Sources
    - Ioffe and Szegedy, "Batch Normalization", ICML 2015, section 3.2.
    """

    code = "NRM001"
    name = "conv-bias-before-batchnorm"
    severity = "note"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding for all such layers."""
        found = []
        for op in seen.graph:
            readers = seen.readers[op.name]
            has_bias = seen.asks(op) and op.kind in LEARNED and any(param.name == "bias" for param in op.params)
            if has_bias and len(readers) == 1 and readers[0].kind in _TAKES_THE_MEAN:
                found.append(op)
        if not found:
            return
        wasted = sum(param.count for op in found for param in op.params if param.name == "bias")
        verb = "has a bias" if len(found) == 1 else "have biases"
        yield self.finding(
            f"{listed([op.name for op in found])} {verb} that normalisation takes away: "
            f"{plural(wasted, 'parameter')} without effect.",
            f"Build {'it' if len(found) == 1 else 'them'} without bias; {count(wasted)} fewer "
            "parameters, "
            "the same network.",
            measure=Measure(
                value=float(wasted),
                limit=0.0,
                wrong="above",
                high=float(seen.cost.total.params),
                unit="parameters",
            ),
            op=found[0].name,
            cure=Cure(
                edits=tuple(set_argument(op.name, "bias", False) for op in found),  # noqa: FBT003 - it is the value
                is_same_function=True,
            ),
        )
