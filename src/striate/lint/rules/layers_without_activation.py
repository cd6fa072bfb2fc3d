"""ACT001: two learned layers that collapse into one."""

from __future__ import annotations

from collections.abc import Iterator

from striate.findings import Cure, Finding, Measure, after
from striate.graph import Op
from striate.lint.paper import LEARNED, NORMALISATIONS, Paper
from striate.lint.remedies import activation_word
from striate.lint.rule import TableRule, register
from striate.numbers import count, listed, plural

# What keeps a chain of two linear maps linear.
_LINEAR = frozenset({"batchnorm", "dropout", "identity", "flatten", "view", "avgpool", "globalavgpool", "mean"})


@register
class LayersWithoutActivation(TableRule):
    """Learned layers with no activation between them.

    ## What it looks for
    A convolution or fully connected layer that reads another one with nothing between them but
    batch normalisation, dropout, average pooling or flattening. Bottlenecks (the first of the
    two is narrower than what it reads and what the second makes, or no wider where both are
    1×1) and depthwise or grouped pairs do not count: there the pair is cheaper than the layer
    it stands for. Limit: no such layer.

    ## Why it matters
    Two linear layers in a row can do nothing that one cannot: parameters and time buy no power.

    ## Example
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 5x5 8; conv 5x5 8, relu; maxpool 2; (conv 3x3 16, relu) x2;"
        "globalavgpool;"
        "classes 10"
    )
    ```

    ## Use instead
    ```python
    from striate.blueprint import Blueprint

    Blueprint.from_text(
        "input 1x28x28; conv 5x5 8, relu; conv 5x5 8, relu; maxpool 2; (conv 3x3 16, relu) x2;"
        "globalavgpool; classes 10"
    )
    ```

    ## When to ignore it
    Where a product of two factors is the aim, as when a large layer was compressed.

    ## Sources
    - Mishkin, Sergievskiy and Matas, "Systematic evaluation of convolution neural network
      advances on the ImageNet", CVIU 2017: without activations 3.5 % instead of 47.1 %.
    """

    code = "ACT001"
    name = "layers-without-activation"
    severity = "warning"

    def judge(self, seen: Paper) -> Iterator[Finding]:
        """Yield one finding for all such pairs."""
        learned = [op for op in seen.graph if op.kind in LEARNED]
        pairs = [(first, op) for op in learned if seen.asks(op) and (first := _collapses(seen, op))]
        if not pairs:
            return
        first, second = pairs[0]
        more = listed([op.name for _, op in pairs])
        yield self.finding(
            f"{count(len(pairs))} of {plural(len(learned), 'learned layer')} "
            f"{'reads' if len(pairs) == 1 else 'read'} another without an activation between: "
            f"{more}.",
            f"Put an activation after {first.name}, or merge it with {second.name}.",
            measure=Measure(
                value=float(len(pairs)),
                limit=0.0,
                wrong="above",
                high=float(len(learned)),
                unit="layers",
            ),
            op=second.name,
            cure=Cure(edits=tuple(after(_normalised(seen, pair[0]).name, activation_word(seen)) for pair in pairs)),
        )


def _normalised(paper: Paper, op: Op) -> Op:
    """Return the normalisation behind a layer, or the layer itself: an activation belongs after it."""
    reader = paper.ahead(op.name, frozenset())
    return reader if reader is not None and reader.kind in NORMALISATIONS else op


def _collapses(paper: Paper, op: Op) -> Op | None:
    """Return the layer that could be merged with an op, None if there is none."""
    if len(paper.readers[op.inputs[0]]) > 1:
        return None
    first = paper.back(op.inputs[0], _LINEAR)
    if first is None or first.kind not in LEARNED or len(paper.readers[first.name]) > 1:
        return None
    if any(layer.attributes.get("groups", 1) > 1 for layer in (first, op)):
        return None
    width = first.attributes["width"]
    reads = paper.read_by(first)
    read_width = reads[1] if first.kind != "linear" else reads[-1]
    narrowest = min(read_width, op.attributes["width"])
    are_pointwise = all(set(layer.attributes.get("kernel", (0,))) == {1} for layer in (first, op))
    is_bottleneck = width < narrowest or (width == narrowest and are_pointwise)
    return None if is_bottleneck else first
