"""A table as it runs under autocast: products in half precision, with the casts this takes."""

from __future__ import annotations

from dataclasses import replace

from striate.graph import DTYPE_BYTES, Graph, Op, Param
from striate.kinds import kind_of

_HALF = "bfloat16"


def in_half(graph: Graph) -> Graph:
    """Return the table as `torch.autocast("cpu", torch.bfloat16)` runs it.

    Products read half copies of their inputs and parameters, which stand as rows of their own; other ops keep the type of
    what they read first, sums and concatenations the widest.

    Source:
        `aten/src/ATen/autocast_mode.h`, the lists for the CPU (torch 2.14). On a GPU normalisations and softmax run in
        full precision instead.
    """
    writer = _Writer(graph)
    for op in graph:
        writer.add(op)
    return replace(graph, ops=tuple(writer.ops))


class _Writer:
    def __init__(self, graph: Graph) -> None:
        self.ops: list[Op] = []
        self.dtypes = dict.fromkeys(graph.conditions.inputs, graph.conditions.dtype) | dict(graph.conditions.dtypes)
        self.shapes = dict(graph.conditions.inputs)
        # Half copies of parameters, by key: autocast makes each once.
        self.copies: dict[str, str] = {}

    def add(self, op: Op) -> None:
        """Add an op, after the casts of what it reads."""
        kind = kind_of(op.kind)
        if op.dtype == "float32" and kind is not None:
            if kind.precision == "half":
                op = self._halved(op)
            elif kind.precision == "widest":
                op = replace(op, dtype=self._widest(op))
            elif op.inputs:
                op = replace(op, dtype=self._first(op))
        self._append(op)

    def _append(self, op: Op) -> None:
        self.ops.append(op)
        self.dtypes[op.name], self.shapes[op.name] = op.dtype, op.shape

    def _first(self, op: Op) -> str:
        dtype = self.dtypes[op.inputs[0]]
        return dtype if dtype in (_HALF, "float32") else op.dtype

    def _widest(self, op: Op) -> str:
        dtypes = [self.dtypes[name] for name in op.inputs] + ["float32" for _ in op.params]
        floats = [dtype for dtype in dtypes if dtype in (_HALF, "float32")]
        return max(floats, key=DTYPE_BYTES.__getitem__, default=op.dtype)

    def _halved(self, op: Op) -> Op:
        inputs = [self._cast(name, op) for name in op.inputs]
        copies = [self._copied(param, op) for param in op.params]
        return replace(op, inputs=(*inputs, *copies), params=(), dtype=_HALF)

    def _cast(self, name: str, reader: Op) -> str:
        if self.dtypes[name] != "float32":
            return name
        made = f"{reader.name}←{name}"
        if made not in self.dtypes:
            shape, path = self.shapes[name], reader.path
            cast = Op(name=made, kind="identity", inputs=(name,), shape=shape, dtype=_HALF, path=path, copies=True)
            self._append(cast)
        return made

    def _copied(self, param: Param, reader: Op) -> str:
        key = param.key or f"{reader.name}.{param.name}"
        if key not in self.copies:
            self.copies[key] = made = f"{key}←half"
            keyed = (replace(param, key=key),)
            half = Op(name=made, kind="constant", inputs=(), shape=param.shape, dtype=_HALF, params=keyed, copies=True)
            self._append(replace(half, path=reader.path))
        return self.copies[key]
