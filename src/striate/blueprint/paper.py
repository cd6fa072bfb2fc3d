"""From a blueprint to the table by arithmetic, without torch."""

from __future__ import annotations

from collections import Counter
from typing import Any

from striate.blueprint.model import Blueprint, Layer
from striate.errors import Quoted, ShapeError, StriateError
from striate.graph import Conditions, Graph, Mode, Op, Shape, times
from striate.kinds import KINDS, Kind, words

# A bias before these is undone by them, so a convolution there has none unless it is asked for.
_TAKES_THE_MEAN = {"batchnorm", "instancenorm"}


def graph(plan: Blueprint, *, batch: int = 1, mode: Mode = "eval") -> Graph:
    """Return the table of a blueprint; see `Blueprint.graph`."""
    conditions = Conditions(inputs={"input": (batch, *plan.input)}, mode=mode)
    writer = _Writer((batch, *plan.input))
    try:
        _write(plan, writer)
    except ShapeError as error:
        error.reached = writer.graph(conditions)
        raise
    return writer.graph(conditions)


def origins(plan: Blueprint) -> dict[str, int]:
    """Return, for every op, the number of the layer it comes from, in the order they run; the output's is the last.

    A flattening that was put in belongs to the fully connected layer behind it.

    Example:
        >>> origins(Blueprint.from_text("input 1x4x4; (conv 3 2, relu) x2; classes 2"))
        {'conv1': 0, 'relu1': 1, 'conv2': 2, 'relu2': 3, 'flatten1': 4, 'classes': 4}
    """
    writer = _Writer((1, *plan.input))
    _write(plan, writer)
    return writer.origins


def _write(plan: Blueprint, writer: _Writer) -> None:
    layers = list(plan.layers())
    for number, layer in enumerate(layers, start=1):
        writer.layer(_with_bias(layer, layers[number] if number < len(layers) else None), number - 1)
    writer.layer(Layer(word="fc", arguments={"width": len(plan.names)}), len(layers), name=plan.output)


def _with_bias(layer: Layer, after: Layer | None) -> Layer:
    if layer.word not in {"conv", "fc"} or "bias" in layer.arguments:
        return layer
    has_bias = after is None or after.word not in _TAKES_THE_MEAN
    return Layer(word=layer.word, arguments={**layer.arguments, "bias": has_bias})


class _Writer:
    """Adds rows one after the other, naming each by its word and a number."""

    def __init__(self, source: Shape) -> None:
        self.ops: list[Op] = []
        self.last = "input"
        self.shape = source
        self.counts: Counter[str] = Counter()
        self.origins: dict[str, int] = {}

    def graph(self, conditions: Conditions) -> Graph:
        """Return the table of the rows so far."""
        return Graph(
            ops=tuple(self.ops),
            outputs=(self.last,),
            conditions=conditions,
            buffers=sum(KINDS[op.kind].buffers(op) for op in self.ops),
            buffer_bytes=sum(KINDS[op.kind].buffer_bytes(op) for op in self.ops),
        )

    def layer(self, layer: Layer, number: int, *, name: str = "") -> None:
        """Add a layer, with a flattening before it where a fully connected layer meets a map."""
        kind = words()[layer.word]
        before = len(self.ops)
        if kind.name == "linear" and len(self.shape) > 2 and layer.arguments.get("flatten", True):
            self.add(KINDS["flatten"], {}, name=self._numbered("flatten"))
        self.add(kind, dict(layer.arguments), name=name or self._numbered(layer.word))
        self.origins |= dict.fromkeys((op.name for op in self.ops[before:]), number)

    def add(self, kind: Kind, arguments: dict[str, Any], *, name: str) -> None:
        """Add one op, naming it in whatever goes wrong."""
        try:
            attributes = kind.attributes(arguments, self.shape)
            shape = kind.shape(attributes, (self.shape,))
            params = kind.params(attributes, (self.shape,))
        except StriateError as cause:
            got = cause.got if isinstance(cause.got, Quoted) else Quoted(cause.got)
            place = f"{name}, reading {times(self.shape[1:])}"
            error = ShapeError(cause.rule, got=got, where=place, hint=cause.hint)
            error.operator, error.shapes = kind.name, (self.shape,)
            raise error from cause
        self.ops.append(
            Op(
                name=name,
                kind=kind.name,
                inputs=(self.last,),
                shape=shape,
                attributes=attributes,
                params=tuple(_keyed(param, name) for param in params),
                path=name,
            )
        )
        self.last, self.shape = name, shape

    def _numbered(self, word: str) -> str:
        self.counts[word] += 1
        return f"{word}{self.counts[word]}"


def _keyed(param: Any, name: str) -> Any:  # noqa: ANN401 - Param in, Param out
    from dataclasses import replace

    return replace(param, key=f"{name}.{param.name}")
