"""NRM003: statistics of a handful of values."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, replaced
from striate.graph import size
from striate.lint.paper import Paper
from striate.lint.remedies import group_count
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed, plural

_LIMIT = 16


@register
class BatchnormOverFewValues(TableRule):
    """Batch normalisation over a handful of values.

    ## What it looks for
    In a table for training: how many values of a channel batch normalisation takes its mean and
    variance from, which is the batch times the places of the map. Limit: below 16 a warning; one
    value is an error, which torch refuses. A table in eval mode does not say what batch it is
    trained with; there it is a note where the map has one place, with the batch that is needed.

    ## Why it matters
    The mean of a few values is mostly chance, so training is noisy, and the running statistics
    used afterwards differ from it: a network can do well in training and fail in use.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16, relu) x2; maxpool 2; (conv 3x3 32, relu) x4; globalavgpool;"
        "fc 32, batchnorm, relu; classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 3x32x32; (conv 3x3 16, relu) x2; maxpool 2; (conv 3x3 32, batchnorm, relu) x4;"
        "globalavgpool; fc 32, relu; classes 10"
    )
    ```

    ## When to ignore it
    With large batches on one device, and with frozen statistics.

    ## Sources
    - Wu and He, "Group Normalization", ECCV 2018, figure 1 (error against batch size).
    - Ioffe, "Batch Renormalization", NeurIPS 2017.
    """

    code = "NRM003"
    name = "batchnorm-over-few-values"
    severity = "warning"
    also = ("error", "note")

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding, about the norms with the fewest values."""
        conditions = seen.graph.conditions
        is_training = conditions.mode == "train"
        images, limit = (conditions.batch, _LIMIT) if is_training else (1, 2)
        norms = [op for op in seen.graph if op.kind == "batchnorm"]
        places = {op.name: size(seen.read_by(op)[2:]) for op in norms}
        found = [op for op in norms if images * places[op.name] < limit and seen.asks(op)]
        if not found:
            return
        op = min(found, key=lambda norm: places[norm.name])
        values = images * places[op.name]
        others = [other.name for other in found if other is not op]
        more = f", and so {'do' if len(others) > 1 else 'does'} {listed(others)}" if others else ""
        each = "" if is_training else " an image"
        yield self.finding(
            f"{op.name} has {plural(values, 'value')}{each} for the statistics of each channel{more}.",
            f"Use batches of at least {count(-(-_LIMIT // places[op.name]))} on each device, or group normalisation.",
            measure=Measure(value=float(values), limit=float(_LIMIT), wrong="below", high=64.0, unit="values"),
            op=op.name,
            cure=Cure(
                edits=tuple(
                    replaced(norm.name, [f"groupnorm {group_count(norm.shape[1], places[norm.name])}"])
                    for norm in found
                )
            ),
            severity="note" if not is_training else "error" if values == 1 else "warning",
        )
